using Octavo.Server.Database;

namespace Octavo.Server.Inventory;

/// <summary>
/// Gathers the pages that passes want to write while one transaction commits into the next one: a commit costs an fsync and rewrites the index
/// pages that it touched, so that thirty pages together cost little more than one. Each page is written whole or not at all, for itself.
/// </summary>
sealed class PageWriter(Database.Database database)
{
    /// <summary>Pages in one transaction: some 16,000 rows, a few tenths of a second in which nobody else writes.</summary>
    const int MaxPages = 32;

    readonly Lock gate = new();
    readonly Queue<Page> waiting = [];
    bool isWriting;

    /// <summary>Writes a page in a transaction that others may share; returns once it is durable.</summary>
    public Task WriteAsync(Func<Transaction, Task> write, CancellationToken cancellation)
    {
        var page = new Page(write, cancellation);
        lock (gate)
        {
            waiting.Enqueue(page);
            if (isWriting) return page.Written.Task;
            isWriting = true;
        }
        _ = WriteAllAsync();
        return page.Written.Task;
    }

    async Task WriteAllAsync()
    {
        while (true)
        {
            List<Page> pages;
            lock (gate)
            {
                pages = [.. Enumerable.Range(0, Math.Min(waiting.Count, MaxPages)).Select(_ => waiting.Dequeue())];
                if (pages.Count == 0)
                {
                    isWriting = false;
                    return;
                }
            }
            try
            {
                await WriteAsync(pages);
            }
            catch (Exception e)
            {
                // Every waiter is told; there is nobody else here to tell.
                foreach (var page in pages) page.Written.TrySetException(e);
            }
        }
    }

    async Task WriteAsync(List<Page> pages)
    {
        await using var transaction = await database.BeginAsync(CancellationToken.None);
        foreach (var page in pages)
        {
            await transaction.ExecuteAsync($"SAVEPOINT page", CancellationToken.None);
            try
            {
                page.Cancellation.ThrowIfCancellationRequested();
                await page.Write(transaction);
            }
            catch (Exception e)
            {
                await transaction.ExecuteAsync($"ROLLBACK TO page", CancellationToken.None);
                page.Failure = e;
            }
            await transaction.ExecuteAsync($"RELEASE page", CancellationToken.None);
        }
        await transaction.CommitAsync();
        foreach (var page in pages)
            if (page.Failure is null) page.Written.TrySetResult();
            else page.Written.TrySetException(page.Failure);
    }

    sealed class Page(Func<Transaction, Task> write, CancellationToken cancellation)
    {
        public Func<Transaction, Task> Write => write;
        public CancellationToken Cancellation => cancellation;
        public Exception? Failure { get; set; }
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
