using Octavo.Engine.Io;
using Octavo.Engine.Snapshots;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    /// <summary>
    /// A volume as a block device. Dispose it to let go of the volume; all that are open at once see one state. Until the last one is disposed, and the volume's
    /// pending snapshots are done, no other program may write to the image: the engine would not notice.
    /// </summary>
    /// <exception cref="EngineException">NotFound. Conflict: it is not usable, or another program has its image open for writing. NoSpace. Io.</exception>
    public IBlockDevice OpenVolumeDevice(string id, bool isReadOnly) => Failures.Translate<IBlockDevice>(() =>
    {
        var entry = Existing(id) ?? throw NoVolume();
        lock (entry.Opening)
        {
            if (closing.IsCancellationRequested) throw new EngineException(EngineError.Locked, "The pool is closed.");
            var volume = FindVolume(id) ?? throw NoVolume();
            if (entry.IsGoing) throw NoVolume();
            CheckUsable(volume);
            if (entry.Live is null && IsOpenElsewhere(entry))
                throw new EngineException(EngineError.Conflict, "Another program has the volume's image open for writing. Stop it first.");
            var live = entry.Live ?? GoLive(entry);
            lock (tables)
            {
                live.Users++;
                live.Attached++;
                live.Rest = null;
                entry.InUseSince ??= time.GetUtcNow();
            }
            return new LiveDevice(live, isReadOnly, () => Release(entry, live, isAttached: true));
        }
    });

    /// <summary>A completed snapshot as a block device that can only be read. It stays good while the snapshot is deleted.</summary>
    /// <exception cref="EngineException">NotFound, or Conflict: it is not completed.</exception>
    public IBlockDevice OpenSnapshotDevice(string id) => Failures.Translate<IBlockDevice>(() =>
    {
        var manifest = Completed(id);
        var held = Hold(id, manifest);
        return new SnapshotDevice(manifest, segments, () => segments.Release(held, mayFree));
    });

    /// <summary>
    /// Makes a volume larger, also one that is attached; what is added reads as zeros. Durable when it returns. Nothing where it has that size. Its snapshots
    /// keep their sizes.
    /// </summary>
    /// <exception cref="EngineException">NotFound. Invalid: the size, or it is less than the present one. Conflict: its state. NoSpace.</exception>
    public Task<EngineVolume> GrowVolumeAsync(string id, long newSizeBytes, CancellationToken cancellation)
    {
        CheckSize(newSizeBytes);
        return ChangeAsync(() =>
        {
            var entry = Existing(id) ?? throw NoVolume();
            lock (entry.Opening)
            {
                var volume = FindVolume(id) ?? throw NoVolume();
                CheckUsable(volume);
                if (newSizeBytes == volume.SizeBytes) return Task.FromResult(volume);
                if (newSizeBytes < volume.SizeBytes)
                    throw new EngineException(EngineError.Invalid, $"A volume can only grow; this one has {volume.SizeBytes} bytes already.");
                if (entry.Live is null && IsOpenElsewhere(entry))
                    throw new EngineException(EngineError.Conflict, "Another program has the volume's image open for writing. Stop it first.");
                // Live too where nobody is attached: a pending snapshot of the old size is told of it that way.
                var live = entry.Live ?? GoLive(entry);
                try
                {
                    Grow(entry, live, newSizeBytes);
                }
                finally
                {
                    Rest(entry, live);
                }
                return Task.FromResult(FindVolume(id)!);
            }
        }, cancellation);
    }

    /// <summary>Whether another program has the image of a volume that is not live open for writing. Being attached is not that.</summary>
    bool IsOpenElsewhere(VolumeEntry entry)
    {
        lock (tables) return entry.Look(disk, time).State == EngineVolumeState.InUse;
    }

    void Grow(VolumeEntry entry, LiveVolume live, long newSizeBytes)
    {
        Intend(entry.Record with { GrowTo = newSizeBytes });
        try
        {
            live.Image.SetLength(newSizeBytes);
            live.Image.Sync();
        }
        catch (IOException)
        {
            live.Image.SetLength(live.SizeBytes);
            Intend(entry.Record with { GrowTo = null });
            throw;
        }
        lock (instants) Behind([live], () => live.Grow(newSizeBytes));
        Intend(entry.Record with { SizeBytes = newSizeBytes, GrowTo = null });

        void Intend(VolumeRecord record)
        {
            Write(record);
            lock (tables) entry.Record = record;
        }
    }

    /// <summary>Ends what a dead process had begun: the new size was written down, the image may have it or not.</summary>
    void FinishGrowing(VolumeEntry entry)
    {
        if (disk.Stat(entry.Record.ImagePath) is not { IsRegular: true } found || found.Signature.Length > entry.Record.GrowTo) return;
        using (var image = disk.OpenWrite(entry.Record.ImagePath))
        {
            image.SetLength(entry.Record.GrowTo!.Value);
            image.Sync();
        }
        entry.Record = entry.Record with { SizeBytes = entry.Record.GrowTo!.Value, GrowTo = null };
        Write(entry.Record);
    }

    /// <summary>Makes a volume live, so that this process may write it. Call it under the entry's lock.</summary>
    /// <param name="layers">What an earlier process kept for pending snapshots.</param>
    LiveVolume GoLive(VolumeEntry entry, IReadOnlyList<KeptLayer>? layers = null)
    {
        var id = entry.Record.Id;
        LiveVolume? live = null;
        entry.Openings++;
        entry.IsOpenHere = true;
        try
        {
            var image = disk.OpenWrite(entry.Record.ImagePath);
            live = new LiveVolume(id, image, entry.Record.SizeBytes, warn);
            foreach (var layer in layers ?? []) live.Append(layer);
            lock (instants) live.NextLayer = KeptLayer.Numbers(disk, id).DefaultIfEmpty(0).Max() + 1;
            if (disk.Stat(ChangedRecord.PathOf(id)) is not null)
            {
                if (ChangedRecord.TryRead(disk, id, image.Stat().Signature) is { } known) live.Know(known.BaseId, known.Blocks);
                // Before the first write: after that it is not true any more.
                disk.DeleteFile(ChangedRecord.PathOf(id));
                disk.SyncFolder(VolumeRecord.FolderOf(id));
            }
            if (live.BaseId is null && Latest(id) is { } latest && TryReadManifest(latest) is { } manifest
                && manifest.VolumeSize == live.SizeBytes && manifest.Signature == image.Stat().Signature)
                live.Know(latest, new BlockSet(manifest.Blocks.Length));
            foreach (var snapshot in PendingOf(id)) KeepFor(snapshot, live);
        }
        catch
        {
            live?.Close();
            entry.IsOpenHere = false;
            throw;
        }
        lock (tables) entry.Live = live;
        return live;
    }

    /// <summary>A snapshot that began while other programs had the volume is owed everything from here on.</summary>
    void KeepFor(SnapshotEntry snapshot, LiveVolume live)
    {
        lock (snapshot.Files)
        {
            // What was written to already fails when its copy ends.
            if (snapshot.IsCloned || snapshot.Layer is not null || snapshot.State != EngineSnapshotState.Pending || live.Image.Stat().Signature != snapshot.Signature) return;
            int number;
            lock (instants) number = live.NextLayer++;
            var layer = new KeptLayer(disk, snapshot.VolumeId, number, snapshot.VolumeSize);
            layer.Open();
            live.Append(layer);
            snapshot.Layer = layer;
            try
            {
                if (snapshot.IsWritten) disk.WriteAtomically(PendingRecord.PathOf(snapshot.Id), snapshot.ToRecord(disk.BootId).ToBytes());
            }
            catch
            {
                snapshot.Layer = null;
                throw;
            }
            // As with every snapshot of a live volume, the next one can begin with this one's blocks.
            live.Know(snapshot.Id, new BlockSet(Manifest.BlockCount(live.SizeBytes)));
        }
    }

    /// <summary>One user less.</summary>
    void Release(VolumeEntry entry, LiveVolume live, bool isAttached)
    {
        lock (entry.Opening)
        {
            lock (tables)
            {
                live.Users--;
                if (isAttached && --live.Attached == 0) entry.InUseSince = null;
            }
            if (entry.Live != live)
            {
                // Deleted, or the pool is closed.
                if (live.Users == 0) live.Close();
                return;
            }
            try
            {
                Rest(entry, live);
            }
            catch (IOException e)
            {
                warn($"Volume {entry.Record.Id} was let go of, but its disk failed: {e.Message}");
            }
        }
    }

    /// <summary>Closes a live volume that nobody needs any more. Call it under the entry's lock.</summary>
    void Rest(VolumeEntry entry, LiveVolume live)
    {
        if (entry.Live != live || live.Users > 0) return;
        lock (instants)
        {
            if (live.Filling is not null) return;
            if (PendingOf(entry.Record.Id).Count > 0)
            {
                var signature = live.Image.Stat().Signature;
                lock (tables) live.Rest ??= signature;
                return;
            }
            lock (tables) entry.Live = null;
        }
        try
        {
            Remember(entry, live);
        }
        finally
        {
            live.Close();
            entry.IsOpenHere = false;
        }
    }

    /// <summary>Writes down what has changed since the last snapshot, for whoever opens the volume next.</summary>
    void Remember(VolumeEntry entry, LiveVolume live)
    {
        live.Flush();
        if (live.BaseId is not { } baseId) return;
        // While it is filled, the image's signature says nothing: it will be another one.
        if (live.Filling is not null) return;
        var record = new ChangedRecord(baseId, live.Image.Stat().Signature, live.SizeBytes, live.Changed);
        disk.WriteAtomically(ChangedRecord.PathOf(entry.Record.Id), record.ToBytes());
    }

    /// <summary>Drops the layers that no pending snapshot needs any more, and closes the volume if nobody else does.</summary>
    void Retire(string volumeId)
    {
        if (Existing(volumeId) is not { } entry) return;
        lock (entry.Opening)
        {
            if (entry.Live is not { } live) return;
            List<KeptLayer> done;
            lock (instants)
            {
                var needed = PendingOf(volumeId).Min(s => s.Layer?.Number);
                done = live.TakeBefore(needed ?? int.MaxValue);
            }
            try
            {
                live.Discard(done);
                Rest(entry, live);
            }
            catch (IOException e)
            {
                warn($"Volume {volumeId}: what was kept for a snapshot will be removed at the next opening: {e.Message}");
            }
        }
    }

    /// <summary>Closes the live volumes with the pool. What is pending can go on then, also after the machine was started anew.</summary>
    async Task CloseLiveAsync()
    {
        List<(VolumeEntry, LiveVolume)> open;
        lock (tables) open = [.. volumes.Values.Where(v => v.Live is not null).Select(v => (v, v.Live!))];
        foreach (var (entry, live) in open)
        {
            // For good: whoever waits for it finds the pool closed.
            lock (instants)
            {
                live.Gate.Close();
                live.Gate.Drain();
            }
            try
            {
                lock (entry.Opening) Remember(entry, live);
                await CloseLayersAsync(entry, live);
            }
            catch (IOException e)
            {
                warn($"Volume {entry.Record.Id} was not closed cleanly: {e.Message}");
            }
            finally
            {
                lock (entry.Opening)
                    lock (tables) entry.Live = null;
                live.Close();
            }
        }
    }

    async Task CloseLayersAsync(VolumeEntry entry, LiveVolume live)
    {
        var pending = PendingOf(entry.Record.Id).Where(s => s.Layer is not null).ToList();
        if (pending.Count == 0) return;
        foreach (var layer in live.Layers) layer.Sync();
        disk.SyncFolder(VolumeRecord.FolderOf(entry.Record.Id));
        var (signature, _) = await FixAsync(entry.Record.ImagePath, CancellationToken.None);
        foreach (var snapshot in pending)
            lock (snapshot.Files)
                disk.WriteAtomically(PendingRecord.PathOf(snapshot.Id), (snapshot.ToRecord(disk.BootId) with
                {
                    Inode = signature.Inode,
                    Length = signature.Length,
                    ModifiedNs = signature.ModifiedNs,
                    ChangedNs = signature.ChangedNs,
                }).ToBytes());
    }

    /// <summary>The snapshots of a volume that are pending, in the order of their instants.</summary>
    List<SnapshotEntry> PendingOf(string volumeId)
    {
        lock (tables)
            return
            [
                .. snapshots.Values.Where(s => s.VolumeId == volumeId && s.State == EngineSnapshotState.Pending)
                    .OrderBy(s => s.Layer?.Number ?? 0).ThenBy(s => s.StartedAt),
            ];
    }

    /// <summary>The latest completed snapshot of a volume; null where there is none.</summary>
    string? Latest(string volumeId)
    {
        lock (tables)
            return snapshots.Values
                .Where(s => s.VolumeId == volumeId && s is { State: EngineSnapshotState.Completed, Reason: null })
                .MaxBy(s => s.StartedAt)?.Id;
    }

    static void CheckUsable(EngineVolume volume)
    {
        if (volume.State is not (EngineVolumeState.Available or EngineVolumeState.InUse))
            throw new EngineException(EngineError.Conflict, volume.Reason ?? "The volume is still being made.");
    }
}
