using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    /// <summary>Blocks that are filled between two syncs in the background: 64 MiB.</summary>
    const int SettledTogether = 128;

    /// <summary>
    /// Makes a volume from a completed snapshot, and returns when that is durable. It is usable at once: what is not in its image yet is fetched when somebody
    /// reads it or writes to it through the engine, and all of it in the background, also after a restart; <see cref="EngineVolume.HydratedFraction"/> tells how
    /// far that is. Until then the snapshot cannot be deleted, and the image is not for other programs.
    /// </summary>
    /// <param name="sizeBytes">At least the snapshot's; null for exactly that.</param>
    /// <exception cref="EngineException">NotFound: the snapshot. Conflict: it is not completed, or the id is taken. Invalid: the size. NoSpace. Io.</exception>
    public Task<EngineVolume> RestoreVolumeAsync(
        string id, string tag, string snapshotId, long? sizeBytes, CancellationToken cancellation)
    {
        CheckId(id, VolumePrefix);
        return ChangeAsync(async () =>
        {
            if (Existing(id) is { } existing)
            {
                var record = existing.Record;
                if (record.Tag != tag || record.SnapshotId != snapshotId || (sizeBytes ?? record.SizeBytes) != record.SizeBytes
                    || record.State == VolumeRecord.Deleting) throw Taken(id);
                if (record.State is VolumeRecord.Available or VolumeRecord.Filling) return FindVolume(id)!;
            }
            var manifest = Completed(snapshotId);
            var size = sizeBytes ?? manifest.VolumeSize;
            CheckSize(size);
            if (size < manifest.VolumeSize)
                throw new EngineException(EngineError.Invalid, $"A volume from this snapshot has at least {manifest.VolumeSize} bytes.");
            if (Existing(id) is { } unfinished)
            {
                await StopMakingAsync(unfinished);
                Remove(unfinished);
            }
            Begin(new VolumeEntry(new VolumeRecord(id, tag, VolumeRecord.Filling, size, snapshotId, null, time.GetUtcNow())), manifest);
            return FindVolume(id)!;
        }, cancellation);
    }

    void Begin(VolumeEntry entry, Manifest manifest)
    {
        var record = entry.Record;
        var held = Hold(record.SnapshotId!, manifest);
        Filling? filling = null;
        try
        {
            disk.CreateFolder(VolumeRecord.FolderOf(record.Id));
            using (var image = disk.OpenWrite(record.ImagePath))
            {
                image.SetLength(0);
                image.SetLength(record.SizeBytes);
                image.Sync();
            }
            filling = Filling.Begin(disk, record.Id, manifest, segments);
            Write(record);
            lock (entry.Opening)
            {
                var live = GoLive(entry);
                live.Filling = filling;
                live.Know(record.SnapshotId!, new BlockSet(Manifest.BlockCount(record.SizeBytes)));
                lock (tables) volumes[record.Id] = entry;
                StartFilling(entry, live, filling, held);
            }
        }
        catch
        {
            filling?.Dispose();
            segments.Release(held, mayFree);
            TryRemoveFiles(record);
            throw;
        }
    }

    /// <summary>Goes on to fill a volume after a restart. Call it under the entry's lock.</summary>
    void ResumeFilling(VolumeEntry entry, LiveVolume live)
    {
        try
        {
            var snapshotId = entry.Record.SnapshotId ?? throw new EngineException(EngineError.Damaged, "The volume's volume.json is damaged.");
            var manifest = (FindSnapshot(snapshotId) is null ? null : TryReadManifest(snapshotId))
                ?? throw new EngineException(EngineError.Damaged, "The snapshot that the volume is made from is gone.");
            if (disk.Stat(Filling.PathOf(entry.Record.Id)) is null)
                throw new EngineException(EngineError.Damaged, "What is missing of the volume is not known: its file filling is gone.");
            var held = Hold(snapshotId, manifest);
            var filling = Filling.Resume(disk, entry.Record.Id, manifest, segments);
            live.Filling = filling;
            StartFilling(entry, live, filling, held);
        }
        catch (EngineException e)
        {
            warn($"Volume {entry.Record.Id} cannot be filled: {e.Message}");
            entry.Failure = e.Message;
        }
    }

    void StartFilling(VolumeEntry entry, LiveVolume live, Filling filling, List<BlockHash> held)
    {
        lock (tables)
        {
            entry.StopMaking = CancellationTokenSource.CreateLinkedTokenSource(closing.Token);
            entry.Making = Task.Run(() => FillAsync(entry, live, filling, held, entry.StopMaking.Token), CancellationToken.None);
        }
    }

    async Task FillAsync(VolumeEntry entry, LiveVolume live, Filling filling, List<BlockHash> held, CancellationToken cancellation)
    {
        try
        {
            using (var left = filling.Missing.GetEnumerator())
                await OwnThreads.RunAsync(Math.Clamp(Environment.ProcessorCount, 1, 4), () => Fill(live, filling, left, cancellation));
            await FinishFillingAsync(entry, live, filling, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Deleted, or closing: the record says filling.
        }
        catch (ObjectDisposedException)
        {
            // Deleted in the middle of it.
        }
        catch (Exception e)
        {
            warn($"Volume {entry.Record.Id} could not be filled from snapshot {entry.Record.SnapshotId}: {e}");
            lock (tables) entry.Failure = Failures.Sentence(e);
        }
        finally
        {
            segments.Release(held, mayFree);
            lock (tables) entry.Making = null;
        }
    }

    void Fill(LiveVolume live, Filling filling, IEnumerator<int> left, CancellationToken cancellation)
    {
        for (var count = 1; ; count++)
        {
            int block;
            lock (left)
            {
                if (!left.MoveNext()) return;
                block = left.Current;
            }
            cancellation.ThrowIfCancellationRequested();
            var before = live.Gate.Passed;
            var start = time.GetTimestamp();
            live.Fill(filling, block);
            if (count % SettledTogether == 0) filling.Settle(live.Image);
            if (live.Gate.Passed != before) OwnThreads.Rest(ImageCopier.Pause(time.GetElapsedTime(start)), time, cancellation);
        }
    }

    async Task FinishFillingAsync(VolumeEntry entry, LiveVolume live, Filling filling, CancellationToken cancellation)
    {
        filling.Settle(live.Image);
        // The record has other writers: a growth, a deletion.
        await changing.WaitAsync(cancellation);
        try
        {
            var record = entry.Record with { State = VolumeRecord.Available };
            Write(record);
            lock (tables) entry.Record = record;
            live.Filling = null;
            filling.Dispose();
            disk.DeleteFile(Filling.PathOf(record.Id));
        }
        finally
        {
            changing.Release();
        }
        lock (entry.Opening) Rest(entry, live);
    }
}
