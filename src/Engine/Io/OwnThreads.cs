namespace Octavo.Engine.Io;

/// <summary>
/// Work that keeps a processor or a disk busy for long. It has threads of its own: the pool has as few as there are processors, adds others only after half a second, and until then
/// nobody who waits for an answer would get one.
/// </summary>
static class OwnThreads
{
    /// <summary>Does the same on so many threads, and ends when all have ended; fails as the first that failed.</summary>
    public static Task RunAsync(int count, Action work) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ =>
            Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    /// <summary>Waits on the thread that it has.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Rest(TimeSpan pause, TimeProvider time, CancellationToken cancellation) =>
        Task.Delay(pause, time, cancellation).GetAwaiter().GetResult();
}
