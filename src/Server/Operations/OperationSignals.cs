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

    /// <summary>An operation's row moved.</summary>
    public void Changed(OperationId id)
    {
        if (waiting.TryRemove(id, out var waiter)) waiter.SetResult();
    }

    /// <summary>Completes at the next <see cref="Changed"/> of the operation. Take it before looking at the row.</summary>
    public Task NextChange(OperationId id) =>
        waiting.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Waits until the operation satisfies the condition or has ended; null where the time was over first.</summary>
    public async Task<Operation?> WaitAsync(
        OperationStore operations, OperationId id, Func<Operation, bool> until, TimeSpan atMost, TimeProvider time,
        CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            while (true)
            {
                var change = NextChange(id);
                var operation = await operations.FindAsync(id, either.Token);
                if (operation is null) return null;
                if (operation.IsFinished || until(operation)) return operation;
                await change.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            // Leaves nothing behind; other waiters of the same operation look once more for nothing.
            Changed(id);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => runner.Dispose();
}
