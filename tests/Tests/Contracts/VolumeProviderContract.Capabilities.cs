using Octavo.Core;

namespace Octavo.Tests.Contracts;

public abstract partial class VolumeProviderContract
{
    [Fact]
    public async Task What_the_capabilities_do_not_promise_is_unsupported()
    {
        var volume = await CreateAsync();
        var snapshot = await SnapshotAsync(volume.Id);
        var can = Provider.Capabilities;

        (await IsSupportedAsync(() => Provider.ImportVolumeAsync(
            Cell, new ImageSource.Upload(new MemoryStream(new byte[Sector]), Sector), OperationId.New(), new Progress<double>(), Cancellation)))
            .ShouldBe(can.CanImport);
        (await IsSupportedAsync(async () => await (await Provider.ExportVolumeAsync(Cell, volume.Id, Cancellation)).DisposeAsync()))
            .ShouldBe(can.CanExport);
        (await IsSupportedAsync(async () => await (await Provider.ExportSnapshotAsync(Cell, snapshot.Id, Cancellation)).DisposeAsync()))
            .ShouldBe(can.CanExport);
        (await IsSupportedAsync(() => Provider.CheckAsync(Cell, repair: false, new Progress<double>(), Cancellation))).ShouldBe(can.CanCheck);
    }

    [Fact]
    public async Task Snapshots_of_an_instance_that_is_not_there_are_not_found_or_unsupported()
    {
        var volume = await CreateAsync();

        await ShouldFailAsync(Provider.Capabilities.SnapshotsInstances ? ErrorCode.NotFound : ErrorCode.Unsupported,
            Task.Run(() => Provider.CreateInstanceSnapshotsAsync(
                Cell, "i-00000000000000009", [volume.Id], OperationId.New(), mayBeTaken: false, Cancellation), Cancellation));
        (await SnapshotsAsync()).ShouldBeEmpty();
    }

    const int Sector = 512;

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
