using System.Collections.Concurrent;
using Octavo.Core;

namespace Octavo.Server.Operations;

/// <summary>
/// Wakes whoever waits, on this node, so that nobody polls the database: the runner when something was enqueued, a request when
/// its operation moved. A wake-up says only "look now"; what is true is in the table.
/// </summary>
sealed class OperationSignals : IDisposable
{
    readonly WakeUp runner = new();
    readonly ConcurrentDictionary<OperationId, TaskCompletionSource> waiting = new();

    /// <summary>There may be something to claim.</summary>
    public void WakeRunner() => runner.Call();

    /// <summary>Waits for the next <see cref="WakeRunner"/>, or the time.</summary>
    public Task WaitForWorkAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellation) =>
        runner.WaitAsync(atMost, time, cancellation);

    /// <summary>Somebody asked to stop an operation, which may be running here.</summary>
    public event Action<OperationId>? Cancelled;

    /// <summary>There is something to stop.</summary>
    public void Cancel(OperationId id) => Cancelled?.Invoke(id);

    /// <summary>An operation's row moved.</summary>
    public void Changed(OperationId id)
    {
        if (waiting.TryRemove(id, out var waiter)) waiter.SetResult();
    }

    /// <summary>Completes at the next <see cref="Changed"/> of the operation. Take it before looking at the row.</summary>
    public Task NextChange(OperationId id) =>
        waiting.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <inheritdoc/>
    public void Dispose() => runner.Dispose();
}
