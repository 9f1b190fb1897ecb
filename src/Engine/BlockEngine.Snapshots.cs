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
            return [.. snapshots.Values.Where(s => string.CompareOrdinal(s.Id, after) > 0).Take(limit).Select(s => s.Describe())];
    }

    /// <summary>One snapshot; null where there is none.</summary>
    public EngineSnapshot? FindSnapshot(string id)
    {
        lock (tables) return snapshots.GetValueOrDefault(id)?.Describe();
    }

    /// <summary>
    /// Fixes the instant of a snapshot, durably, and returns; the copy follows in the background. Where the file system can clone, later
    /// writes to the volume do no harm; elsewhere a write by another program before the copy is done makes the snapshot an error, because its
    /// instant is gone.
    /// </summary>
    /// <exception cref="EngineException">NotFound: the volume. Conflict: its state, or the id is taken. NoSpace. Io.</exception>
    public async Task<EngineSnapshot> BeginSnapshotAsync(string id, string tag, string volumeId, CancellationToken cancellation)
    {
        CheckId(id, SnapshotPrefix);
        SyncImage(volumeId);
        return await ChangeAsync(async () =>
        {
            if (FindSnapshot(id) is { } existing)
                return existing.VolumeId == volumeId
                    ? existing
                    : throw new EngineException(EngineError.Conflict, $"There is another snapshot {id} already.");
            var volume = FindVolume(volumeId) ?? throw NoVolume();
            if (volume.State is not (EngineVolumeState.Available or EngineVolumeState.InUse))
                throw new EngineException(EngineError.Conflict, volume.Reason ?? "The volume is still being made.");
            var image = Existing(volumeId)!.Record.ImagePath;
            var (signature, startedAt) = await FixAsync(image, cancellation);
            var isCloned = TryClone(image, id);
            if (isCloned && disk.Stat(image)?.Signature != signature) signature = default;
            var record = new PendingRecord(
                id, tag, volumeId, volume.SizeBytes, startedAt, signature.Inode, signature.Length, signature.ModifiedNs, signature.ChangedNs,
                isCloned, null);
            disk.WriteAtomically(PendingRecord.PathOf(id), record.ToBytes());
            var entry = Entry(record);
            lock (tables) snapshots.Add(id, entry);
            StartCopy(entry, record);
            return FindSnapshot(id)!;
        }, cancellation);
    }

    /// <summary>
    /// Deletes a snapshot, whatever its state, and frees the blocks that only it needed; nothing where it is gone. Streams that are open on
    /// it stay good.
    /// </summary>
    /// <exception cref="EngineException">Conflict: a volume is being made from it.</exception>
    public Task DeleteSnapshotAsync(string id, CancellationToken cancellation) => ChangeAsync(async () =>
    {
        SnapshotEntry? entry;
        Task? copying;
        lock (tables)
        {
            if (!snapshots.TryGetValue(id, out entry)) return true;
            if (volumes.Values.Any(v => v.Record.State == VolumeRecord.Creating && v.Record.SnapshotId == id && v.Failure is null))
                throw new EngineException(EngineError.Conflict, "A volume is being made from this snapshot. Wait for that to end first.");
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
        TellMissing(needed);
        return pending;
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

    /// <summary>A completed snapshot that lacks blocks is told to be in error, not found out when it is needed.</summary>
    void TellMissing(Dictionary<BlockHash, int> needed)
    {
        if (needed.Keys.All(segments.Contains)) return;
        foreach (var entry in snapshots.Values.Where(s => s.State == EngineSnapshotState.Completed))
        {
            var missing = TryReadManifest(entry.Id)!.Stored.Count(hash => !segments.Contains(hash));
            if (missing == 0) continue;
            entry.Reason = $"{missing} of its stored blocks are missing.";
            warn($"Snapshot {entry.Id}: {entry.Reason}");
        }
    }

    void Resume(PendingRecord record)
    {
        var entry = snapshots[record.Id];
        var image = Existing(record.VolumeId)?.Record.ImagePath;
        var isThere = record.IsCloned
            ? disk.Stat(PendingRecord.ClonePathOf(record.Id)) is not null
            : image is not null && disk.Stat(image)?.Signature == record.Signature;
        if (isThere) StartCopy(entry, record);
        else Fail(entry, record, "The snapshot was interrupted, and the volume's image was written to before it could go on: its instant is gone.");
    }

    void StartCopy(SnapshotEntry entry, PendingRecord record)
    {
        lock (tables)
        {
            entry.StopCopying = CancellationTokenSource.CreateLinkedTokenSource(closing.Token);
            entry.Copying = Task.Run(() => CopyAsync(entry, record, entry.StopCopying.Token), CancellationToken.None);
        }
    }

    async Task CopyAsync(SnapshotEntry entry, PendingRecord record, CancellationToken cancellation)
    {
        try
        {
            var path = record.IsCloned ? PendingRecord.ClonePathOf(record.Id) : Existing(record.VolumeId)!.Record.ImagePath;
            var (blocks, stored) = TryUnchanged(record) is { } same
                ? (same, 0)
                : await ReadImageAsync(entry, record, path, cancellation);
            var manifest = new Manifest(
                record.VolumeId, record.Tag, record.SizeBytes, record.StartedAt, stored, record.Signature, blocks);
            try
            {
                segments.Sync();
                disk.WriteAtomically(Manifest.PathOf(record.Id), manifest.ToBytes());
            }
            catch
            {
                segments.Release(manifest.Stored, mayFree);
                throw;
            }
            lock (tables)
            {
                entry.State = EngineSnapshotState.Completed;
                entry.Progress = 1;
                entry.StoredBytes = stored;
            }
            disk.DeleteFile(PendingRecord.PathOf(record.Id));
            disk.DeleteFile(PendingRecord.ClonePathOf(record.Id));
            disk.SyncFolder(Manifest.Root);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Deleted, or closing: the pending record stays for the next opening.
        }
        catch (Exception e) when (entry.State == EngineSnapshotState.Completed)
        {
            warn($"Snapshot {record.Id} is complete; its pending record will be removed at the next opening: {e.Message}");
        }
        catch (Exception e)
        {
            warn($"Snapshot {record.Id} failed: {e}");
            Fail(entry, record, Failures.Sentence(e));
        }
        finally
        {
            try
            {
                // Still counted as copying: who waits for the end of it, a deletion or the closing, waits for this too.
                RemoveIfDeleting(record.VolumeId);
            }
            finally
            {
                lock (tables) entry.Copying = null;
            }
        }
    }

    async Task<(BlockHash?[] Blocks, long Stored)> ReadImageAsync(
        SnapshotEntry entry, PendingRecord record, string path, CancellationToken cancellation)
    {
        using var image = disk.OpenRead(path);
        if (image.Length != record.SizeBytes)
            throw new EngineException(EngineError.Conflict,
                $"What the snapshot is to be copied from has {image.Length} bytes instead of {record.SizeBytes}, so its instant is gone.");
        (BlockHash?[] Blocks, long Stored) copied;
        try
        {
            copied = await new ImageCopier(segments).CopyAsync(
                image, record.SizeBytes, progress => entry.Progress = progress, cancellation);
        }
        catch (IOException e) when (Failures.From(e).Error == EngineError.Io)
        {
            throw new EngineException(EngineError.Io, "The volume's image cannot be read from the disk, or its blocks not be written.", e);
        }
        if (record.IsCloned || (image.Stat().Signature == record.Signature && disk.Stat(path)?.Signature == record.Signature)) return copied;
        segments.Release(copied.Blocks.Where(b => b is not null).Select(b => b!.Value), mayFree);
        throw new EngineException(EngineError.Conflict,
            "Another program wrote to the volume's image while the snapshot was being copied, so its instant is gone. Take another one while nothing writes.");
    }

    /// <summary>The blocks of the volume's latest snapshot, held once more, where the image is still the same; null otherwise.</summary>
    BlockHash?[]? TryUnchanged(PendingRecord record)
    {
        if (record.Signature == default) return null;
        string? latest;
        lock (tables)
            latest = snapshots.Values
                .Where(s => s.VolumeId == record.VolumeId && s is { State: EngineSnapshotState.Completed, Reason: null })
                .MaxBy(s => s.StartedAt)?.Id;
        // Null, too, where the latest one is being deleted.
        if (latest is null || TryReadManifest(latest) is not { } manifest) return null;
        if (manifest.Signature != record.Signature || manifest.VolumeSize != record.SizeBytes) return null;
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

    void Fail(SnapshotEntry entry, PendingRecord record, string reason)
    {
        lock (tables)
        {
            entry.State = EngineSnapshotState.Error;
            entry.Reason = reason;
        }
        try
        {
            disk.WriteAtomically(PendingRecord.PathOf(record.Id), (record with { Error = reason }).ToBytes());
            disk.DeleteFile(PendingRecord.ClonePathOf(record.Id));
        }
        catch (IOException e)
        {
            warn($"The failure of snapshot {record.Id} could not be written down: {e.Message}");
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
        State = record.Error is null ? EngineSnapshotState.Pending : EngineSnapshotState.Error,
        Reason = record.Error,
    };
}
