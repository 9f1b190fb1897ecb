namespace Octavo.Providers;

/// <summary>How the provider of local volumes behaves.</summary>
/// <param name="PoolsFolder">Where the accounts' pools are.</param>
/// <param name="NbdAddress">Where clients of attached volumes connect to, as volumes tell it: <c>nbd://host:10809/</c>. Null where nothing listens.</param>
public sealed record LocalOptions(string PoolsFolder, string? NbdAddress = null);
