using Octavo.Engine;

namespace Octavo.Tests.Engine;

public sealed class SnapshotTests
{
    static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task A_snapshot_keeps_the_bytes_of_its_instant_whatever_is_written_afterwards()
    {
        await using var pool = await Pool.NewAsync();
        var before = Pool.Noise(3 * Pool.Block + 4096, 1);
        var volume = await pool.VolumeAsync(before);

        var snapshot = await pool.SnapshotAsync(volume);
        pool.Write(volume, Pool.Block, Pool.Noise(Pool.Block, 2));

        snapshot.State.ShouldBe(EngineSnapshotState.Completed);
        pool.BytesOfSnapshot(snapshot.Id).ShouldBe(before);
        pool.BytesOfVolume(volume).ShouldNotBe(before);
    }

    [Fact]
    public async Task A_second_snapshot_stores_only_the_blocks_that_changed()
    {
        await using var pool = await Pool.NewAsync();
        var volume = await pool.VolumeAsync(Pool.Noise(8 * Pool.Block, 1));
        var first = await pool.SnapshotAsync(volume);
        pool.Write(volume, 3 * Pool.Block + 100, Pool.Noise(1000, 2));

        var second = await pool.SnapshotAsync(volume);

        first.StoredBytes.ShouldBeInRange(8 * Pool.Block, 8 * (Pool.Block + 8192));
        second.StoredBytes.ShouldBeInRange(Pool.Block, Pool.Block + 8192);
    }

    [Fact]
    public async Task An_unchanged_volume_stores_nothing_and_reads_nothing()
    {
        await using var pool = await Pool.NewAsync();
        var content = Pool.Noise(2 * Pool.Block, 1);
        var volume = await pool.VolumeAsync(content);
        await pool.SnapshotAsync(volume);

        var second = await pool.SnapshotAsync(volume);

        second.StoredBytes.ShouldBe(0);
        pool.BytesOfSnapshot(second.Id).ShouldBe(content);
    }

    [Fact]
    public async Task Zeros_and_holes_store_nothing_and_equal_blocks_are_stored_once()
    {
        await using var pool = await Pool.NewAsync();
        var one = Pool.Noise(Pool.Block, 1);
        byte[] content = [.. one, .. new byte[2 * Pool.Block], .. one];
        var volume = await pool.VolumeAsync(content);

        var snapshot = await pool.SnapshotAsync(volume);

        snapshot.StoredBytes.ShouldBeInRange(Pool.Block, Pool.Block + 8192);
        pool.BytesOfSnapshot(snapshot.Id).ShouldBe(content);
    }

    [Fact]
    public async Task Deleting_a_snapshot_frees_exactly_what_only_it_used()
    {
        await using var pool = await Pool.NewAsync();
        var volume = await pool.VolumeAsync(Pool.Noise(6 * Pool.Block, 1));
        var first = await pool.SnapshotAsync(volume);
        var withFirst = pool.StoredBytes();
        pool.Write(volume, 0, Pool.Noise(2 * Pool.Block, 2));
        var second = await pool.SnapshotAsync(volume);
        var expected = pool.BytesOfSnapshot(first.Id);

        await pool.Engine.DeleteSnapshotAsync(second.Id, Never);

        pool.StoredBytes().ShouldBe(withFirst);
        pool.BytesOfSnapshot(first.Id).ShouldBe(expected);
        await pool.ShouldBeCleanAsync();
        await pool.Engine.DeleteSnapshotAsync(first.Id, Never);
        pool.StoredBytes().ShouldBe(0);
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_snapshot_outlives_its_volume()
    {
        await using var pool = await Pool.NewAsync();
        var content = Pool.Noise(2 * Pool.Block, 1);
        var volume = await pool.VolumeAsync(content);
        var snapshot = await pool.SnapshotAsync(volume);

        await pool.Engine.DeleteVolumeAsync(volume, Never);
        await pool.ReopenAsync();

        pool.Engine.ListVolumes().ShouldBeEmpty();
        pool.BytesOfSnapshot(snapshot.Id).ShouldBe(content);
    }

    [Fact]
    public async Task A_volume_restored_from_a_snapshot_has_its_bytes_and_may_be_larger()
    {
        await using var pool = await Pool.NewAsync();
        var content = Pool.Noise(3 * Pool.Block + 512, 1);
        var snapshot = await pool.SnapshotAsync(await pool.VolumeAsync(content));
        var (same, larger) = (pool.NewVolumeId(), pool.NewVolumeId());

        (await pool.Engine.RestoreVolumeAsync(same, "a", snapshot.Id, null, Never)).Id.ShouldBe(same);
        await pool.Engine.RestoreVolumeAsync(larger, "b", snapshot.Id, 8 * Pool.Block, Never);
        await pool.Engine.WhenIdleAsync();

        pool.Engine.FindVolume(same)!.State.ShouldBe(EngineVolumeState.Available);
        pool.BytesOfVolume(same).ShouldBe(content);
        pool.BytesOfVolume(larger)[..content.Length].ShouldBe(content);
        pool.BytesOfVolume(larger)[content.Length..].ShouldAllBe(b => b == 0);
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_snapshot_whose_image_is_written_to_while_it_is_copied_is_an_error_and_keeps_nothing()
    {
        await using var pool = await Pool.NewAsync();
        var volume = await pool.VolumeAsync(Pool.Noise(40 * Pool.Block, 1));
        var id = pool.NewSnapshotId();

        await pool.Engine.BeginSnapshotAsync(id, "t", volume, Never);
        pool.Write(volume, 0, [1, 2, 3]);
        await pool.Engine.WhenIdleAsync();

        var snapshot = pool.Engine.FindSnapshot(id)!;
        snapshot.State.ShouldBe(EngineSnapshotState.Error);
        snapshot.Reason!.ShouldContain("wrote to the volume's image");
        pool.StoredBytes().ShouldBe(0);
        await pool.ReopenAsync();
        pool.Engine.FindSnapshot(id)!.State.ShouldBe(EngineSnapshotState.Error);
        await pool.Engine.DeleteSnapshotAsync(id, Never);
        pool.Engine.FindSnapshot(id).ShouldBeNull();
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_pending_snapshot_goes_on_after_the_engine_was_closed_in_the_middle_of_it()
    {
        await using var pool = await Pool.NewAsync();
        var content = Pool.Noise(60 * Pool.Block, 1);
        var volume = await pool.VolumeAsync(content);
        var id = pool.NewSnapshotId();
        await pool.Engine.BeginSnapshotAsync(id, "t", volume, Never);

        await pool.ReopenAsync();
        await pool.Engine.WhenIdleAsync();

        pool.Engine.FindSnapshot(id)!.State.ShouldBe(EngineSnapshotState.Completed);
        pool.BytesOfSnapshot(id).ShouldBe(content);
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_volume_that_is_deleted_while_its_snapshot_is_pending_goes_when_the_snapshot_is_done()
    {
        await using var pool = await Pool.NewAsync();
        var content = Pool.Noise(60 * Pool.Block, 1);
        var volume = await pool.VolumeAsync(content);
        var id = pool.NewSnapshotId();
        await pool.Engine.BeginSnapshotAsync(id, "t", volume, Never);

        await pool.Engine.DeleteVolumeAsync(volume, Never);

        pool.Engine.ListVolumes().ShouldBeEmpty();
        await pool.ReopenAsync();
        await pool.Engine.WhenIdleAsync();
        pool.BytesOfSnapshot(id).ShouldBe(content);
        Directory.Exists(Path.Combine(pool.Folder, "volumes", volume)).ShouldBeFalse();
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task Every_making_and_deleting_may_be_repeated_with_its_id()
    {
        await using var pool = await Pool.NewAsync();
        var volume = pool.NewVolumeId();
        for (var i = 0; i < 10; i++) await pool.Engine.CreateVolumeAsync(volume, "t", Pool.Block, Never);
        await Should.ThrowAsync<EngineException>(() => pool.Engine.CreateVolumeAsync(volume, "t", 2 * Pool.Block, Never));
        var id = pool.NewSnapshotId();
        for (var i = 0; i < 10; i++) await pool.Engine.BeginSnapshotAsync(id, "t", volume, Never);
        await pool.Engine.WhenIdleAsync();
        var restored = pool.NewVolumeId();
        for (var i = 0; i < 10; i++) await pool.Engine.RestoreVolumeAsync(restored, "r", id, null, Never);
        await pool.Engine.WhenIdleAsync();

        pool.Engine.ListVolumes().Count.ShouldBe(2);
        pool.Engine.ListSnapshots().Count.ShouldBe(1);
        for (var i = 0; i < 10; i++) await pool.Engine.DeleteSnapshotAsync(id, Never);
        for (var i = 0; i < 10; i++) await pool.Engine.DeleteVolumeAsync(volume, Never);
        pool.Engine.ListSnapshots().ShouldBeEmpty();
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_stream_on_a_snapshot_stays_good_while_the_snapshot_is_deleted()
    {
        await using var pool = await Pool.NewAsync();
        var content = Pool.Noise(4 * Pool.Block, 1);
        var snapshot = await pool.SnapshotAsync(await pool.VolumeAsync(content));
        var bytes = new byte[content.Length];

        using (var stream = pool.Engine.OpenSnapshot(snapshot.Id))
        {
            await pool.Engine.DeleteSnapshotAsync(snapshot.Id, Never);
            await stream.ReadExactlyAsync(bytes, Never);
        }

        bytes.ShouldBe(content);
        pool.StoredBytes().ShouldBe(0);
    }
}
