namespace Octavo.Providers;

/// <summary>How the provider of local volumes behaves.</summary>
/// <param name="PoolsFolder">Where the accounts' pools are.</param>
/// <param name="NbdAddress">Where clients of attached volumes connect to, as volumes tell it: <c>nbd://host:10809/</c>. Null where nothing listens.</param>
public sealed record LocalOptions(string PoolsFolder, string? NbdAddress = null)
{
    /// <summary>What is stored for snapshots is verified in the background, so many bytes a second over all pools at the most; 0 for not at all.</summary>
    public long ScrubBytesPerSecond { get; init; }

    /// <summary>How often each pool is verified so, at the most.</summary>
    public TimeSpan ScrubPeriod { get; init; } = TimeSpan.FromDays(7);
}
