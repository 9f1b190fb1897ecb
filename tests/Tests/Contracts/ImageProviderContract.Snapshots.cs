using Octavo.Core;
using Octavo.Tests.Support;

namespace Octavo.Tests.Contracts;

public abstract partial class ImageProviderContract
{
    [Fact]
    public async Task A_completed_snapshot_tells_what_it_stores()
    {
        var volume = await CreateAsync();
        await Images.WriteAsync(volume.Id, 0, Bytes(2));
        var operation = OperationId.New();

        var snapshot = await SnapshotAsync(volume.Id, operation);

        snapshot.State.ShouldBe(SnapshotState.Completed, snapshot.StateReason);
        snapshot.Progress.ShouldBe(1);
        snapshot.Volume.ShouldBe(volume.Id);
        snapshot.VolumeSize.ShouldBe(Size);
        snapshot.CreatedBy.ShouldBe(operation);
        if (snapshot.StoredBytes is { } stored) stored.ShouldBeInRange(1, Size.Bytes + Size.Bytes / 10);
    }

    [Fact]
    public async Task A_restored_volume_has_the_bytes_of_the_instant_whatever_was_written_since()
    {
        var volume = await CreateAsync();
        await Images.WriteAsync(volume.Id, 0, Bytes(3));
        var snapshot = await SnapshotAsync(volume.Id);
        await Images.WriteAsync(volume.Id, 0, Bytes(4));

        var restored = await RestoreAsync(snapshot.Id);

        restored.Snapshot.ShouldBe(snapshot.Id);
        restored.Size.ShouldBe(Size);
        (await ExportAsync(restored.Id)).ShouldBeBytes(Bytes(3));
        (await ExportAsync(volume.Id)).ShouldBeBytes(Bytes(4));
    }

    [Fact]
    public async Task A_volume_written_to_while_its_snapshot_is_copied_gives_the_bytes_of_the_instant_or_an_error_and_nothing_else()
    {
        var volume = await CreateAsync();
        await Images.WriteAsync(volume.Id, 0, Bytes(3));
        var taken = await TakeAsync(volume.Id);
        await Images.WriteAsync(volume.Id, 0, Bytes(4));

        var ended = await UntilAsync(
            () => Provider.GetSnapshotAsync(Cell, taken.Id, Cancellation), s => s.State != SnapshotState.Pending);

        if (ended.State == SnapshotState.Completed)
            (await ExportAsync((await RestoreAsync(taken.Id)).Id)).ShouldBeBytes(Bytes(3));
        else
        {
            ended.StateReason.ShouldNotBeNullOrWhiteSpace();
            await ShouldFailAsync(ErrorCode.Conflict, RestoreAsync(taken.Id));
            await ShouldFailAsync(ErrorCode.Conflict, Provider.ExportSnapshotAsync(Cell, taken.Id, Cancellation));
        }
    }

    [Fact]
    public async Task Writing_to_a_restored_volume_changes_neither_its_snapshot_nor_its_siblings()
    {
        var volume = await CreateAsync();
        await Images.WriteAsync(volume.Id, 0, Bytes(5));
        var snapshot = await SnapshotAsync(volume.Id);
        var (first, second) = (await RestoreAsync(snapshot.Id), await RestoreAsync(snapshot.Id));

        await Images.WriteAsync(first.Id, 0, Bytes(6));

        (await ExportAsync(first.Id)).ShouldBeBytes(Bytes(6));
        (await ExportAsync(second.Id)).ShouldBeBytes(Bytes(5));
        (await ReadAsync(await Provider.ExportSnapshotAsync(Cell, snapshot.Id, Cancellation))).ShouldBeBytes(Bytes(5));
    }

    [Fact]
    public async Task A_restore_that_is_larger_than_its_snapshot_has_zeros_behind()
    {
        var volume = await CreateAsync();
        await Images.WriteAsync(volume.Id, 0, Bytes(7));
        var snapshot = await SnapshotAsync(volume.Id);

        var larger = await RestoreAsync(snapshot.Id, new ByteSize(2 * Size.Bytes));
        await ShouldFailAsync(ErrorCode.Invalid, RestoreAsync(snapshot.Id, new ByteSize(Size.Bytes / 2)));

        (await ExportAsync(larger.Id)).ShouldBeBytes([.. Bytes(7), .. new byte[Size.Bytes]]);
    }

    [Fact]
    public async Task A_snapshot_that_outlives_its_volume_keeps_its_bytes()
    {
        var volume = await CreateAsync();
        await Images.WriteAsync(volume.Id, 0, Bytes(8));
        var snapshot = await SnapshotAsync(volume.Id);

        await DeleteAsync(volume.Id);

        if (Provider.Capabilities.SnapshotsOutliveVolume)
            (await ExportAsync((await RestoreAsync(snapshot.Id)).Id)).ShouldBeBytes(Bytes(8));
        else
            (await SnapshotsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Deleting_a_snapshot_any_number_of_times_leaves_the_others_whole()
    {
        var volume = await CreateAsync();
        var snapshots = new List<ProviderSnapshot>();
        for (var i = 0; i < 3; i++)
        {
            await Images.WriteAsync(volume.Id, i * Size.Bytes / 4, Bytes(10 + i).AsMemory(0, (int)Size.Bytes / 4));
            snapshots.Add(await SnapshotAsync(volume.Id));
        }
        var last = await ExportAsync(volume.Id);

        for (var i = 0; i < Repeats; i++)
            foreach (var deleted in snapshots.Take(2))
                await Provider.DeleteSnapshotAsync(Cell, deleted.Id, OperationId.New(), Cancellation);

        (await SnapshotsAsync()).ShouldHaveSingleItem().Id.ShouldBe(snapshots[2].Id);
        await ShouldFailAsync(ErrorCode.NotFound, Provider.GetSnapshotAsync(Cell, snapshots[0].Id, Cancellation));
        (await ExportAsync((await RestoreAsync(snapshots[2].Id)).Id)).ShouldBeBytes(last);
    }
}
