using Octavo.Engine.Attachments;
using Octavo.Engine.Io;
using Octavo.Engine.Scrubbing;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    /// <summary>
    /// Verifies everything in the pool and names every inconsistency, with a kind of <c>docs/engine-format.md</c>. Repairs, if asked, what is safe:
    /// left-over files, dead space, and stored blocks whose bytes a volume still has. Never touches the only copy of anything. May run while the pool is in use.
    /// </summary>
    public Task<IReadOnlyList<EngineFinding>> CheckAsync(bool repair, IProgress<double>? progress, CancellationToken cancellation) =>
        Failures.TranslateAsync(() => Task.Run<IReadOnlyList<EngineFinding>>(async () =>
        {
            var findings = new List<EngineFinding>();
            await CheckSnapshotsAsync(findings, repair, progress, cancellation);
            CheckSegments(findings, repair);
            CheckVolumes(findings, repair);
            CheckFolder("", name => IsKnownAtTop(name), findings, repair);
            CheckFolder(Manifest.Root, IsKnownSnapshotFile, findings, repair);
            CheckFolder(AttachmentRecord.Root, IsKnownAttachmentFile, findings, repair);
            CheckFolder("segments", name => name.Length == 8 && name.All(char.IsAsciiDigit), findings, repair);
            return findings;
        }, cancellation));

    async Task CheckSnapshotsAsync(List<EngineFinding> findings, bool repair, IProgress<double>? progress, CancellationToken cancellation)
    {
        var look = new Look(segments.BeginLook(), repair, (_, _) => ValueTask.CompletedTask);
        var examined = new List<Examined>();
        var all = ListSnapshots();
        for (var i = 0; i < all.Count; i++)
        {
            progress?.Report((double)i / all.Count);
            var snapshot = all[i];
            var found = await ExamineAsync(snapshot.Id, 0, look, cancellation);
            if (found is { ManifestFault: { } fault })
                findings.Add(new EngineFinding(fault == ManifestIsGone ? "missing-manifest" : "damaged-manifest", snapshot.Id, fault, false));
            else if (found is { Bad.Count: > 0 }) examined.Add(found);
            else if (found is null && snapshot is { State: EngineSnapshotState.Error, VolumeSizeBytes: 0 } && FindSnapshot(snapshot.Id) is not null)
                findings.Add(new EngineFinding("damaged-pending", snapshot.Id, snapshot.Reason ?? "", false));
        }
        // Only now: what one snapshot had no copy of may have been repaired for another one.
        foreach (var found in examined)
        {
            if (Tell(found.Entry, found.Bad) is not { } left) continue;
            if (found.Bad.Count > left.Count)
                findings.Add(new EngineFinding(
                    "damaged-block", found.Entry.Id,
                    $"{found.Bad.Count - left.Count} of the snapshot's blocks were damaged, and are stored anew from a volume that still had their bytes.", true));
            if (left.Count > 0) findings.Add(new EngineFinding("damaged-block", found.Entry.Id, Sentence(found.Entry, left), false));
        }
        progress?.Report(1);
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
        name is "engine.json" or "lock" or ScrubRecord.Path or "volumes" or "snapshots" or "segments" or AttachmentRecord.Root || IsImageName(name);
}
