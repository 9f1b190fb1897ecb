using System.Text.RegularExpressions;
using Octavo.Engine;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Tests.Engine;
using Octavo.Tests.Support;

namespace Octavo.Tests.Fuzz;

/// <summary>
/// Whole pools whose files were damaged, taken away or renamed: opening, listing, reading, checking and deleting end in an answer or an
/// <see cref="EngineException"/>, in the background too; and what a snapshot still gives is what it held.
/// </summary>
[Collection<Alone>]
public sealed partial class PoolFuzz
{
    const string Whole = "snap-1", Changed = "snap-2";

    /// <summary>All that the answer to one pool may allocate: no length that stands in a damaged file is believed.</summary>
    const long MaxAllocated = 1L << 30;

    /// <summary>A file system in memory where there is one: a sync costs nothing there.</summary>
    static readonly string RealDisk = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
    static readonly CancellationToken Never = CancellationToken.None;
    static readonly byte[] Before = [.. Pool.Noise(20_000, 1), .. new byte[600_000], .. new byte[512 * 9].Select((_, i) => (byte)(i / 30))];
    static readonly byte[] Original = Before[..(Before.Length / 512 * 512)];

    static readonly string[] OddNames =
    [
        "segments/00000002", "segments/1", "segments/99999999", "segments/x", "snapshots/snap-3", "snapshots/snap-1.pending",
        "snapshots/snap-1.clone", "snapshots/snap-2.new", "snapshots/x.pending", "volumes/vol-1/volume.json.new", "volumes/vol-9/volume.json",
        "volumes/stray", "volumes/vol-1/stray", "found.img", "engine.json.new", "scrub.json",
    ];

    [Fact]
    public async Task A_damaged_pool_is_answered_for()
    {
        var valid = await MakeAsync();
        await Fuzzing.RunAsync(20, mutator => OnceAsync(mutator, valid.AfterPowerCut(0)));
    }

    static async Task OnceAsync(Mutator mutator, SimulatedDisk disk)
    {
        var before = GC.GetTotalAllocatedBytes();
        var isForged = false;
        for (var i = 1 + mutator.Below(3); i > 0; i--) isForged |= Damage(mutator, disk);
        var folder = mutator.OneIn(10) ? Directory.CreateDirectory(Path.Combine(RealDisk, $"octavo-fuzz-{mutator.Seed}")).FullName : null;
        try
        {
            if (folder is not null) disk.CopyTo(folder);
            IDisk target = folder is null ? disk : new LinuxDisk(folder);
            // Twice: the first opening may have made it worse.
            await UseAsync(target, isForged, isLast: false);
            await UseAsync(target, isForged, isLast: true);
        }
        finally
        {
            if (folder is not null) Directory.Delete(folder, recursive: true);
        }
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(MaxAllocated);
    }

    /// <summary>Returns whether it may pass for the truth.</summary>
    static bool Damage(Mutator mutator, SimulatedDisk disk)
    {
        var path = mutator.Pick([.. disk.Files, "engine.json"]);
        if (disk.ReadAll(path) is not { } valid) return false;
        switch (mutator.Below(8))
        {
            case 0:
                disk.DeleteFile(path);
                return false;
            case 1:
                Write(disk, mutator.Pick(OddNames), valid);
                return false;
            case 2:
                var odd = mutator.Pick(OddNames);
                disk.CreateFolder(DiskExtensions.Folder(odd));
                disk.Rename(path, odd);
                return false;
        }
        var bytes = mutator.Mutate(valid);
        var isForged = mutator.OneIn(2);
        if (isForged && path.StartsWith("snapshots/", StringComparison.Ordinal)) RecordFuzz.Sign(bytes);
        if (isForged && path.StartsWith("segments/", StringComparison.Ordinal) && bytes.Length > RecordHeader.Length)
            RecordFuzz.SignRecord(bytes);
        Write(disk, path, bytes);
        return isForged;
    }

    static void Write(SimulatedDisk disk, string path, byte[] bytes)
    {
        disk.CreateFolder(DiskExtensions.Folder(path));
        using var file = disk.OpenWrite(path);
        file.SetLength(0);
        file.Write(bytes, 0);
    }

    static async Task UseAsync(IDisk disk, bool isForged, bool isLast)
    {
        var warnings = new List<string>();
        try
        {
            await using var engine = await BlockEngine.OpenAsync(
                disk, new EngineOptions(TimeProvider.System, w => { lock (warnings) warnings.Add(w); }), Never);
            await engine.WhenIdleAsync();
            foreach (var volume in engine.ListVolumes().Where(v => v.State == EngineVolumeState.Available))
            {
                await AllowedAsync(() => ReadAsync(engine.OpenVolume(volume.Id)));
                await AllowedAsync(() => engine.BeginSnapshotAsync(isLast ? "snap-a" : "snap-b", "t", volume.Id, Never));
            }
            foreach (var snapshot in engine.ListSnapshots())
            {
                await AllowedAsync(async () =>
                {
                    var bytes = await ReadAsync(engine.OpenSnapshot(snapshot.Id));
                    if (snapshot.Id == Whole && !isForged) bytes.AsSpan().SequenceEqual(Original).ShouldBeTrue();
                });
                await AllowedAsync(() => engine.RestoreVolumeAsync("vol-a", "t", snapshot.Id, null, Never));
            }
            await engine.WhenIdleAsync();
            await AllowedAsync(() => engine.CheckAsync(repair: false, null, Never));
            await AllowedAsync(() => engine.CheckAsync(repair: true, null, Never));
            if (!isLast) return;
            foreach (var volume in engine.ListVolumes()) await AllowedAsync(() => engine.DeleteVolumeAsync(volume.Id, Never));
            foreach (var snapshot in engine.ListSnapshots()) await AllowedAsync(() => engine.DeleteSnapshotAsync(snapshot.Id, Never));
            await engine.WhenIdleAsync();
        }
        catch (EngineException)
        {
            // It does not open: an answer.
        }
        warnings.ShouldNotContain(warning => Unexpected().IsMatch(warning));
    }

    static async Task AllowedAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (EngineException)
        {
            // An answer.
        }
    }

    static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await using (stream) await stream.CopyToAsync(bytes, Never);
        return bytes.ToArray();
    }

    /// <summary>Everything that a pool can hold: whole and half-made volumes, snapshots that are completed, pending and failed.</summary>
    static async Task<SimulatedDisk> MakeAsync()
    {
        var disk = new SimulatedDisk();
        await using (var engine = await BlockEngine.OpenAsync(disk, new EngineOptions(TimeProvider.System), Never))
        {
            await engine.ImportVolumeAsync("vol-1", "t1", new MemoryStream(Original), Original.Length, null, Never);
            await engine.CreateVolumeAsync("vol-2", "t2", 4096, Never);
            await engine.BeginSnapshotAsync(Whole, "t3", "vol-1", Never);
            await engine.WhenIdleAsync();
            using (var image = disk.OpenWrite("volumes/vol-1/data")) image.Write(Pool.Noise(3000, 3), 1000);
            await engine.BeginSnapshotAsync(Changed, "t4", "vol-1", Never);
            await engine.WhenIdleAsync();
        }
        var signature = disk.Stat("volumes/vol-1/data")!.Value.Signature;
        Write(disk, "snapshots/snap-4.pending", new Octavo.Engine.Snapshots.PendingRecord(
            "snap-4", "t5", "vol-1", Original.Length, DateTimeOffset.UnixEpoch, signature.Inode, signature.Length, signature.ModifiedNs,
            signature.ChangedNs, false, null).ToBytes());
        Write(disk, "volumes/vol-3/volume.json", [.. disk.ReadAll("volumes/vol-1/volume.json")!]);
        Write(disk, "found.img", new byte[1024]);
        return disk.WithAllSynced();
    }

    [GeneratedRegex(@": System\.(?!IO\.IOException|IO\.FileNotFoundException|IO\.DirectoryNotFoundException)")]
    private static partial Regex Unexpected();
}
