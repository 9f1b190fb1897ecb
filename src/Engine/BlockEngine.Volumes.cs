using System.Security.Cryptography;
using System.Text.Json;
using Octavo.Engine.Io;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    /// <summary>An image that was put into the pool's folder is left alone so long after its last write: it may still be copied.</summary>
    static readonly TimeSpan AdoptionAge = TimeSpan.FromSeconds(5);

    const string VolumePrefix = "vol-";
    const int SectorBytes = 512;

    readonly HashSet<string> oddImages = [];

    /// <summary>
    /// The volumes by id, each looked at afresh, which costs a few system calls a volume. Raw images (<c>*.img</c>, <c>*.raw</c>) that somebody put
    /// into the pool's folder become volumes here, in place, whenever the list is asked for from its beginning.
    /// </summary>
    /// <param name="after">Only what comes after this id; null for the beginning.</param>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<EngineVolume> ListVolumes(string? after = null, int limit = int.MaxValue) =>
        Failures.Translate<IReadOnlyList<EngineVolume>>(() =>
        {
            if (after is null) Adopt();
            List<VolumeEntry> page;
            lock (tables)
                page =
                [
                    .. volumes.Values.Where(v => v.Record.State != VolumeRecord.Deleting && string.CompareOrdinal(v.Record.Id, after) > 0)
                        .Take(limit),
                ];
            var attached = AttachmentsByVolume();
            return [.. page.Select(v => With(attached[v.Record.Id], v.Look(disk, time)))];
        });

    /// <summary>One volume, looked at afresh; null where there is none.</summary>
    public EngineVolume? FindVolume(string id)
    {
        lock (tables)
            return volumes.TryGetValue(id, out var entry) && entry.Record.State != VolumeRecord.Deleting
                ? With(AttachmentsByVolume()[id], entry.Look(disk, time))
                : null;
    }

    /// <summary>Makes an empty volume: a sparse file of its full size, all zeros.</summary>
    /// <exception cref="EngineException">Invalid: size or id. Conflict: the id is taken by another one. NoSpace.</exception>
    public Task<EngineVolume> CreateVolumeAsync(string id, string tag, long sizeBytes, CancellationToken cancellation)
    {
        CheckId(id, VolumePrefix);
        CheckSize(sizeBytes);
        return ChangeAsync(() =>
        {
            if (Existing(id) is { } existing)
            {
                if (existing.Record is { State: VolumeRecord.Available, SnapshotId: null } r && r.Tag == tag && r.SizeBytes == sizeBytes)
                    return Task.FromResult(FindVolume(id)!);
                throw Taken(id);
            }
            var entry = new VolumeEntry(new VolumeRecord(id, tag, VolumeRecord.Available, sizeBytes, null, null, time.GetUtcNow()));
            try
            {
                disk.CreateFolder(VolumeRecord.FolderOf(id));
                using (var image = disk.OpenWrite(entry.Record.ImagePath))
                {
                    image.SetLength(0);
                    image.SetLength(sizeBytes);
                    image.Sync();
                }
                Write(entry.Record);
            }
            catch
            {
                TryRemoveFiles(entry.Record);
                throw;
            }
            lock (tables) volumes.Add(id, entry);
            return Task.FromResult(FindVolume(id)!);
        }, cancellation);
    }

    /// <summary>
    /// Deletes a volume; nothing where it is gone. Its snapshots stay. One that is being made is stopped first; one with a
    /// pending snapshot leaves the list now and the disk when that snapshot is done.
    /// </summary>
    /// <exception cref="EngineException">Conflict: it is attached, or another program has its image open for writing.</exception>
    public Task DeleteVolumeAsync(string id, CancellationToken cancellation) => ChangeAsync(async () =>
    {
        if (Existing(id) is not { } entry) return true;
        RequireDetached(id);
        if (entry.Record.State != VolumeRecord.Deleting)
        {
            lock (entry.Opening)
            {
                if (entry.Live is { Attached: > 0 })
                    throw new EngineException(EngineError.Conflict, "The volume is in use: somebody is attached to it. Detach it first.");
                if (FindVolume(id) is { State: EngineVolumeState.InUse })
                    throw new EngineException(EngineError.Conflict, "The volume is in use: another program has its image open for writing.");
                entry.IsGoing = true;
            }
            try
            {
                await StopMakingAsync(entry);
                if (Existing(id) is null) return true;
                var record = entry.Record with { State = VolumeRecord.Deleting };
                Write(record);
                // Only now: the end of a snapshot's copy removes what it sees to be deleted, and the folder has to stand until the record is written.
                lock (tables) entry.Record = record;
            }
            finally
            {
                entry.IsGoing = entry.Record.State == VolumeRecord.Deleting;
            }
        }
        if (!HasPending(id)) Remove(entry);
        return true;
    }, cancellation);

    /// <summary>
    /// The whole image, from the first byte to the last, as it was when the stream was opened: the read of the last byte throws
    /// <see cref="EngineException"/> where somebody wrote to the volume meanwhile.
    /// </summary>
    public Stream OpenVolume(string id) => Failures.Translate<Stream>(() =>
    {
        var entry = Existing(id) ?? throw NoVolume();
        lock (entry.Opening)
        {
            CheckUsable(FindVolume(id) ?? throw NoVolume());
            if (entry.Live is not { } live) return new ImageStream(disk.OpenRead(entry.Record.ImagePath));
            live.Users++;
            object watch = null!;
            lock (instants) Behind([live], () => watch = live.Watch());
            return new LiveStream(live, watch, () => Release(entry, live, isAttached: false));
        }
    });

    void LoadVolumes()
    {
        foreach (var id in disk.List(VolumeRecord.Root))
        {
            // A file among the folders: a check names it.
            if (disk.Stat(VolumeRecord.FolderOf(id)) is { IsRegular: true }) continue;
            foreach (var name in disk.List(VolumeRecord.FolderOf(id)).Where(n => n.EndsWith(DiskExtensions.Temporary, StringComparison.Ordinal)))
                disk.DeleteFile($"{VolumeRecord.FolderOf(id)}/{name}");
            var content = disk.ReadAll(VolumeRecord.PathOf(id), DiskExtensions.MaxRecordFile);
            if (content is null)
            {
                // Its making was never acknowledged, or its deletion got this far.
                foreach (var name in disk.List(VolumeRecord.FolderOf(id)).Where(name => name == "data" || IsOwnFile(name)))
                    disk.DeleteFile($"{VolumeRecord.FolderOf(id)}/{name}");
                if (disk.List(VolumeRecord.FolderOf(id)).Count == 0) disk.DeleteFolder(VolumeRecord.FolderOf(id));
                continue;
            }
            VolumeRecord? record = null;
            try
            {
                record = JsonSerializer.Deserialize(content, EngineJson.Default.VolumeRecord);
            }
            catch (JsonException)
            {
                // Told below.
            }
            var isSound = record is { State: VolumeRecord.Creating or VolumeRecord.Filling or VolumeRecord.Available or VolumeRecord.Deleting } && record.Id == id
                && (record.Image is null || (IsImageName(record.Image) && record.Image.AsSpan().IndexOfAny('/', '\0') < 0));
            volumes.Add(id, isSound
                ? new VolumeEntry(record!)
                : new VolumeEntry(new VolumeRecord(id, null, VolumeRecord.Available, 0, null, null, default))
                {
                    Failure = "The volume's volume.json is damaged.",
                });
        }
    }

    void Adopt()
    {
        foreach (var name in disk.List("").Where(IsImageName))
        {
            lock (tables)
                if (volumes.Values.Any(v => v.Record.Image == name)) continue;
            if (disk.Stat(name) is not { IsRegular: true } found) continue;
            var written = DateTimeOffset.FromUnixTimeMilliseconds(found.Signature.ModifiedNs / 1_000_000);
            if (time.GetUtcNow() - written < AdoptionAge) continue;
            if (found.Signature.Length == 0 || found.Signature.Length % SectorBytes != 0)
            {
                lock (oddImages)
                    if (oddImages.Add(name))
                        warn($"{name} in the pool's folder is not listed: its length, {found.Signature.Length} bytes, is not a whole number of {SectorBytes}-byte sectors.");
                continue;
            }
            changing.Wait();
            try
            {
                lock (tables)
                    if (volumes.Values.Any(v => v.Record.Image == name)) continue;
                var id = VolumePrefix + RandomNumberGenerator.GetHexString(17, lowercase: true);
                var record = new VolumeRecord(id, null, VolumeRecord.Available, found.Signature.Length, null, name, time.GetUtcNow());
                disk.CreateFolder(VolumeRecord.FolderOf(id));
                Write(record);
                lock (tables) volumes.Add(id, new VolumeEntry(record));
            }
            finally
            {
                changing.Release();
            }
        }
    }

    static bool IsImageName(string name) =>
        name.EndsWith(".img", StringComparison.Ordinal) || name.EndsWith(".raw", StringComparison.Ordinal);

    VolumeEntry? Existing(string id)
    {
        lock (tables) return volumes.GetValueOrDefault(id);
    }

    void Write(VolumeRecord record)
    {
        disk.WriteAtomically(
            VolumeRecord.PathOf(record.Id), JsonSerializer.SerializeToUtf8Bytes(record, EngineJson.Default.VolumeRecord));
        disk.SyncFolder(VolumeRecord.Root);
    }

    /// <summary>
    /// Removes a volume whose record says so already, or whose making failed; nothing where that is done. A deletion and the end of a
    /// snapshot's copy may both come here: the second one waits for the first, and finds nothing to do.
    /// </summary>
    void Remove(VolumeEntry entry)
    {
        lock (removing)
        {
            if (Existing(entry.Record.Id) != entry) return;
            if (entry.Live is { } live)
            {
                // Streams that are open keep it; the last one closes it.
                lock (tables) entry.Live = null;
                if (live.Users == 0) live.Close();
            }
            RemoveFiles(entry.Record);
            lock (tables) volumes.Remove(entry.Record.Id);
        }
    }

    // The bytes first: while the record is there, the next opening knows what to finish.
    void RemoveFiles(VolumeRecord record)
    {
        // An earlier attempt may have failed at the very end.
        if (disk.Stat(VolumeRecord.FolderOf(record.Id)) is null)
        {
            disk.SyncFolder(VolumeRecord.Root);
            return;
        }
        disk.DeleteFile(record.ImagePath);
        disk.SyncFolder(DiskExtensions.Folder(record.ImagePath));
        foreach (var name in disk.List(VolumeRecord.FolderOf(record.Id)).Where(IsOwnFile)) disk.DeleteFile($"{VolumeRecord.FolderOf(record.Id)}/{name}");
        disk.DeleteFile(VolumeRecord.PathOf(record.Id) + DiskExtensions.Temporary);
        disk.DeleteFile(VolumeRecord.PathOf(record.Id));
        disk.DeleteFolder(VolumeRecord.FolderOf(record.Id));
        disk.SyncFolder(VolumeRecord.Root);
    }

    void TryRemoveFiles(VolumeRecord record)
    {
        try
        {
            RemoveFiles(record);
        }
        catch (IOException e)
        {
            warn($"What is left of volume {record.Id} could not be removed: {e.Message}");
        }
    }

    /// <summary>Whether a file of a volume's folder is the engine's, beside the record and the image.</summary>
    static bool IsOwnFile(string name) =>
        name is ChangedRecord.Name or Filling.Name or ChangedRecord.Name + DiskExtensions.Temporary || KeptLayer.IsName(name);

    static void CheckSize(long sizeBytes)
    {
        if (sizeBytes <= 0 || sizeBytes % SectorBytes != 0)
            throw new EngineException(EngineError.Invalid, $"A volume has a whole number of {SectorBytes}-byte sectors, at least one; {sizeBytes} bytes is not that.");
    }

    static EngineException Taken(string id) => new(EngineError.Conflict, $"There is another volume {id} already.");

    static EngineException NoVolume() => new(EngineError.NotFound, "There is no such volume in this pool.");
}
