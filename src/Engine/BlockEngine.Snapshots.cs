using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    /// <summary>
    /// A signature is good once the kernel's clock, which stamps files at its tick (10 ms at HZ=100, 4 ms and less elsewhere), has surely moved
    /// past it: every later write gives another one.
    /// </summary>
    static readonly TimeSpan TickAge = TimeSpan.FromMilliseconds(20);

    /// <summary>A writer that never pauses is not waited for: its writes will show when the copy ends.</summary>
    const int MaxTicks = 5;

    const string SnapshotPrefix = "snap-";

    bool canClone = true;

    /// <summary>The snapshots by id.</summary>
    /// <param name="after">Only what comes after this id; null for the beginning.</param>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<EngineSnapshot> ListSnapshots(string? after = null, int limit = int.MaxValue)
    {
        lock (tables)
            return [.. snapshots.Values.Where(s => s.IsRecorded && string.CompareOrdinal(s.Id, after) > 0).Take(limit).Select(s => s.Describe())];
    }

    /// <summary>One snapshot; null where there is none.</summary>
    public EngineSnapshot? FindSnapshot(string id)
    {
        lock (tables) return snapshots.GetValueOrDefault(id) is { IsRecorded: true } entry ? entry.Describe() : null;
    }

    /// <summary>
    /// Deletes a snapshot, whatever its state, and frees the blocks that only it needed; nothing where it is gone. Streams that are open on
    /// it stay good.
    /// </summary>
    /// <exception cref="EngineException">Busy: a volume is being made from it. Conflict: a client is attached to it.</exception>
    public Task DeleteSnapshotAsync(string id, CancellationToken cancellation) => ChangeAsync(async () =>
    {
        RequireDetached(id);
        SnapshotEntry? entry;
        Task? copying;
        lock (tables)
        {
            if (!snapshots.TryGetValue(id, out entry)) return true;
            if (volumes.Values.Any(v => v.Record.State is VolumeRecord.Creating or VolumeRecord.Filling && v.Record.SnapshotId == id && v.Failure is null))
                throw new EngineException(EngineError.Busy, "A volume is being made from this snapshot. Wait for that to end first.");
            entry.StopCopying?.Cancel();
            copying = entry.Copying;
        }
        if (copying is not null) await copying;
        var manifest = entry.State == EngineSnapshotState.Completed ? TryReadManifest(id) : null;
        try
        {
            lock (tables) entry.IsDeleting = true;
            disk.DeleteFile(Manifest.PathOf(id));
            disk.DeleteFile(PendingRecord.PathOf(id));
            disk.DeleteFile(PendingRecord.ClonePathOf(id));
            disk.SyncFolder(Manifest.Root);
            lock (tables) snapshots.Remove(id);
        }
        finally
        {
            lock (tables) entry.IsDeleting = false;
        }
        if (manifest is not null) segments.Release(manifest.Stored, mayFree);
        Retire(entry.VolumeId);
        RemoveIfDeleting(entry.VolumeId);
        return true;
    }, cancellation);

    /// <summary>The bytes of a completed snapshot as a stream that can be read anywhere; each block is verified as it is read.</summary>
    /// <exception cref="EngineException">NotFound, or Conflict: it is not completed. The stream throws Damaged or Io.</exception>
    public Stream OpenSnapshot(string id) => Failures.Translate<Stream>(() =>
    {
        var manifest = Completed(id);
        var held = Hold(id, manifest);
        return new SnapshotStream(manifest, segments, () => segments.Release(held, mayFree));
    });

    List<PendingRecord> LoadSnapshots()
    {
        var needed = new Dictionary<BlockHash, int>();
        var pending = new List<PendingRecord>();
        TakeBackSets();
        var names = disk.List(Manifest.Root);
        foreach (var id in names.Where(n => n.StartsWith(SnapshotPrefix, StringComparison.Ordinal) && !n.Contains('.', StringComparison.Ordinal)))
        {
            try
            {
                var manifest = TryReadManifest(id) ?? throw new EngineException(EngineError.Damaged, ManifestIsGone);
                snapshots.Add(id, new SnapshotEntry
                {
                    Id = id,
                    Tag = manifest.Tag,
                    VolumeId = manifest.VolumeId,
                    VolumeSize = manifest.VolumeSize,
                    StartedAt = manifest.StartedAt,
                    StoredBytes = manifest.StoredBytes,
                    Progress = 1,
                    State = EngineSnapshotState.Completed,
                });
                foreach (var hash in manifest.Stored) needed[hash] = needed.GetValueOrDefault(hash) + 1;
            }
            catch (Exception e) when (e is EngineException or IOException)
            {
                mayFree = false;
                var reason = e is IOException ? "The snapshot's manifest cannot be read from the disk." : e.Message;
                warn($"Snapshot {id}: {reason} Nothing is freed in this pool until it is deleted and the pool opened again.");
                snapshots.Add(id, Unreadable(id, reason));
            }
        }
        foreach (var name in names)
        {
            var path = Manifest.PathOf(name);
            if (name.EndsWith(DiskExtensions.Temporary, StringComparison.Ordinal)) disk.DeleteFile(path);
            else if (name.EndsWith(PendingRecord.Suffix, StringComparison.Ordinal)) LoadPending(name[..^PendingRecord.Suffix.Length], pending);
        }
        foreach (var name in names.Where(n => n.EndsWith(PendingRecord.CloneSuffix, StringComparison.Ordinal)))
            if (!pending.Exists(p => p.IsCloned && name == p.Id + PendingRecord.CloneSuffix)) disk.DeleteFile(Manifest.PathOf(name));
        segments.Open(needed, mayFree);
        foreach (var hash in scrubbed.BrokenBlocks ?? [])
            if (BlockHash.TryParse(hash) is { } broken) segments.Suspect(broken);
        TellBad();
        return pending;
    }

    /// <summary>Forgets snapshots that were to begin together where a dead process had not come to the last of them.</summary>
    void TakeBackSets()
    {
        foreach (var name in disk.List(Manifest.Root).Where(n => n.EndsWith(UnfinishedSet.Suffix, StringComparison.Ordinal)))
        {
            if (UnfinishedSet.Parse(disk.ReadAll(Manifest.PathOf(name))) is { } set)
                foreach (var id in set.Snapshots.Where(id => IsId(id, SnapshotPrefix)))
                {
                    disk.DeleteFile(PendingRecord.PathOf(id));
                    disk.DeleteFile(PendingRecord.ClonePathOf(id));
                }
            else warn($"{Manifest.PathOf(name)} is damaged: some of the snapshots that were to begin with it may be listed without the others.");
            disk.SyncFolder(Manifest.Root);
            disk.DeleteFile(Manifest.PathOf(name));
        }
    }

    void LoadPending(string id, List<PendingRecord> pending)
    {
        if (snapshots.TryGetValue(id, out var known))
        {
            // It was completed, and the process died before it could say so here.
            if (known.State == EngineSnapshotState.Completed) disk.DeleteFile(PendingRecord.PathOf(id));
            return;
        }
        if (PendingRecord.Parse(disk.ReadAll(PendingRecord.PathOf(id), DiskExtensions.MaxRecordFile)) is not { } record || record.Id != id)
        {
            warn($"Snapshot {id}: its pending record is damaged.");
            snapshots.Add(id, Unreadable(id, "The snapshot's pending record is damaged."));
            return;
        }
        var entry = Entry(record);
        snapshots.Add(id, entry);
        if (record.Error is null) pending.Add(record);
    }

    /// <summary>Goes on with the pending snapshots of one volume, or of none that is there any more; oldest first.</summary>
    void Resume(string volumeId, List<PendingRecord> pending)
    {
        var volume = Existing(volumeId);
        var image = volume is null ? null : disk.Stat(volume.Record.ImagePath);
        var layers = volume is null ? [] : KeptLayer.Load(disk, volumeId);
        var needed = int.MaxValue;
        foreach (var record in pending)
        {
            var entry = snapshots[record.Id];
            var isSame = record.Signature != default && image?.Signature == record.Signature;
            if (record.Kept is { } number)
            {
                // In the same boot everything that a dead process kept or wrote is there. After another one it is if the engine was closed, and nothing was written since.
                entry.Layer = image is not null && (record.BootId == disk.BootId || isSame)
                    ? layers.Find(layer => layer.Number == number && layer.Size == record.SizeBytes)
                    : null;
                if (entry.Layer is not null) needed = Math.Min(needed, number);
                isSame = entry.Layer is not null;
            }
            else if (record.IsCloned) isSame = disk.Stat(PendingRecord.ClonePathOf(record.Id)) is not null;
            if (!isSame)
                Fail(entry, "The snapshot was interrupted, and the volume's image was written to before it could go on: its instant is gone.");
        }
        if (volume is null) return;
        foreach (var layer in layers.Where(layer => layer.Number < needed))
        {
            layer.Break();
            layer.Dispose();
        }
        // Before anything is written to the image: from then on only this boot's word counts.
        foreach (var entry in PendingOf(volumeId).Where(s => s.Layer is not null))
            disk.WriteAtomically(PendingRecord.PathOf(entry.Id), entry.ToRecord(disk.BootId).ToBytes());
        var isFilling = volume.Record.State == VolumeRecord.Filling && image is not null;
        if (needed == int.MaxValue && !isFilling) return;
        lock (volume.Opening)
        {
            var live = GoLive(volume, [.. layers.Where(layer => layer.Number >= needed)]);
            if (isFilling) ResumeFilling(volume, live);
            Rest(volume, live);
        }
    }

    /// <summary>Begins to copy, as soon as the volume's earlier snapshots are done: what those keep, the later ones need not.</summary>
    void StartCopy(SnapshotEntry entry)
    {
        lock (tables)
        {
            var before = snapshots.Values.Where(s => s.VolumeId == entry.VolumeId && s != entry).Select(s => s.Copying).OfType<Task>().ToArray();
            entry.StopCopying = CancellationTokenSource.CreateLinkedTokenSource(closing.Token);
            entry.Copying = Task.Run(() => CopyAsync(entry, before, entry.StopCopying.Token), CancellationToken.None);
        }
    }

    async Task CopyAsync(SnapshotEntry entry, Task[] before, CancellationToken cancellation)
    {
        try
        {
            // However they end.
            await Task.WhenAll(before).WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
            var same = TryUnchanged(entry);
            var (blocks, stored) = same is null ? await ReadAsync(entry, cancellation) : (same, 0);
            var manifest = new Manifest(
                entry.VolumeId, entry.Tag, entry.VolumeSize, entry.StartedAt, stored, entry.Layer is null ? entry.Signature : default, blocks);
            try
            {
                if (segments.Sync()) TellAgain();
                lock (entry.Files)
                {
                    if (same is null) CheckInstant(entry);
                    disk.WriteAtomically(Manifest.PathOf(entry.Id), manifest.ToBytes());
                    lock (tables)
                    {
                        entry.State = EngineSnapshotState.Completed;
                        entry.Progress = 1;
                        entry.StoredBytes = stored;
                        entry.Changed = null;
                    }
                }
            }
            catch
            {
                segments.Release(manifest.Stored, mayFree);
                throw;
            }
            disk.DeleteFile(PendingRecord.PathOf(entry.Id));
            disk.DeleteFile(PendingRecord.ClonePathOf(entry.Id));
            disk.SyncFolder(Manifest.Root);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Deleted, or closing: the pending record stays for the next opening.
        }
        catch (Exception e) when (entry.State == EngineSnapshotState.Completed)
        {
            warn($"Snapshot {entry.Id} is complete; its pending record will be removed at the next opening: {e.Message}");
        }
        catch (Exception e)
        {
            warn($"Snapshot {entry.Id} failed: {e}");
            Fail(entry, Failures.Sentence(e));
        }
        finally
        {
            try
            {
                // Still counted as copying: who waits for the end of it, a deletion or the closing, waits for this too.
                if (entry.State != EngineSnapshotState.Completed) PassOn(entry);
                Retire(entry.VolumeId);
                RemoveIfDeleting(entry.VolumeId);
            }
            finally
            {
                lock (tables) entry.Copying = null;
            }
        }
    }

    async Task<(BlockMap Blocks, long Stored)> ReadAsync(SnapshotEntry entry, CancellationToken cancellation)
    {
        var volume = Existing(entry.VolumeId);
        var filling = volume?.Live?.Filling;
        using var image = disk.OpenRead(entry.IsCloned ? PendingRecord.ClonePathOf(entry.Id) : volume!.Record.ImagePath);
        if (entry.Layer is null && image.Length != entry.VolumeSize)
            throw new EngineException(EngineError.Conflict,
                $"What the snapshot is to be copied from has {image.Length} bytes instead of {entry.VolumeSize}, so its instant is gone.");
        var result = new BlockMap(Manifest.BlockCount(entry.VolumeSize));
        try
        {
            var blocks = TryBase(entry, result) ?? AllBlocks(entry, filling, image);
            var source = new SnapshotSource(entry, image, filling);
            var stored = await new ImageCopier(segments, time, () => volume?.Live?.Gate.Passed ?? 0).CopyAsync(
                source.Read, blocks, entry.VolumeSize, result, progress => entry.Progress = progress, cancellation);
            return (result, stored);
        }
        catch (IOException e) when (Failures.From(e).Error == EngineError.Io)
        {
            throw new EngineException(EngineError.Io, "The volume's image cannot be read from the disk, or its blocks not be written.", e);
        }
    }

    /// <summary>
    /// Takes what did not change since the base from its manifest, holding the blocks, and gives the blocks that have to be read; null where there is no such base
    /// any more.
    /// </summary>
    List<int>? TryBase(SnapshotEntry entry, BlockMap result)
    {
        string? baseId;
        BlockSet? changed;
        lock (instants) (baseId, changed) = (entry.BaseId, entry.Changed);
        if (baseId is null || changed is null || FindSnapshot(baseId) is not { State: EngineSnapshotState.Completed } || TryReadManifest(baseId) is not { } manifest)
            return null;
        var blocks = new List<int>();
        for (var block = 0; block < result.Length; block++)
        {
            var hash = block < manifest.Blocks.Length ? manifest.Blocks[block] : null;
            var isSame = !changed.Contains(block)
                && (hash is null || Manifest.BlockLength(manifest.VolumeSize, block) == Manifest.BlockLength(entry.VolumeSize, block));
            if (isSame && (hash is null || segments.TryReuse(hash.Value))) result[block] = hash;
            else blocks.Add(block);
        }
        return blocks;
    }

    /// <summary>Every block that may hold data at the instant.</summary>
    static List<int> AllBlocks(SnapshotEntry entry, Filling? filling, IDiskFile image)
    {
        // In this order: what was fetched, or emptied, before its turn is found by the next look.
        var blocks = new SortedSet<int>(filling?.Missing ?? []);
        blocks.UnionWith(ImageCopier.DataBlocks(image, entry.VolumeSize));
        if (entry.Layer is { } layer) blocks.UnionWith(layer.AllKept());
        return [.. blocks.TakeWhile(block => block < Manifest.BlockCount(entry.VolumeSize))];
    }

    /// <summary>Refuses a snapshot whose image another program wrote to while it was copied. What this process wrote does no harm.</summary>
    void CheckInstant(SnapshotEntry entry)
    {
        if (entry.IsCloned || Existing(entry.VolumeId) is not { } volume) return;
        var expected = entry.Signature;
        if (entry.Layer is not null)
        {
            lock (tables) expected = volume.Live?.Rest ?? default;
            if (expected == default) return;
        }
        if (disk.Stat(volume.Record.ImagePath)?.Signature == expected) return;
        lock (tables)
            if (entry.Layer is not null && volume.Live?.Rest != expected) return;
        throw new EngineException(EngineError.Conflict,
            "Another program wrote to the volume's image while the snapshot was being copied, so its instant is gone. Take another one while nothing writes.");
    }

    /// <summary>The blocks of the volume's latest snapshot, held once more, where the image is still the same; null otherwise.</summary>
    BlockMap? TryUnchanged(SnapshotEntry entry)
    {
        // Null, too, where the latest one is being deleted.
        if (entry.Signature == default || Latest(entry.VolumeId) is not { } latest || TryReadManifest(latest) is not { } manifest) return null;
        if (manifest.Signature != entry.Signature || manifest.VolumeSize != entry.VolumeSize) return null;
        var held = new List<BlockHash>();
        foreach (var hash in manifest.Stored)
        {
            if (segments.TryReuse(hash))
            {
                held.Add(hash);
                continue;
            }
            segments.Release(held, mayFree);
            return null;
        }
        return manifest.Blocks;
    }

    void SyncImage(string volumeId) => Failures.Translate(() =>
    {
        if (Existing(volumeId) is not { } entry || disk.Stat(entry.Record.ImagePath) is null) return false;
        try
        {
            using var image = disk.OpenRead(entry.Record.ImagePath);
            image.Sync();
            return true;
        }
        catch (IOException) when (disk.Stat(entry.Record.ImagePath) is null)
        {
            // Deleted in between.
            return false;
        }
    });

    /// <summary>A signature of the image that every later write will change. Synced first: then a write through a mapping shows too.</summary>
    async Task<(FileSignature Signature, DateTimeOffset At)> FixAsync(string path, CancellationToken cancellation)
    {
        using var image = disk.OpenRead(path);
        for (var tick = 0; ; tick++)
        {
            image.Sync();
            var signature = image.Stat().Signature;
            var now = time.GetUtcNow();
            var stamped = Math.Max(signature.ModifiedNs, signature.ChangedNs) / 1_000_000;
            if (now.ToUnixTimeMilliseconds() - stamped > TickAge.TotalMilliseconds || tick == MaxTicks) return (signature, now);
            await Task.Delay(TickAge, time, cancellation);
        }
    }

    bool TryClone(string image, string id)
    {
        if (!canClone) return false;
        var path = PendingRecord.ClonePathOf(id);
        using (var source = disk.OpenRead(image))
        using (var clone = disk.OpenWrite(path))
        {
            if (clone.TryClone(source))
            {
                clone.Sync();
                return true;
            }
        }
        canClone = false;
        disk.DeleteFile(path);
        return false;
    }

    void Fail(SnapshotEntry entry, string reason)
    {
        lock (tables)
        {
            entry.State = EngineSnapshotState.Error;
            entry.Reason = reason;
        }
        try
        {
            lock (entry.Files) disk.WriteAtomically(PendingRecord.PathOf(entry.Id), entry.ToRecord(disk.BootId).ToBytes());
            disk.DeleteFile(PendingRecord.ClonePathOf(entry.Id));
        }
        catch (IOException e)
        {
            warn($"The failure of snapshot {entry.Id} could not be written down: {e.Message}");
        }
    }

    void RemoveIfDeleting(string volumeId)
    {
        if (Existing(volumeId) is not { Record.State: VolumeRecord.Deleting } entry || HasPending(volumeId)) return;
        try
        {
            Remove(entry);
        }
        catch (IOException e)
        {
            warn($"Volume {volumeId} will be removed at the next opening: {e.Message}");
        }
    }

    bool HasPending(string volumeId)
    {
        lock (tables)
            return snapshots.Values.Any(s => s.VolumeId == volumeId && s.State == EngineSnapshotState.Pending);
    }

    /// <summary>
    /// Holds the blocks of a completed snapshot against its deletion; returns what was held, to be released once. A block that is missing is
    /// told when it is read: what is there may still be wanted.
    /// </summary>
    List<BlockHash> Hold(string id, Manifest manifest)
    {
        // A deletion takes the snapshot off the table before it releases the blocks, so this is before it or sees it.
        lock (tables)
        {
            if (!snapshots.ContainsKey(id)) throw NoSnapshot();
            return [.. manifest.Stored.Where(segments.TryHold)];
        }
    }

    Manifest Completed(string id)
    {
        var snapshot = FindSnapshot(id) ?? throw NoSnapshot();
        if (snapshot.State != EngineSnapshotState.Completed)
            throw new EngineException(EngineError.Conflict, snapshot.Reason ?? "The snapshot is not completed yet.");
        return TryReadManifest(id) ?? throw (IsGoing(id) ? NoSnapshot() : new EngineException(EngineError.Damaged, ManifestIsGone));
    }

    /// <summary>A manifest; null where there is none, because it is being deleted or somebody took it away.</summary>
    Manifest? TryReadManifest(string id) => disk.ReadAll(Manifest.PathOf(id)) is { } content ? Manifest.Parse(content) : null;

    /// <summary>Whether a snapshot is deleted, or its deletion is under way.</summary>
    bool IsGoing(string id)
    {
        lock (tables) return !snapshots.TryGetValue(id, out var entry) || entry.IsDeleting;
    }

    const string ManifestIsGone = "The snapshot's manifest is gone.";

    static EngineException NoSnapshot() => new(EngineError.NotFound, "There is no such snapshot in this pool.");

    static SnapshotEntry Unreadable(string id, string reason) => new()
    {
        Id = id,
        Tag = "",
        VolumeId = "vol-0",
        VolumeSize = 0,
        StartedAt = default,
        State = EngineSnapshotState.Error,
        Reason = reason,
    };

    static SnapshotEntry Entry(PendingRecord record) => new()
    {
        Id = record.Id,
        Tag = record.Tag,
        VolumeId = record.VolumeId,
        VolumeSize = record.SizeBytes,
        StartedAt = record.StartedAt,
        Signature = record.Signature,
        IsCloned = record.IsCloned,
        State = record.Error is null ? EngineSnapshotState.Pending : EngineSnapshotState.Error,
        Reason = record.Error,
    };
}
