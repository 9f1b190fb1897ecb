using Octavo.Core;
using Octavo.Tests.Support;

namespace Octavo.Tests.Contracts;

public abstract partial class VolumeProviderContract
{
    [Fact]
    public async Task What_the_capabilities_promise_works_and_the_rest_is_unsupported()
    {
        var volume = await CreateAsync();
        var snapshot = await SnapshotAsync(volume.Id);
        var can = Provider.Capabilities;

        (await IsSupportedAsync(() => ImportAsync(Bytes(1)))).ShouldBe(can.CanImport);
        (await IsSupportedAsync(() => ExportAsync(volume.Id))).ShouldBe(can.CanExport);
        (await IsSupportedAsync(async () => await ReadAsync(await Provider.ExportSnapshotAsync(Cell, snapshot.Id, Cancellation))))
            .ShouldBe(can.CanExport);
        (await IsSupportedAsync(CheckAsync)).ShouldBe(can.CanCheck);
    }

    [Fact]
    public async Task An_imported_image_is_exported_to_the_byte()
    {
        Assert.SkipUnless(Provider.Capabilities is { CanImport: true, CanExport: true }, "no images");
        var operation = OperationId.New();

        var volume = await ImportAsync(Bytes(20), operation);

        volume.State.ShouldBe(VolumeState.Available);
        volume.Size.ShouldBe(Size);
        volume.CreatedBy.ShouldBe(operation);
        (await ExportAsync(volume.Id)).ShouldBeBytes(Bytes(20));
    }

    [Fact]
    public async Task An_import_repeated_with_one_operation_is_one_volume()
    {
        Assert.SkipUnless(Provider.Capabilities.CanImport, "no images");
        var operation = OperationId.New();

        var made = await TenTimesAsync(() => ImportAsync(Bytes(21), operation));

        made.Select(v => v.Id).Distinct().ShouldHaveSingleItem();
        (await VolumesAsync()).ShouldHaveSingleItem().Id.ShouldBe(made[0].Id);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3 << 20)]
    public async Task An_image_that_ends_early_is_invalid_and_leaves_nothing(int given)
    {
        Assert.SkipUnless(Provider.Capabilities.CanImport, "no images");
        var image = new MemoryStream(Bytes(22), 0, given);
        var before = await Provider.GetCellAsync(Cell, Cancellation);

        await ShouldFailAsync(ErrorCode.Invalid, Provider.ImportVolumeAsync(
            Cell, new ImageSource.Upload(image, Size.Bytes), OperationId.New(), new Progress<double>(), Cancellation));

        (await VolumesAsync()).ShouldBeEmpty();
        (await CheckAsync()).ShouldBeEmpty();
        before.LargestVolume.ShouldBe((await Provider.GetCellAsync(Cell, Cancellation)).LargestVolume);
    }

    [Fact]
    public async Task An_image_that_is_no_whole_number_of_sectors_is_invalid_and_leaves_nothing()
    {
        Assert.SkipUnless(Provider.Capabilities.CanImport, "no images");

        await ShouldFailAsync(ErrorCode.Invalid, ImportAsync(new byte[1000]));

        (await VolumesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_import_cancelled_in_the_middle_leaves_nothing_and_its_repeat_works()
    {
        Assert.SkipUnless(Provider.Capabilities.CanImport, "no images");
        var operation = OperationId.New();
        using var cancel = new CancellationTokenSource();
        await using var image = new CancellingStream(Bytes(23), cancelAt: 2 << 20, cancel);

        await Should.ThrowAsync<OperationCanceledException>(Provider.ImportVolumeAsync(
            Cell, new ImageSource.Upload(image, Size.Bytes), operation, new Progress<double>(), cancel.Token));
        (await VolumesAsync()).ShouldBeEmpty();

        await ImportAsync(Bytes(23), operation);
        (await ExportAsync((await VolumesAsync()).ShouldHaveSingleItem().Id)).ShouldBeBytes(Bytes(23));
    }

    [Fact]
    public async Task A_check_of_a_healthy_cell_finds_nothing()
    {
        Assert.SkipUnless(Provider.Capabilities.CanCheck, "no check");
        var volume = await ImportAsync(Bytes(24));
        var (deleted, kept) = (await SnapshotAsync(volume.Id), await SnapshotAsync(volume.Id));
        await RestoreAsync(kept.Id);
        await Provider.DeleteSnapshotAsync(Cell, deleted.Id, OperationId.New(), Cancellation);
        await Provider.DeleteVolumeAsync(Cell, volume.Id, OperationId.New(), Cancellation);

        (await CheckAsync()).ShouldBeEmpty();
    }

    protected async Task<IReadOnlyList<ProviderFinding>> CheckAsync() =>
        await Provider.CheckAsync(Cell, repair: false, new Progress<double>(), Cancellation);

    static async Task<bool> IsSupportedAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (VolumeException e) when (e.Code == ErrorCode.Unsupported)
        {
            return false;
        }
    }
}
