using Octavo.Core;
using Octavo.Server.Inventory;

namespace Octavo.Server.Attachments;

/// <summary>
/// Looks again and again which clients are attached: a client that vanished is detached by its provider after its lease, and one that is connected was not
/// so before. What an operation is at work on is the operation's to write.
/// </summary>
sealed class AttachmentWatch(
    Database.Database database, AttachmentStore attachments, Cells cells, TimeProvider time, ILogger<AttachmentWatch> log) : BackgroundService
{
    /// <summary>A look costs a query a pool, and a commit only where there is news.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    static readonly TimeSpan PruneInterval = TimeSpan.FromHours(1);

    const string Vanished = "The client had no connection for as long as its lease.";

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookInterval, time);
        DateTimeOffset pruned = default;
        do
            try
            {
                await LookAsync(stoppingToken);
                if (time.GetUtcNow() - pruned < PruneInterval) continue;
                await attachments.PruneAsync(stoppingToken);
                pruned = time.GetUtcNow();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.LogError(e, "The attachments could not be looked at; the next look is in {Seconds} s", LookInterval.TotalSeconds);
            }
        while (await NextAsync(timer, stoppingToken));
    }

    /// <summary>One look at every cell.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        foreach (var (cell, provider) in await cells.AllAsync(cancellation))
        {
            if (!provider.Capabilities.CanAttach) continue;
            try
            {
                await LookAsync(cell, provider, cancellation);
            }
            catch (VolumeException e)
            {
                // The pass over the cell's volumes fails for the same reason, and records it.
                log.LogDebug(e, "The attachments of account {Account} could not be looked at: {Message}", cell.AccountName, e.Message);
            }
        }
    }

    async Task LookAsync(Cell cell, IVolumeProvider provider, CancellationToken cancellation)
    {
        // In this order: what is detached meanwhile is then in neither, and what is attached meanwhile has an operation that is at it.
        var known = await attachments.OfCellAsync(cell, cancellation);
        var seen = (await provider.ListAttachmentsAsync(cell, cancellation)).ToDictionary(a => a.Id);
        var (gone, changed) = (new List<WatchedAttachment>(), new List<(WatchedAttachment, ClientAttachment)>());
        foreach (var row in known.Where(k => k.State == AttachmentState.Attached))
            if (!seen.TryGetValue(row.ProviderId!, out var now)) gone.Add(row);
            else if (now.IsConnected != row.IsConnected || now.Device != row.Device) changed.Add((row, now));
        var found = seen.Values.Where(a => !known.Exists(k => k.ProviderId == a.Id || (a.CreatedBy is { } by && k.Operation == by.Value))).ToList();
        if (gone.Count + changed.Count + found.Count == 0) return;
        await using var transaction = await database.BeginAsync(cancellation);
        foreach (var row in gone) await attachments.VanishedAsync(transaction, row.Id, Vanished, cancellation);
        foreach (var (row, now) in changed) await attachments.SeenAsync(transaction, row.Id, now, cancellation);
        foreach (var one in found) await attachments.FoundAsync(transaction, cell, one, cancellation);
        await transaction.CommitAsync();
    }

    static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
