using Octavo.Core;

namespace Octavo.Tests.Contracts;

public abstract partial class VolumeProviderContract
{
    readonly List<IAsyncDisposable> uses = [];

    [Fact]
    public async Task A_set_repeated_with_one_operation_is_one_set_of_one_instant_or_unsupported()
    {
        var volumes = await UsedAsync(3);
        var operation = OperationId.New();
        List<IReadOnlyList<ProviderSnapshot>> taken = [];

        var isSupported = await IsSupportedAsync(async () => taken = await TenTimesAsync(() => TogetherAsync(volumes, operation)));

        isSupported.ShouldBe(Provider.Capabilities.OneInstant != OneInstant.Volume);
        if (!isSupported) return;
        taken[0].Select(s => s.Volume).ShouldBe(volumes, ignoreOrder: true);
        taken[0].Select(s => s.StartedAt).Distinct().ShouldHaveSingleItem();
        taken[0].ShouldAllBe(s => s.CreatedBy == operation);
        foreach (var set in taken) set.Select(s => s.Id).ShouldBe(taken[0].Select(s => s.Id), ignoreOrder: true);
        (await SnapshotsAsync()).Select(s => s.Id).ShouldBe(taken[0].Select(s => s.Id), ignoreOrder: true);
    }

    [Fact]
    public async Task A_volume_that_is_not_there_has_no_snapshot_and_one_that_is_deleted_is_not_taken_anew()
    {
        if (Provider.Capabilities.OneInstant == OneInstant.Volume) return;
        var volumes = await UsedAsync(3);
        var operation = OperationId.New();
        var taken = await TogetherAsync([.. volumes, NoVolume], operation);
        taken.Select(s => s.Volume).ShouldBe(volumes, ignoreOrder: true);
        foreach (var snapshot in taken) await WholeAsync(snapshot);

        await Provider.DeleteSnapshotAsync(Cell, taken[0].Id, OperationId.New(), Cancellation);
        var again = await TogetherAsync([.. volumes, NoVolume], operation);

        again.Select(s => s.Id).ShouldBeSubsetOf(taken.Select(s => s.Id));
        (await SnapshotsAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_set_of_volumes_none_of_which_is_there_is_refused_and_nothing_is_taken()
    {
        if (Provider.Capabilities.OneInstant == OneInstant.Volume) return;
        await CreateAsync();

        await ShouldFailAsync(ErrorCode.NotFound, TogetherAsync([NoVolume], OperationId.New()));

        (await SnapshotsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Volumes_that_nobody_uses_are_taken_together_where_no_instance_is_needed()
    {
        if (Provider.Capabilities.OneInstant != OneInstant.Cell) return;
        var (used, free) = ((await UsedAsync(1))[0], (await CreateAsync()).Id);

        var taken = await TogetherAsync([used, free], OperationId.New());

        taken.Select(s => s.Volume).ShouldBe([used, free], ignoreOrder: true);
        foreach (var snapshot in taken) (await WholeAsync(snapshot)).State.ShouldBe(SnapshotState.Completed);
    }

    async Task<List<ProviderVolumeId>> UsedAsync(int count)
    {
        var volumes = new List<ProviderVolumeId>();
        for (var i = 0; i < count; i++)
        {
            volumes.Add((await CreateAsync()).Id);
            uses.Add(await Subject.UseAsync(volumes[^1]));
        }
        return volumes;
    }

    Task<IReadOnlyList<ProviderSnapshot>> TogetherAsync(IReadOnlyList<ProviderVolumeId> volumes, OperationId operation) =>
        Task.Run(() => Provider.CreateSnapshotsAsync(Cell, Subject.Instance, volumes, operation, mayBeTaken: true, Cancellation), Cancellation);
}
