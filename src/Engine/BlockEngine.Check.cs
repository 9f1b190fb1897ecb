using Octavo.Engine.Attachments;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    /// <summary>
    /// Verifies everything in the pool and names every inconsistency, with a kind of <c>docs/engine-format.md</c>. Repairs, if asked, what is safe:
    /// left-over files and dead space. Never touches the only copy of anything. May run while the pool is in use.
    /// </summary>
    public Task<IReadOnlyList<EngineFinding>> CheckAsync(bool repair, IProgress<double>? progress, CancellationToken cancellation) =>
        Failures.TranslateAsync(() => Task.Run<IReadOnlyList<EngineFinding>>(() =>
        {
            var findings = new List<EngineFinding>();
            CheckSnapshots(findings, progress, cancellation);
            CheckSegments(findings, repair);
            CheckVolumes(findings, repair);
            CheckFolder("", name => IsKnownAtTop(name), findings, repair);
            CheckFolder(Manifest.Root, IsKnownSnapshotFile, findings, repair);
            CheckFolder(AttachmentRecord.Root, IsKnownAttachmentFile, findings, repair);
            CheckFolder("segments", name => name.Length == 8 && name.All(char.IsAsciiDigit), findings, repair);
            return findings;
        }, cancellation));

    void CheckSnapshots(List<EngineFinding> findings, IProgress<double>? progress, CancellationToken cancellation)
    {
        var verified = new Dictionary<(BlockHash, int), string?>();
        var record = new byte[BlockCodec.MaxRecordBytes];
        var plain = new byte[PoolFormat.BlockBytes];
        var all = ListSnapshots();
        for (var i = 0; i < all.Count; i++)
        {
            var snapshot = all[i];
            progress?.Report((double)i / all.Count);
            Manifest? manifest;
            try
            {
                manifest = TryReadManifest(snapshot.Id);
            }
            catch (EngineException e)
            {
                findings.Add(new EngineFinding("damaged-manifest", snapshot.Id, e.Message, false));
                continue;
            }
            if (manifest is null)
            {
                if (snapshot.State == EngineSnapshotState.Completed && !IsGoing(snapshot.Id))
                    findings.Add(new EngineFinding("missing-manifest", snapshot.Id, ManifestIsGone, false));
                else if (snapshot.VolumeSizeBytes == 0)
                    findings.Add(new EngineFinding("damaged-pending", snapshot.Id, snapshot.Reason ?? "", false));
                continue;
            }
            var bad = 0;
            string? why = null;
            var first = 0L;
            for (var block = 0; block < manifest.Blocks.Length; block++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (manifest.Blocks[block] is not { } hash) continue;
                var length = Manifest.BlockLength(manifest.VolumeSize, block);
                if (!verified.TryGetValue((hash, length), out var fault))
                    verified.Add((hash, length), fault = Fault(hash, record, plain.AsSpan(0, length)));
                if (fault is null) continue;
                if (bad++ > 0) continue;
                why = fault;
                first = (long)block * PoolFormat.BlockBytes;
            }
            // Deleted while it was being checked: its blocks may be gone, rightly.
            if (bad > 0 && FindSnapshot(snapshot.Id) is not null)
                findings.Add(new EngineFinding("damaged-block", snapshot.Id,
                    $"{bad} of the snapshot's blocks cannot be read, the first at byte {first}: {why}.", false));
        }
        progress?.Report(1);
    }

    string? Fault(BlockHash hash, byte[] record, Span<byte> plain)
    {
        try
        {
            segments.Read(hash, record, plain, verifyHash: true);
            return null;
        }
        catch (EngineException e)
        {
            return e.Message;
        }
    }

    void CheckSegments(List<EngineFinding> findings, bool repair)
    {
        var isFreeing = repair && mayFree;
        foreach (var part in segments.Unneeded(isFreeing))
            findings.Add(new EngineFinding("dead-space", SegmentStore.Path(part.Segment),
                $"{part.Length} bytes at byte {part.Offset} belong to no snapshot.", isFreeing));
    }

    void CheckVolumes(List<EngineFinding> findings, bool repair)
    {
        List<VolumeEntry> entries;
        lock (tables) entries = [.. volumes.Values];
        foreach (var entry in entries)
        {
            var volume = FindVolume(entry.Record.Id);
            if (volume is { State: EngineVolumeState.Error })
                findings.Add(new EngineFinding("damaged-volume", volume.Id, volume.Reason ?? "", false));
            else if (volume is { State: EngineVolumeState.Creating } && entry.Making is null)
                findings.Add(new EngineFinding("unfinished-volume", volume.Id, "The volume's making was interrupted; repeat it, or delete the volume.", false));
            CheckFolder(
                VolumeRecord.FolderOf(entry.Record.Id), name => name == "volume.json" || (name == "data" && entry.Record.Image is null) || (IsOwnFile(name) && !name.EndsWith(DiskExtensions.Temporary, StringComparison.Ordinal)),
                findings, repair);
        }
        foreach (var id in disk.List(VolumeRecord.Root).Where(id => Existing(id) is null && disk.Stat(VolumeRecord.PathOf(id)) is null))
            if (disk.Stat(VolumeRecord.FolderOf(id)) is { IsRegular: true })
                findings.Add(new EngineFinding("stray-file", VolumeRecord.FolderOf(id), "A file that the engine does not know.", false));
            else if (Existing(id) is null && disk.List(VolumeRecord.Root).Contains(id) && changing.CurrentCount > 0)
                findings.Add(new EngineFinding("half-made-volume", id, "A folder without a volume.json; the next opening removes it.", false));
    }

    void CheckFolder(string folder, Func<string, bool> isKnown, List<EngineFinding> findings, bool repair)
    {
        foreach (var name in disk.List(folder).Where(name => !isKnown(name)))
        {
            var path = folder.Length == 0 ? name : $"{folder}/{name}";
            var isTemporary = name.EndsWith(DiskExtensions.Temporary, StringComparison.Ordinal);
            // A temporary file may be one that is being written: only while nothing changes it is surely left over.
            if (isTemporary && !changing.Wait(0)) continue;
            try
            {
                if (disk.Stat(path) is null) continue;
                if (isTemporary && (IsCopying() || IsAnyOpenHere())) continue;
                if (isTemporary && repair) disk.DeleteFile(path);
                findings.Add(new EngineFinding(
                    isTemporary ? "left-over-file" : "stray-file", path,
                    isTemporary ? "A file that was being written when a process died." : "A file that the engine does not know.", isTemporary && repair));
            }
            finally
            {
                if (isTemporary) changing.Release();
            }
        }
    }

    /// <summary>Whether a volume is live, or is just ending to be: what changed is written down then.</summary>
    bool IsAnyOpenHere()
    {
        lock (tables) return volumes.Values.Any(v => v.IsOpenHere);
    }

    bool IsCopying()
    {
        lock (tables) return snapshots.Values.Any(s => s.Copying is not null) || volumes.Values.Any(v => v.Making is not null);
    }

    bool IsKnownSnapshotFile(string name)
    {
        lock (tables) return snapshots.ContainsKey(name.Split('.')[0]) && !name.EndsWith(DiskExtensions.Temporary, StringComparison.Ordinal);
    }

    bool IsKnownAttachmentFile(string name)
    {
        lock (tables) return attachments.Values.Any(a => AttachmentRecord.PathOf(a.Record.Id) == $"{AttachmentRecord.Root}/{name}");
    }

    static bool IsKnownAtTop(string name) =>
        name is "engine.json" or "lock" or "volumes" or "snapshots" or "segments" or AttachmentRecord.Root || IsImageName(name);
}
