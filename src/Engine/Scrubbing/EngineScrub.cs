namespace Octavo.Engine;

/// <summary>
/// How what is stored is verified in the background. Pools that are opened with the same one take turns, snapshot by snapshot, so that together they keep to the rate.
/// </summary>
/// <param name="bytesPerSecond">So much is read of the segments and manifests at the most.</param>
/// <param name="period">A pass over a pool begins so long after the last one began, or when that is done.</param>
public sealed class EngineScrub(long bytesPerSecond, TimeSpan period)
{
    /// <summary>Shorter pauses are put together: a timer cannot keep them.</summary>
    static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);

    TimeSpan owed;

    /// <summary>The bound.</summary>
    public long BytesPerSecond => bytesPerSecond;

    /// <summary>The shortest time between the beginnings of two passes over a pool.</summary>
    public TimeSpan Period => period;

    /// <summary>Who has it may read.</summary>
    internal SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>Waits as long as these bytes may take. Only for who has the turn.</summary>
    internal async ValueTask SpendAsync(long bytes, TimeProvider time, CancellationToken cancellation)
    {
        owed += TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
        if (owed < ShortestPause) return;
        var pause = owed;
        owed = TimeSpan.Zero;
        await Task.Delay(pause, time, cancellation);
    }
}
