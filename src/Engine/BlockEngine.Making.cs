using Octavo.Engine.Io;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    const int CopyBytes = 1 << 20;

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
                target.WriteData(buffer.AsSpan(0, read), at);
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
    async Task<VolumeEntry> IntendAsync(string id, string tag, long size)
    {
        if (Existing(id) is { } existing)
        {
            await StopMakingAsync(existing);
            Remove(existing);
        }
        var entry = new VolumeEntry(new VolumeRecord(id, tag, VolumeRecord.Creating, size, null, null, time.GetUtcNow()));
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
            var intended = await IntendAsync(id, tag, size);
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
                target.WriteData(buffer.AsSpan(0, read), at);
                at += read;
                progress?.Report((double)at / size);
            }
            at = source.NextData(at);
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
