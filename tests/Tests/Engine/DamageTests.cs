using Octavo.Engine;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;
using Octavo.Tests.Fuzz;

namespace Octavo.Tests.Engine;

/// <summary>What somebody or something did to the pool's files: each is told, and none stops the rest.</summary>
public sealed class DamageTests
{
    static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task A_file_among_the_volumes_folders_is_named_and_stops_nothing()
    {
        await using var pool = await Pool.NewAsync();
        var volume = await pool.VolumeAsync(Pool.Noise(4096, 1));
        await File.WriteAllTextAsync(Path.Combine(pool.Folder, "volumes", "notes"), "x", Never);

        await pool.ReopenAsync();

        pool.Engine.ListVolumes().ShouldHaveSingleItem().Id.ShouldBe(volume);
        (await pool.Engine.CheckAsync(repair: true, null, Never)).ShouldHaveSingleItem().Kind.ShouldBe("stray-file");
    }

    [Fact]
    public async Task A_folder_without_a_record_goes_and_what_is_strange_in_it_stays()
    {
        await using var pool = await Pool.NewAsync();
        var folder = Directory.CreateDirectory(Path.Combine(pool.Folder, "volumes", "vol-9")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "data"), "x", Never);
        await File.WriteAllTextAsync(Path.Combine(folder, "notes"), "x", Never);

        await pool.ReopenAsync();

        Directory.EnumerateFiles(folder).Select(Path.GetFileName).ShouldBe(["notes"]);
    }

    [Fact]
    public async Task A_segment_under_another_name_is_no_segment()
    {
        await using var pool = await Pool.NewAsync();
        var content = Pool.Noise(4096, 1);
        var snapshot = await pool.SnapshotAsync(await pool.VolumeAsync(content));
        var segments = Path.Combine(pool.Folder, "segments");
        File.Copy(Path.Combine(segments, "00000001"), Path.Combine(segments, "1"));

        await pool.ReopenAsync();

        pool.BytesOfSnapshot(snapshot.Id).ShouldBe(content);
        (await pool.Engine.CheckAsync(repair: false, null, Never)).ShouldHaveSingleItem().Subject.ShouldBe("segments/1");
    }

    [Theory]
    [InlineData("engine.json")]
    [InlineData("..")]
    [InlineData("snapshots/x.img")]
    [InlineData("a\\u0000.img")]
    public async Task A_volume_whose_record_names_an_image_that_none_can_have_is_in_error_and_its_deletion_harms_nothing(string image)
    {
        await using var pool = await Pool.NewAsync();
        var volume = await pool.VolumeAsync(Pool.Noise(4096, 1));
        var record = Path.Combine(pool.Folder, "volumes", volume, "volume.json");
        await File.WriteAllTextAsync(
            record, (await File.ReadAllTextAsync(record, Never)).Replace("\"state\"", $"\"image\": \"{image}\", \"state\"", StringComparison.Ordinal), Never);

        await pool.ReopenAsync();

        pool.Engine.FindVolume(volume)!.State.ShouldBe(EngineVolumeState.Error);
        await pool.Engine.DeleteVolumeAsync(volume, Never);
        await pool.ReopenAsync();
        pool.Engine.ListVolumes().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pending_record_of_an_absurd_size_fails_and_holds_up_no_other_copy()
    {
        await using var pool = await Pool.NewAsync();
        var content = Pool.Noise(4096, 1);
        var volume = await pool.VolumeAsync(content);
        var signature = Libc.Stat(pool.ImageOf(volume))!.Value.Signature;
        string[] absurd = ["snap-a", "snap-b", "snap-c"];
        foreach (var id in absurd)
            await File.WriteAllBytesAsync(Path.Combine(pool.Folder, "snapshots", id + ".pending"), new PendingRecord(
                id, "t", volume, long.MaxValue, DateTimeOffset.UnixEpoch, signature.Inode, signature.Length, signature.ModifiedNs,
                signature.ChangedNs, false, null).ToBytes(), Never);

        await pool.ReopenAsync();
        await pool.Engine.WhenIdleAsync();

        foreach (var id in absurd) pool.Engine.FindSnapshot(id)!.State.ShouldBe(EngineSnapshotState.Error);
        pool.BytesOfSnapshot((await pool.SnapshotAsync(volume)).Id).ShouldBe(content);
    }

    [Fact]
    public async Task A_manifest_that_names_a_shorter_block_than_belongs_there_is_damage_not_other_bytes()
    {
        await using var pool = await Pool.NewAsync();
        var snapshot = await pool.SnapshotAsync(await pool.VolumeAsync(Pool.Noise(2 * Pool.Block + 512, 1)));
        var path = Path.Combine(pool.Folder, "snapshots", snapshot.Id);
        var manifest = Manifest.Parse(await File.ReadAllBytesAsync(path, Never));
        manifest.Blocks[1] = manifest.Blocks[2];
        var forged = manifest.ToBytes();
        RecordFuzz.Sign(forged);
        await File.WriteAllBytesAsync(path, forged, Never);

        await pool.ReopenAsync();

        Should.Throw<EngineException>(() => pool.BytesOfSnapshot(snapshot.Id)).Message.ShouldContain($"byte {Pool.Block}");
        (await pool.Engine.CheckAsync(repair: false, null, Never)).ShouldHaveSingleItem().Kind.ShouldBe("damaged-block");
    }

    [Fact]
    public async Task A_snapshot_of_a_healthy_volume_stores_a_damaged_block_anew_and_heals_the_older_snapshots()
    {
        await using var pool = await Pool.NewAsync();
        var content = Pool.Noise(4 * Pool.Block, 1);
        var volume = await pool.VolumeAsync(content);
        var old = await pool.SnapshotAsync(volume);
        await using (var segment = new FileStream(Path.Combine(pool.Folder, "segments", "00000001"), FileMode.Open))
        {
            segment.Position = Pool.Block + Pool.Block / 2;
            segment.Write(Pool.Noise(512, 2));
        }
        var before = pool.StoredBytes();
        Should.Throw<EngineException>(() => pool.BytesOfSnapshot(old.Id)).Error.ShouldBe(EngineError.Damaged);

        var healthy = await pool.SnapshotAsync(volume);

        healthy.StoredBytes.ShouldBeInRange(Pool.Block, Pool.Block + 8192);
        pool.BytesOfSnapshot(healthy.Id).ShouldBe(content);
        pool.BytesOfSnapshot(old.Id).ShouldBe(content);
        await pool.ShouldBeCleanAsync();
        pool.StoredBytes().ShouldBeLessThanOrEqualTo(before + 8192);
        await pool.ReopenAsync();
        pool.BytesOfSnapshot(old.Id).ShouldBe(content);
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public void A_record_of_which_only_the_SHA_256_is_wrong_does_not_count_where_the_block_was_stored_anew()
    {
        var disk = new SimulatedDisk();
        var plain = Pool.Noise(4096, 1);
        var hash = BlockHash.Of(plain);
        using (var store = new SegmentStore(disk))
        using (var codec = new BlockCodec())
        {
            // A process died before it could free the broken one.
            var record = new byte[BlockCodec.MaxRecordBytes];
            var forged = codec.Encode(hash, Pool.Noise(4096, 2), record);
            store.Append(forged, record);
            codec.Encode(hash, plain, record).Write(record);
            using var file = disk.OpenWrite("segments/00000001");
            file.Write(record.AsSpan(0, RecordHeader.Length + plain.Length), 8192);
        }

        using var opened = new SegmentStore(disk);
        opened.Open(new Dictionary<BlockHash, int> { [hash] = 1 }, mayFree: true);

        var read = new byte[4096];
        opened.Read(hash, new byte[BlockCodec.MaxRecordBytes], read);
        read.ShouldBe(plain);
        opened.Health.Bad.ShouldBe(0);
    }

    [Fact]
    public void A_torn_record_before_a_good_one_of_the_same_block_does_not_count()
    {
        var disk = new SimulatedDisk();
        var plain = Pool.Noise(4096, 1);
        var hash = BlockHash.Of(plain);
        using (var store = new SegmentStore(disk))
        using (var codec = new BlockCodec())
        {
            // Unfinished when a process died, while a manifest could not be read: nothing was freed, and the block was stored again.
            var record = new byte[BlockCodec.MaxRecordBytes];
            store.Append(codec.Encode(hash, plain, record), record);
            using var file = disk.OpenWrite("segments/00000001");
            file.Write(record.AsSpan(0, RecordHeader.Length + plain.Length), 8192);
            file.Write(new byte[100], 2000);
        }

        using var opened = new SegmentStore(disk);
        opened.Open(new Dictionary<BlockHash, int> { [hash] = 1 }, mayFree: true);

        var read = new byte[4096];
        opened.Read(hash, new byte[BlockCodec.MaxRecordBytes], read);
        read.ShouldBe(plain);
        opened.Unneeded(free: false).ShouldBeEmpty();
    }
}
