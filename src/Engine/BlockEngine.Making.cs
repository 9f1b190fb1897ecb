using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    /// <summary>Zeros are left out in pieces of this size.</summary>
    const int HoleBytes = 64 * 1024;

    const int CopyBytes = 1 << 20;

    /// <summary>
    /// Begins to make a volume from a completed snapshot and returns when that is written down; the bytes follow in the background, with
    /// true progress. Repeated after a crash, it begins again.
    /// </summary>
    /// <param name="sizeBytes">At least the snapshot's; null for exactly that.</param>
    /// <exception cref="EngineException">NotFound: the snapshot. Conflict: it is not completed, or the id is taken. Invalid: the size.</exception>
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
                if (record.State == VolumeRecord.Available || existing.Making is not null) return FindVolume(id)!;
            }
            var manifest = Completed(snapshotId);
            var size = sizeBytes ?? manifest.VolumeSize;
            CheckSize(size);
            if (size < manifest.VolumeSize)
                throw new EngineException(EngineError.Invalid, $"A volume from this snapshot has at least {manifest.VolumeSize} bytes.");
            var entry = await IntendAsync(id, tag, size, snapshotId);
            var held = Hold(snapshotId, manifest);
            lock (tables)
            {
                entry.Failure = null;
                entry.StopMaking = CancellationTokenSource.CreateLinkedTokenSource(closing.Token);
                entry.Making = Task.Run(() => FillAsync(entry, manifest, held, entry.StopMaking.Token), CancellationToken.None);
            }
            return FindVolume(id)!;
        }, cancellation);
    }

    /// <summary>
    /// Makes a volume from a raw disk image and returns when all of it is durable. Holes stay holes, zeros become holes; where the file
    /// system can, the volume shares the image's blocks.
    /// </summary>
    /// <exception cref="EngineException">
    /// Invalid: no regular file, an odd length, or it changed while it was copied. NotFound. NoSpace. Nothing is left of the volume then.
    /// </exception>
    public async Task<EngineVolume> ImportVolumeAsync(
        string id, string tag, string path, IProgress<double>? progress, CancellationToken cancellation)
    {
        CheckId(id, VolumePrefix);
        var (source, status) = OpenForeign(path);
        using (source)
        {
            var size = status.Signature.Length;
            CheckSize(size);
            return await MakeAsync(id, tag, size, async (target, token) =>
            {
                await Task.Yield();
                if (!target.TryClone(source))
                {
                    if (status.AllocatedBytes > Capacity.FreeBytes)
                        throw new EngineException(EngineError.NoSpace, $"The image needs {status.AllocatedBytes} bytes, but the pool's disk has {Capacity.FreeBytes} free.");
                    Copy(source, target, size, progress, token);
                }
                if (source.Stat().Signature != status.Signature)
                    throw new EngineException(EngineError.Invalid, "The image changed while it was being imported. Stop what writes to it, and import it again.");
            }, cancellation);
        }
    }

    /// <summary>The same from a stream of exactly so many bytes; a short one is Invalid.</summary>
    public Task<EngineVolume> ImportVolumeAsync(
        string id, string tag, Stream content, long length, IProgress<double>? progress, CancellationToken cancellation)
    {
        CheckId(id, VolumePrefix);
        CheckSize(length);
        return MakeAsync(id, tag, length, async (target, token) =>
        {
            var buffer = new byte[CopyBytes];
            for (var at = 0L; at < length;)
            {
                var wanted = (int)Math.Min(buffer.Length, length - at);
                var read = await content.ReadAtLeastAsync(buffer.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, token);
                if (read < wanted)
                    throw new EngineException(EngineError.Invalid, $"The image ended after {at + read} of {length} bytes.");
                WriteData(target, buffer.AsSpan(0, read), at);
                at += read;
                progress?.Report((double)at / length);
            }
        }, cancellation);
    }

    static (IDiskFile File, FileStatus Status) OpenForeign(string path)
    {
        try
        {
            return LinuxDisk.OpenForeign(path)
                ?? throw new EngineException(EngineError.Invalid, "The path names no regular file; a link, a folder or a device cannot be imported.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(EngineError.Invalid, "The image cannot be opened for reading.", e);
        }
    }

    /// <summary>Writes down that a volume is being made, or begins one again that was not finished.</summary>
    async Task<VolumeEntry> IntendAsync(string id, string tag, long size, string? snapshotId)
    {
        if (Existing(id) is { } existing)
        {
            await StopMakingAsync(existing);
            Remove(existing);
        }
        var entry = new VolumeEntry(new VolumeRecord(id, tag, VolumeRecord.Creating, size, snapshotId, null, time.GetUtcNow()));
        try
        {
            disk.CreateFolder(VolumeRecord.FolderOf(id));
            Write(entry.Record);
        }
        catch
        {
            TryRemoveFiles(entry.Record);
            throw;
        }
        lock (tables) volumes[id] = entry;
        return entry;
    }

    /// <summary>Intent, bytes, outcome; what fails leaves nothing.</summary>
    async Task<EngineVolume> MakeAsync(
        string id, string tag, long size, Func<IDiskFile, CancellationToken, Task> fill, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(closing.Token, cancellation);
        var (entry, isMade) = await ChangeAsync(async () =>
        {
            if (Existing(id) is { } existing)
            {
                if (existing.Record.Tag != tag || existing.Record.SizeBytes != size || existing.Record.State == VolumeRecord.Deleting)
                    throw Taken(id);
                if (existing.Record.State == VolumeRecord.Available) return (existing, true);
                if (existing.Making is not null)
                    throw new EngineException(EngineError.Conflict, "The volume is being made already.");
            }
            var intended = await IntendAsync(id, tag, size, null);
            lock (tables)
            {
                intended.StopMaking = stop;
                intended.Making = done.Task;
            }
            return (intended, false);
        }, cancellation);
        if (isMade) return FindVolume(id)!;
        try
        {
            await Failures.TranslateAsync(async () =>
            {
                using (var target = disk.OpenWrite(entry.Record.ImagePath))
                {
                    target.SetLength(0);
                    target.SetLength(size);
                    await fill(target, stop.Token);
                    // A clone has its source's length; nothing else changes it.
                    target.Sync();
                }
                var record = entry.Record with { State = VolumeRecord.Available };
                Write(record);
                lock (tables) entry.Record = record;
                return true;
            });
        }
        catch (Exception e)
        {
            // Closing keeps the record, so that the volume is known to be unfinished; everything else takes it back.
            if (!(e is OperationCanceledException && closing.IsCancellationRequested))
            {
                TryRemoveFiles(entry.Record);
                lock (tables) volumes.Remove(id);
            }
            throw;
        }
        finally
        {
            lock (tables)
            {
                entry.Making = null;
                entry.StopMaking = null;
            }
            done.SetResult();
        }
        return FindVolume(id)!;
    }

    async Task FillAsync(VolumeEntry entry, Manifest manifest, List<BlockHash> held, CancellationToken cancellation)
    {
        try
        {
            using (var image = disk.OpenWrite(entry.Record.ImagePath))
            {
                image.SetLength(0);
                image.SetLength(entry.Record.SizeBytes);
                await FillAsync(image, manifest, progress => entry.Progress = progress, cancellation);
                image.Sync();
            }
            var record = entry.Record with { State = VolumeRecord.Available };
            Write(record);
            lock (tables) entry.Record = record;
        }
        catch (OperationCanceledException)
        {
            // Deleted, or closing: the record says creating.
        }
        catch (Exception e)
        {
            warn($"Volume {entry.Record.Id} could not be made from snapshot {entry.Record.SnapshotId}: {e}");
            lock (tables) entry.Failure = Failures.Sentence(e);
            GiveBackSpace(entry.Record);
        }
        finally
        {
            segments.Release(held, mayFree);
            lock (tables) entry.Making = null;
        }
    }

    async Task FillAsync(IDiskFile image, Manifest manifest, Action<double> progress, CancellationToken cancellation)
    {
        var blocks = Enumerable.Range(0, manifest.Blocks.Length).Where(block => manifest.Blocks[block] is not null).ToArray();
        var next = -1;
        var done = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount, 1, 4)).Select(_ => Task.Run(() =>
        {
            var record = new byte[BlockCodec.MaxRecordBytes];
            var plain = new byte[PoolFormat.BlockBytes];
            for (int i; (i = Interlocked.Increment(ref next)) < blocks.Length;)
            {
                cancellation.ThrowIfCancellationRequested();
                var offset = (long)blocks[i] * PoolFormat.BlockBytes;
                var block = plain.AsSpan(0, Manifest.BlockLength(manifest.VolumeSize, blocks[i]));
                try
                {
                    segments.Read(manifest.Blocks[blocks[i]]!.Value, record, block);
                }
                catch (EngineException e)
                {
                    Interlocked.Exchange(ref next, int.MaxValue / 2);
                    throw new EngineException(e.Error, $"The snapshot cannot be read at byte {offset}: {e.Message}.", e);
                }
                WriteData(image, block, offset);
                progress((double)Interlocked.Increment(ref done) / blocks.Length);
            }
        }, cancellation)));
    }

    static void Copy(IDiskFile source, IDiskFile target, long size, IProgress<double>? progress, CancellationToken cancellation)
    {
        var buffer = new byte[CopyBytes];
        for (var at = source.NextData(0); at < size;)
        {
            var end = Math.Min(size, source.NextHole(at));
            while (at < end)
            {
                cancellation.ThrowIfCancellationRequested();
                var wanted = (int)Math.Min(buffer.Length, end - at);
                var read = source.ReadFully(buffer.AsSpan(0, wanted), at);
                if (read < wanted)
                    throw new EngineException(EngineError.Invalid, $"The image ended after {at + read} of {size} bytes: it shrank while it was being imported.");
                WriteData(target, buffer.AsSpan(0, read), at);
                at += read;
                progress?.Report((double)at / size);
            }
            at = source.NextData(at);
        }
    }

    static void WriteData(IDiskFile target, ReadOnlySpan<byte> data, long offset)
    {
        // Neighbouring pieces with data go out in one call.
        var start = -1;
        for (var at = 0; at < data.Length; at += HoleBytes)
        {
            var piece = data.Slice(at, Math.Min(HoleBytes, data.Length - at));
            if (piece.ContainsAnyExcept((byte)0))
            {
                if (start < 0) start = at;
            }
            else if (start >= 0)
            {
                target.Write(data[start..at], offset + start);
                start = -1;
            }
        }
        if (start >= 0) target.Write(data[start..], offset + start);
    }

    void GiveBackSpace(VolumeRecord record)
    {
        try
        {
            using var image = disk.OpenWrite(record.ImagePath);
            image.SetLength(0);
        }
        catch (IOException e)
        {
            warn($"The space of volume {record.Id} could not be given back: {e.Message}");
        }
    }

    async Task StopMakingAsync(VolumeEntry entry)
    {
        Task? making;
        lock (tables)
        {
            making = entry.Making;
            entry.StopMaking?.Cancel();
        }
        if (making is not null) await making;
    }
}
