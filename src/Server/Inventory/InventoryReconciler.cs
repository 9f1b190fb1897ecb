using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Octavo.Core;
using Octavo.Server.Snapshots;
using Octavo.Server.Volumes;

namespace Octavo.Server.Inventory;

/// <summary>
/// Looks at every cell again and again and writes what it saw into the inventory. A cell whose pass fails keeps its rows, known to be
/// stale; it never loses them.
/// </summary>
sealed class InventoryReconciler(
    Database.Database database, Cells cells, AccountVersions versions, VolumeStore volumes, SnapshotStore snapshots, TimeProvider time,
    ILogger<InventoryReconciler> log) : BackgroundService
{
    /// <summary>A found image is listed, and a volume in use shown so, about this long after. A pass over 10,000 volumes takes
    /// some tenths of a second.</summary>
    static readonly TimeSpan PassInterval = TimeSpan.FromSeconds(5);

    /// <summary>Tombstones are looked through so often.</summary>
    static readonly TimeSpan PruneInterval = TimeSpan.FromHours(1);

    /// <summary>An observation equal to the last one is not written again, but for every so manieth: that heals a row that
    /// anything else got wrong.</summary>
    const int FullPassEvery = 12;

    /// <summary>Cells looked at side by side: providers wait for disks and networks, not for this process.</summary>
    const int MaxParallelCells = 4;

    const int PageSize = 1000;

    readonly ConcurrentDictionary<Cell, (string Seen, int Passes)> last = new();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pruned = DateTimeOffset.MinValue;
        using var timer = new PeriodicTimer(PassInterval, time);
        try
        {
            do
            {
                try
                {
                    await PassAsync(stoppingToken);
                    if (time.GetUtcNow() - pruned < PruneInterval) continue;
                    await volumes.PruneAsync(stoppingToken);
                    await snapshots.PruneAsync(stoppingToken);
                    pruned = time.GetUtcNow();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    log.LogError(e, "The pass over the inventory failed; the next one is in {Seconds} s", PassInterval.TotalSeconds);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    /// <summary>One pass over every cell. One at a time.</summary>
    public async Task PassAsync(CancellationToken cancellation) =>
        await Parallel.ForEachAsync(
            await cells.AllAsync(cancellation),
            new ParallelOptions { MaxDegreeOfParallelism = MaxParallelCells, CancellationToken = cancellation },
            async (entry, token) => await PassAsync(entry.Cell, entry.Provider, token));

    async Task PassAsync(Cell cell, IVolumeProvider provider, CancellationToken cancellation)
    {
        var began = time.GetUtcNow();
        try
        {
            var capacity = await provider.GetCapacityAsync(cell, cancellation);
            var seenVolumes = ObservedVolumes.Text(
                await AllAsync(page => provider.ListVolumesAsync(cell, page, cancellation)));
            var seenSnapshots = ObservedSnapshots.Text(
                await AllAsync(page => provider.ListSnapshotsAsync(cell, page, cancellation)));
            var seen = Fingerprint(seenVolumes, seenSnapshots);
            var before = last.GetValueOrDefault(cell);
            var isSame = before.Seen == seen && before.Passes < FullPassEvery;
            await using var transaction = await database.BeginAsync(cancellation);
            await Cells.ObservedAsync(transaction, cell, capacity, began, cancellation);
            if (!isSame)
            {
                var now = time.GetUtcNow();
                var changed = await ObservedVolumes.ApplyAsync(
                    transaction, cell, provider.Kind, seenVolumes, began, now, cancellation);
                await ObservedSnapshots.ApplyAsync(transaction, cell, seenSnapshots, began, now, cancellation);
                if (changed > 0) transaction.OnCommitted(() => versions.Changed(cell.Account));
            }
            await transaction.CommitAsync();
            last[cell] = (seen, isSame ? before.Passes + 1 : 0);
        }
        catch (VolumeException e)
        {
            log.LogWarning(e, "The pass over {Provider} {Region} of account {Account} failed: {Message}",
                provider.Kind, cell.Region, cell.AccountName, e.Message);
            await cells.FailedAsync(cell, e.Message, time.GetUtcNow(), cancellation);
        }
    }

    static string Fingerprint(string volumes, string snapshots)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<char>(volumes));
        hash.AppendData(MemoryMarshal.AsBytes<char>(snapshots));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    static async Task<List<T>> AllAsync<T>(Func<PageRequest, Task<ProviderPage<T>>> list)
    {
        var all = new List<T>();
        string? token = null;
        do
        {
            var page = await list(new PageRequest(PageSize, token));
            all.AddRange(page.Items);
            token = page.NextToken;
        }
        while (token is not null);
        return all;
    }
}
