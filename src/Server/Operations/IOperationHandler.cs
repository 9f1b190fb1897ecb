using System.Diagnostics;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Operations;

/// <summary>
/// What one kind of operation does. Called again after a crash or a failure worth repeating, with the step where it was:
/// everything in it must bear repetition.
/// </summary>
interface IOperationHandler
{
    /// <summary>One of <see cref="OperationKind"/>.</summary>
    string Kind { get; }

    /// <summary>Does it, or goes on with it, and records the outcome with the store's <c>SucceedAsync</c>.</summary>
    /// <exception cref="PostponedException">It goes on later.</exception>
    /// <exception cref="VolumeException">Transient: it is repeated later. Any other: <see cref="UndoAsync"/> follows.</exception>
    Task RunAsync(RunningOperation running, CancellationToken cancellation);

    /// <summary>
    /// Puts things back after a failure for good, and records it with the store's <c>FailAsync</c>. May be repeated.
    /// </summary>
    Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation);
}

/// <summary>What a kind of operation on many does: its parts are operations of their own, which it follows.</summary>
interface IOperationOnMany : IOperationHandler
{
    /// <summary>Asks once more for the parts that failed, with the same wishes.</summary>
    Task<Operation> RetryAsync(Transaction transaction, Operation failed, CancellationToken cancellation);
}

/// <summary>An operation in the hands of one attempt.</summary>
sealed class RunningOperation(Operation operation, Attempt attempt, OperationStore store, TimeProvider time)
{
    int percent = operation.ProgressPercent;
    string step = operation.Step;
    DateTimeOffset stepAt = operation.StepAt ?? operation.CreatedAt;

    /// <summary>The row as it was claimed.</summary>
    public Operation Operation => operation;

    /// <summary>Whether it is undone because somebody asked to stop it.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>For the writes that end it.</summary>
    public Attempt Attempt => attempt;

    /// <summary>Writes the step before it begins; nothing where it is at that step already.</summary>
    /// <exception cref="StoppedException">To be let through.</exception>
    public async Task StepAsync(string next, CancellationToken cancellation)
    {
        if (step == next) return;
        var isToStop = await store.StepAsync(attempt, next, cancellation);
        Activity.Current?.AddEvent(new ActivityEvent(next));
        (step, stepAt) = (next, time.GetUtcNow());
        if (isToStop && operation.CanStopAt(next)) throw new StoppedException();
    }

    /// <summary>Writes how far it is, 0 to 1, when that is another whole percent. The last one is written with the outcome.</summary>
    public async Task ProgressAsync(double fraction, CancellationToken cancellation)
    {
        var now = Math.Clamp((int)(fraction * 100), 0, 99);
        if (now == percent) return;
        percent = now;
        await store.ProgressAsync(attempt, now, cancellation);
    }

    /// <summary>Runs work that tells its progress, and writes that down while it runs.</summary>
    public async Task<T> FollowAsync<T>(Func<IProgress<double>, Task<T>> work, CancellationToken cancellation)
    {
        var latest = new Latest();
        var task = work(latest);
        while (await Task.WhenAny(task, Task.Delay(ProgressInterval, time, cancellation)) != task && !cancellation.IsCancellationRequested)
            await ProgressAsync(latest.Value, cancellation);
        return await task;
    }

    /// <summary>
    /// Waits before the provider is looked at again: briefly at first, longer the longer the step takes. A long wait is not sat out: the
    /// operation is put down, and taken up again at its time, so that a snapshot of hours holds no place.
    /// </summary>
    /// <exception cref="PostponedException">To be let through.</exception>
    public Task PauseAsync(IVolumeProvider provider, CancellationToken cancellation) =>
        PauseAsync(provider.Capabilities.ShortestPoll, provider.Capabilities.LongestPoll, cancellation);

    /// <inheritdoc cref="PauseAsync(IVolumeProvider, CancellationToken)"/>
    public async Task PauseAsync(TimeSpan shortest, TimeSpan longest, CancellationToken cancellation)
    {
        var age = time.GetUtcNow() - stepAt;
        var pause = TimeSpan.FromTicks(Math.Clamp(age.Ticks / 10, shortest.Ticks, longest.Ticks));
        if (pause > LongestSatOut) throw new PostponedException(pause);
        await Task.Delay(pause, time, cancellation);
    }

    /// <summary>Being put down and taken up costs two commits: worth it from here on.</summary>
    static readonly TimeSpan LongestSatOut = TimeSpan.FromSeconds(2);

    /// <summary>How often progress is looked at while something is copied.</summary>
    static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);

    sealed class Latest : IProgress<double>
    {
        double value;

        public double Value => Volatile.Read(ref value);

        public void Report(double value) => Volatile.Write(ref this.value, value);
    }
}

/// <summary>The operation goes on at a later time; nothing is wrong with it.</summary>
sealed class PostponedException(TimeSpan after) : Exception
{
    /// <summary>When.</summary>
    public TimeSpan After => after;
}

/// <summary>Somebody asked to stop the operation while it was at what could not be taken back; that is over.</summary>
sealed class StoppedException : Exception;
