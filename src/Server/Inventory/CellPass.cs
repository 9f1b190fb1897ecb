using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Snapshots;
using Octavo.Server.Volumes;

namespace Octavo.Server.Inventory;

/// <summary>
/// One pass over one cell: every page of its volumes and of its snapshots, each written as it comes, with a checkpoint from which a pass
/// that was cut short goes on. Only a pass that saw everything says what is gone.
/// </summary>
sealed class CellPass(
    Database.Database database, SharedCommits writer, KnownCell known, CellMemory memory, CellProgress.Pass progress,
    Checkpoint checkpoint, SemaphoreSlim chains, TimeProvider time)
{
    /// <summary>
    /// Above this a cell is listed zone by zone, side by side: a listing is a chain of pages, and 20,000 volumes are 40 of them one after
    /// the other.
    /// </summary>
    public const int SplitAbove = 20_000;

    /// <summary>A page asks for so many; providers give fewer.</summary>
    const int PageSize = 1000;

    /// <summary>News of what was just made can come so late from a cloud (EC2 Developer Guide, "eventual consistency").</summary>
    static readonly TimeSpan VisibilityLag = TimeSpan.FromSeconds(60);

    /// <summary>Ids in one look-up that proves what is gone.</summary>
    const int ProofSize = 200;

    readonly Cell cell = known.Cell;
    readonly IVolumeProvider provider = known.Provider;
    readonly Seen volumes = new();
    readonly Seen snapshots = new();

    /// <summary>Runs to the end.</summary>
    /// <exception cref="VolumeException">The provider failed; what was written stays, and so does the checkpoint.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var facts = InTurnAsync(() => provider.GetCellAsync(cell, stop.Token), stop.Token);
        string?[] zones = known.VolumeCount > SplitAbove && known.Zones.Length > 1 ? known.Zones : new string?[] { null };
        try
        {
            await AllOrNoneAsync(
                [
                    facts,
                    .. zones.Select(zone => ChainAsync("volumes", zone, volumes, VolumePageAsync, stop.Token)),
                    ChainAsync("snapshots", null, snapshots, SnapshotPageAsync, stop.Token),
                ], stop);
        }
        catch (VolumeException e) when (e.Code == ErrorCode.Invalid)
        {
            // A page token that the provider does not take any more: the next pass begins anew.
            await checkpoint.ForgetAsync(cancellation);
            throw;
        }
        await EndAsync(await facts, cancellation);
    }

    /// <summary>Waits for all; the first failure stops the others and is the one that is told.</summary>
    static async Task AllOrNoneAsync(Task[] tasks, CancellationTokenSource stop)
    {
        await foreach (var ended in Task.WhenEach(tasks))
        {
            if (ended.IsCompletedSuccessfully) continue;
            await stop.CancelAsync();
            await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ended;
        }
    }

    /// <summary>A limit of the provider slows a pass and fails nothing: it waits as asked, and others take the turn meanwhile.</summary>
    async Task<T> InTurnAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        while (true)
        {
            TimeSpan wait;
            await chains.WaitAsync(cancellation);
            try
            {
                return await call();
            }
            catch (VolumeException e) when (e.RetryAfter is { } asked)
            {
                wait = asked;
            }
            finally
            {
                chains.Release();
            }
            await Task.Delay(wait, time, cancellation);
        }
    }

    async Task ChainAsync(
        string kind, string? zone, Seen seen, Func<PageRequest, ArrayBufferWriter<byte>, CancellationToken, Task<Listed>> list,
        CancellationToken cancellation)
    {
        var (number, token, ids) = checkpoint.Of(kind, zone);
        seen.Add(ids);
        if (number > 0 && token is null) return;
        // One for all pages of the chain: most are only looked at, and each has a large text.
        var text = new ArrayBufferWriter<byte>();
        do
        {
            text.ResetWrittenCount();
            var page = await InTurnAsync(() => list(new PageRequest(PageSize, token, zone), text, cancellation), cancellation);
            seen.Add(page.Ids);
            progress.AddPage(kind == "volumes" ? page.Ids.Count : 0, kind == "volumes" ? 0 : page.Ids.Count);
            token = page.NextToken;
            var step = new CheckpointPage(kind, zone, number++, token, page.Ids);
            var fingerprint = Fingerprint(text.WrittenSpan);
            if (memory.IsKnown(kind, fingerprint)) await checkpoint.NoteAsync(step, cancellation);
            else await WriteAsync(page, Encoding.UTF8.GetString(text.WrittenSpan), step, seen, cancellation);
            memory.Remember(kind, fingerprint);
        }
        while (token is not null);
    }

    Task WriteAsync(Listed page, string text, CheckpointPage step, Seen seen, CancellationToken cancellation)
    {
        seen.HasNews = true;
        return writer.WriteAsync(async transaction =>
        {
            await page.WriteAsync(transaction, text, time.GetUtcNow(), cancellation);
            await checkpoint.WriteAsync(transaction, step, cancellation);
        }, cancellation);
    }

    async Task<Listed> VolumePageAsync(PageRequest request, ArrayBufferWriter<byte> text, CancellationToken cancellation)
    {
        var page = await provider.ListVolumesAsync(cell, request, cancellation);
        ObservedVolumes.WriteText(page.Items, text);
        return new Listed([.. page.Items.Select(v => v.Id.Value)], page.NextToken,
            (transaction, json, now, token) => ObservedVolumes.ApplyAsync(transaction, cell, provider, json, checkpoint.Began, now, token));
    }

    async Task<Listed> SnapshotPageAsync(PageRequest request, ArrayBufferWriter<byte> text, CancellationToken cancellation)
    {
        var page = await provider.ListSnapshotsAsync(cell, request, cancellation);
        ObservedSnapshots.WriteText(page.Items, text);
        return new Listed([.. page.Items.Select(s => s.Id.Value)], page.NextToken,
            (transaction, json, now, token) => ObservedSnapshots.ApplyAsync(transaction, cell, json, checkpoint.Began, now, token));
    }

    async Task EndAsync(CellFacts facts, CancellationToken cancellation)
    {
        var before = provider.Capabilities.IsTheOnlyOwner ? checkpoint.Began : checkpoint.Began - VisibilityLag;
        var unseenVolumes = IsSame(volumes, memory.Volumes)
            ? []
            : await ObservedVolumes.UnseenAsync(database, cell, volumes.Ids, checkpoint.Began, before, cancellation);
        var goneVolumes = await ProveAsync(unseenVolumes,
            async some => (await provider.FindVolumesAsync(cell, some, cancellation)).Select(v => v.Id), cancellation);
        var unseenSnapshots = IsSame(snapshots, memory.Snapshots)
            ? []
            : await ObservedSnapshots.UnseenAsync(database, cell, snapshots.Ids, checkpoint.Began, before, cancellation);
        var goneSnapshots = await ProveAsync(unseenSnapshots,
            async some => (await provider.FindSnapshotsAsync(cell, some, cancellation)).Select(s => s.Id), cancellation);
        await using var transaction = await database.BeginAsync(cancellation);
        var now = time.GetUtcNow();
        if (goneVolumes.Count > 0)
            await ObservedVolumes.GoneAsync(transaction, cell, provider, goneVolumes, checkpoint.Began, before, now, cancellation);
        if (goneSnapshots.Count > 0)
            await ObservedSnapshots.GoneAsync(transaction, cell, provider, goneSnapshots, checkpoint.Began, before, now, cancellation);
        await Cells.ObservedAsync(transaction, cell, facts, volumes.Ids.Count, snapshots.Ids.Count, checkpoint.Began, cancellation);
        await transaction.CommitAsync();
        // What was not shown and is not gone has to be looked at again, also where the next pass finds nothing new.
        memory.EndPass(
            goneVolumes.Count == unseenVolumes.Count ? volumes.Ids.Count : null,
            goneSnapshots.Count == unseenSnapshots.Count ? snapshots.Ids.Count : null);
    }

    /// <summary>Nothing new and as many as the last time: then nothing is missing either.</summary>
    static bool IsSame(Seen seen, int? before) => !seen.HasNews && seen.Ids.Count == before;

    /// <summary>A listing is no instant: what it did not show is asked for by name, and only what is not there then is gone.</summary>
    async Task<List<T>> ProveAsync<T>(List<(T Id, bool IsDue)> unseen, Func<T[], Task<IEnumerable<T>>> find, CancellationToken cancellation)
    {
        var due = unseen.Where(u => u.IsDue).Select(u => u.Id).ToList();
        var gone = due.ToHashSet();
        foreach (var some in due.Chunk(ProofSize)) gone.ExceptWith(await InTurnAsync(() => find(some), cancellation));
        return [.. gone];
    }

    static UInt128 Fingerprint(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }

    /// <summary>A page, and how to write its text.</summary>
    sealed record Listed(
        List<string> Ids, string? NextToken, Func<Transaction, string, DateTimeOffset, CancellationToken, Task<int>> WriteAsync);

    /// <summary>What the chains of a kind saw.</summary>
    sealed class Seen
    {
        public HashSet<string> Ids { get; } = [];

        /// <summary>Whether any page was not as the last pass saw it.</summary>
        public bool HasNews { get; set; }

        public void Add(IEnumerable<string> ids)
        {
            lock (Ids) Ids.UnionWith(ids);
        }
    }
}
