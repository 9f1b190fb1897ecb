using Octavo.Core;

namespace Octavo.Tests.Contracts;

public abstract partial class VolumeProviderContract
{
    [Fact]
    public async Task A_snapshot_repeated_with_one_operation_is_one_snapshot()
    {
        var volume = await CreateAsync();
        var operation = OperationId.New();

        var taken = await TenTimesAsync(() => SnapshotAsync(volume.Id, operation));

        taken.Select(s => s.Id).Distinct().ShouldHaveSingleItem();
        (await SnapshotsAsync()).ShouldHaveSingleItem().ShouldBe(taken[0]);
    }

    [Fact]
    public async Task A_snapshot_with_the_same_operation_of_another_volume_is_a_conflict()
    {
        var (volume, other) = (await CreateAsync(), await CreateAsync());
        var operation = OperationId.New();
        await SnapshotAsync(volume.Id, operation);

        await ShouldFailAsync(ErrorCode.Conflict, Provider.CreateSnapshotAsync(Cell, other.Id, operation, mayBeTaken: true, Cancellation));

        (await SnapshotsAsync()).ShouldHaveSingleItem().Volume.ShouldBe(volume.Id);
    }

    [Fact]
    public async Task A_restore_repeated_with_one_operation_is_one_volume_and_from_another_snapshot_a_conflict()
    {
        var volume = await CreateAsync();
        var (snapshot, other) = (await SnapshotAsync(volume.Id), await SnapshotAsync(volume.Id));
        var operation = OperationId.New();

        var made = await TenTimesAsync(() => RestoreAsync(snapshot.Id, operation: operation));

        made.Select(v => v.Id).Distinct().ShouldHaveSingleItem();
        await ShouldFailAsync(ErrorCode.Conflict, RestoreAsync(other.Id, operation: operation));
        (await VolumesAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_completed_snapshot_names_its_volume_size_and_operation()
    {
        var volume = await CreateAsync();
        var operation = OperationId.New();

        var snapshot = await SnapshotAsync(volume.Id, operation);

        snapshot.State.ShouldBe(SnapshotState.Completed, snapshot.StateReason);
        snapshot.Progress.ShouldBe(1);
        snapshot.Volume.ShouldBe(volume.Id);
        snapshot.VolumeSize.ShouldBe(Size);
        snapshot.CreatedBy.ShouldBe(operation);
    }

    [Fact]
    public async Task Those_of_several_that_are_there_are_found()
    {
        var (volume, other) = (await CreateAsync(), await CreateAsync());
        var snapshot = await SnapshotAsync(volume.Id);

        (await Provider.FindVolumesAsync(Cell, [NoVolume, volume.Id, other.Id, volume.Id], Cancellation)).Select(v => v.Id).Distinct()
            .ShouldBe([volume.Id, other.Id], ignoreOrder: true);
        (await Provider.FindSnapshotsAsync(Cell, [NoSnapshot, snapshot.Id], Cancellation)).ShouldHaveSingleItem().ShouldBe(snapshot);
    }

    [Fact]
    public async Task A_restore_may_be_larger_than_its_snapshot_and_never_smaller()
    {
        var volume = await CreateAsync(size: new ByteSize(2 * Size.Bytes));
        var snapshot = await SnapshotAsync(volume.Id);

        var restored = await RestoreAsync(snapshot.Id);
        restored.Snapshot.ShouldBe(snapshot.Id);
        restored.Size.ShouldBe(volume.Size);
        var wanted = new ByteSize(4 * Size.Bytes);
        (await RestoreAsync(snapshot.Id, wanted)).Size.ShouldBe(wanted);
        await ShouldFailAsync(ErrorCode.Invalid, RestoreAsync(snapshot.Id, Size));
    }

    [Fact]
    public async Task A_snapshot_stays_or_goes_with_its_volume_as_the_capability_says()
    {
        var volume = await CreateAsync();
        var snapshot = await SnapshotAsync(volume.Id);

        await DeleteAsync(volume.Id);

        if (Provider.Capabilities.SnapshotsOutliveVolume)
            (await RestoreAsync(snapshot.Id)).Snapshot.ShouldBe(snapshot.Id);
        else
            (await SnapshotsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Deleting_a_snapshot_any_number_of_times_leaves_the_others()
    {
        var volume = await CreateAsync();
        var (deleted, kept) = (await SnapshotAsync(volume.Id), await SnapshotAsync(volume.Id));

        for (var i = 0; i < Repeats; i++)
            await Provider.DeleteSnapshotAsync(Cell, deleted.Id, OperationId.New(), Cancellation);

        (await SnapshotsAsync()).ShouldHaveSingleItem().ShouldBe(kept);
        await ShouldFailAsync(ErrorCode.NotFound, Provider.GetSnapshotAsync(Cell, deleted.Id, Cancellation));
    }
}
