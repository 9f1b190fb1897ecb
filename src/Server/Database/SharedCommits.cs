using System.Runtime.ExceptionServices;
using Microsoft.Data.Sqlite;

namespace Octavo.Server.Database;

/// <summary>
/// Gathers what many want to write while one transaction commits into the next one: a commit costs an fsync and rewrites the index pages that it
/// touched, so that thirty writes together cost little more than one. Each is written whole or not at all, for itself.
/// </summary>
sealed class SharedCommits(Database database)
{
    /// <summary>Writes in one transaction: with the pages of a sync some 16,000 rows, a few tenths of a second in which nobody else writes.</summary>
    const int MaxWrites = 32;

    readonly Lock gate = new();
    readonly Queue<Write> waiting = [];
    bool isWriting;

    /// <summary>
    /// Writes in a transaction that others may share; returns once it is durable. What is read on the way must be read in that transaction.
    /// </summary>
    public Task WriteAsync(Func<Transaction, Task> write, CancellationToken cancellation)
    {
        var one = new Write(write, cancellation);
        lock (gate)
        {
            waiting.Enqueue(one);
            if (isWriting) return one.Written.Task;
            isWriting = true;
        }
        _ = WriteAllAsync();
        return one.Written.Task;
    }

    async Task WriteAllAsync()
    {
        while (true)
        {
            List<Write> writes;
            lock (gate)
            {
                writes = [.. Enumerable.Range(0, Math.Min(waiting.Count, MaxWrites)).Select(_ => waiting.Dequeue())];
                if (writes.Count == 0)
                {
                    isWriting = false;
                    return;
                }
            }
            try
            {
                await WriteAsync(writes);
            }
            catch (Exception e)
            {
                // Every waiter is told; there is nobody else here to tell.
                foreach (var write in writes) write.Written.TrySetException(e);
            }
        }
    }

    async Task WriteAsync(List<Write> writes)
    {
        await using var transaction = await database.BeginAsync(CancellationToken.None);
        foreach (var write in writes)
        {
            await transaction.ExecuteAsync($"SAVEPOINT one", CancellationToken.None);
            try
            {
                write.Cancellation.ThrowIfCancellationRequested();
                await write.RunAsync(transaction);
            }
            catch (Exception e)
            {
                await RollbackAsync(transaction, e);
                write.Failure = e;
            }
            await transaction.ExecuteAsync($"RELEASE one", CancellationToken.None);
        }
        await transaction.CommitAsync();
        foreach (var write in writes)
            if (write.Failure is null) write.Written.TrySetResult();
            else write.Written.TrySetException(write.Failure);
    }

    /// <summary>A full disk ends the whole transaction, and with it the writes of all.</summary>
    static async Task RollbackAsync(Transaction transaction, Exception cause)
    {
        try
        {
            await transaction.ExecuteAsync($"ROLLBACK TO one", CancellationToken.None);
        }
        catch (Exception e) when (e is SqliteException or InvalidOperationException)
        {
            ExceptionDispatchInfo.Throw(cause);
        }
    }

    sealed class Write(Func<Transaction, Task> run, CancellationToken cancellation)
    {
        public Func<Transaction, Task> RunAsync => run;
        public CancellationToken Cancellation => cancellation;
        public Exception? Failure { get; set; }
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
