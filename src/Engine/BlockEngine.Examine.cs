using System.Buffers;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

// What the scrub and a check have in common: the blocks of one snapshot are verified, stored anew where a volume still has their bytes, and told.
public sealed partial class BlockEngine
{
    /// <summary>Held while a snapshot's reason is made of what is known of its blocks, so that who knows last tells last. The table's lock is taken inside.</summary>
    readonly Lock telling = new();

    long verifiedBytes;

    /// <summary>A look at many snapshots.</summary>
    /// <param name="Number">Blocks that it has seen are not read again.</param>
    /// <param name="Repairs">Whether bad blocks are to be stored anew.</param>
    /// <param name="Spend">Told the block that is next and how many bytes were read; makes the look wait.</param>
    sealed record Look(int Number, bool Repairs, Func<int, long, ValueTask> Spend);

    /// <summary>A snapshot that was looked at.</summary>
    /// <param name="Bad">The blocks that could not be read, in order; also those that were stored anew then.</param>
    /// <param name="ManifestFault">Why not even its manifest can be read.</param>
    sealed record Examined(SnapshotEntry Entry, IReadOnlyList<BadBlock> Bad, string? ManifestFault = null);

    readonly record struct BadBlock(int Block, BlockHash Hash, string Why);

    /// <summary>Verifies a snapshot's manifest and blocks, and tells what is wrong with them. It holds nothing: the snapshot may be deleted meanwhile.</summary>
    /// <param name="first">Of the blocks before it only those are read that are known to be bad.</param>
    /// <returns>Null where there is nothing to look at: it is not completed, or not there any more.</returns>
    async Task<Examined?> ExamineAsync(string id, int first, Look look, CancellationToken cancellation)
    {
        SnapshotEntry? entry;
        lock (tables) entry = snapshots.GetValueOrDefault(id);
        if (entry is null) return null;
        var (manifest, fault) = LookAtManifest(entry);
        if (manifest is null) return fault is null ? null : new Examined(entry, [], fault);
        await look.Spend(first, manifest.Blocks.Length * (1L + BlockHash.Length));
        var record = ArrayPool<byte>.Shared.Rent(BlockCodec.MaxRecordBytes);
        var plain = ArrayPool<byte>.Shared.Rent(PoolFormat.BlockBytes);
        try
        {
            var bad = new List<BadBlock>();
            for (var block = 0; block < manifest.Blocks.Length; block++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (manifest.Blocks[block] is not { } hash || (block < first && segments.FaultOf(hash) is null)) continue;
                var (read, why) = segments.Verify(hash, look.Number, record, plain.AsSpan(0, Manifest.BlockLength(manifest.VolumeSize, block)));
                Interlocked.Add(ref verifiedBytes, read);
                if (why is not null) bad.Add(new BadBlock(block, hash, why));
                if (read > 0) await look.Spend(Math.Max(first, block + 1), read);
            }
            if (look.Repairs && bad.Count > 0) await RepairAsync(entry, manifest, bad, look, record, plain, cancellation);
            return Tell(entry, bad) is null ? null : new Examined(entry, bad);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(record);
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    /// <summary>The manifest of a completed snapshot, or why there is none; neither where there need be none.</summary>
    (Manifest? Manifest, string? Fault) LookAtManifest(SnapshotEntry entry)
    {
        string? fault;
        try
        {
            // In this order: it may be completed in between.
            lock (tables) fault = entry.State == EngineSnapshotState.Completed ? ManifestIsGone : null;
            if (TryReadManifest(entry.Id) is { } manifest) return (manifest, null);
        }
        catch (EngineException e)
        {
            fault = e.Message;
        }
        catch (IOException)
        {
            fault = "The snapshot's manifest cannot be read from the disk.";
        }
        if (fault is null || IsGoing(entry.Id)) return (null, null);
        lock (telling)
            lock (tables)
                if (entry.State == EngineSnapshotState.Completed) entry.Reason = fault;
        return (null, fault);
    }

    /// <summary>
    /// Stores bad blocks anew, durably, that a volume still has at their places: the one that the snapshot is of, or one that was made from it. What other snapshots
    /// share of them is found as these are looked at.
    /// </summary>
    async Task RepairAsync(
        SnapshotEntry entry, Manifest manifest, List<BadBlock> bad, Look look, byte[] record, byte[] buffer, CancellationToken cancellation)
    {
        List<VolumeEntry> holders;
        lock (tables) holders = [.. volumes.Values.Where(v => v.Record.Id == manifest.VolumeId || v.Record.SnapshotId == entry.Id)];
        var from = new SortedSet<string>(StringComparer.Ordinal);
        using var codec = new BlockCodec();
        try
        {
            foreach (var (block, hash, _) in bad)
                foreach (var holder in holders)
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (segments.FaultOf(hash) is null) break;
                    var plain = buffer.AsMemory(0, Manifest.BlockLength(manifest.VolumeSize, block));
                    if (!TryReadNow(holder, (long)block * PoolFormat.BlockBytes, plain.Span)) continue;
                    if (BlockHash.Of(plain.Span) == hash && segments.TryReplace(codec.Encode(hash, plain.Span, record), record))
                        from.Add(holder.Record.Id);
                    await look.Spend(manifest.Blocks.Length, plain.Length);
                }
        }
        catch (IOException e)
        {
            warn($"Snapshot {entry.Id}: not all of its damaged blocks could be stored anew: {e.Message}");
        }
        try
        {
            if (!segments.Sync()) return;
        }
        catch (IOException e)
        {
            warn($"Snapshot {entry.Id}: damaged blocks of it were stored anew, but may be lost: {e.Message}");
            return;
        }
        TellAgain();
        if (from.Count > 0) warn($"Snapshot {entry.Id} of volume {manifest.VolumeId}: damaged blocks of it were stored anew from {string.Join(", ", from)}.");
    }

    /// <summary>Reads what a volume has at a place now, whoever is attached to it and writes. False where it has nothing there that can be read.</summary>
    bool TryReadNow(VolumeEntry entry, long offset, Span<byte> plain)
    {
        LiveVolume? live;
        lock (entry.Opening)
        {
            live = entry.Live;
            if (live is not null)
                lock (tables) live.Users++;
        }
        try
        {
            if (live is null)
            {
                using var image = disk.OpenRead(entry.Record.ImagePath);
                return image.ReadFully(plain, offset) == plain.Length;
            }
            if (offset + plain.Length > live.SizeBytes) return false;
            live.Read(plain, offset);
            return true;
        }
        catch (Exception e) when (e is IOException or EngineException or ObjectDisposedException)
        {
            // No copy: it is gone, the disk fails there too, or the volume waits for this very block itself.
            return false;
        }
        finally
        {
            if (live is not null) Release(entry, live, isAttached: false);
        }
    }

    /// <summary>Makes what is known of a completed snapshot's blocks its reason, for every list to show: none where all can be read.</summary>
    /// <param name="bad">What was found to be bad.</param>
    /// <returns>What still is; null where the snapshot is deleted: then its blocks may be gone, rightly.</returns>
    List<BadBlock>? Tell(SnapshotEntry entry, IReadOnlyList<BadBlock> bad)
    {
        lock (telling)
        {
            List<BadBlock> left = [.. bad.Where(b => b.Why == SegmentStore.OtherLength || segments.FaultOf(b.Hash) is not null)];
            lock (tables)
            {
                if (IsGoing(entry.Id)) return null;
                if (entry.State == EngineSnapshotState.Completed) (entry.BadBlocks, entry.Reason) = (left.Count, left.Count > 0 ? Sentence(entry, left) : null);
            }
            return left;
        }
    }

    /// <summary>The same once more, from what is known, for every snapshot that was told to have bad blocks.</summary>
    void TellAgain()
    {
        List<SnapshotEntry> entries;
        lock (tables) entries = [.. snapshots.Values.Where(s => s is { State: EngineSnapshotState.Completed, BadBlocks: > 0 })];
        foreach (var entry in entries)
            lock (telling)
                if (LookAtManifest(entry).Manifest is { } manifest) Tell(entry, KnownBad(manifest));
    }

    /// <summary>At the opening: a completed snapshot that lacks blocks is told so, not found out when it is needed.</summary>
    void TellBad()
    {
        if (segments.Health.Bad == 0) return;
        foreach (var entry in snapshots.Values.Where(s => s.State == EngineSnapshotState.Completed))
        {
            Tell(entry, KnownBad(TryReadManifest(entry.Id)!));
            if (entry.Reason is { } reason) warn($"Snapshot {entry.Id}: {reason}");
        }
    }

    List<BadBlock> KnownBad(Manifest manifest)
    {
        var bad = new List<BadBlock>();
        for (var block = 0; block < manifest.Blocks.Length; block++)
            if (manifest.Blocks[block] is { } hash && segments.FaultOf(hash) is { } why) bad.Add(new BadBlock(block, hash, why));
        return bad;
    }

    static string Sentence(SnapshotEntry entry, List<BadBlock> bad) =>
        $"{bad.Count} of the snapshot's blocks cannot be read, the first at byte {(long)bad[0].Block * PoolFormat.BlockBytes} of volume {entry.VolumeId}: {bad[0].Why}.";
}
