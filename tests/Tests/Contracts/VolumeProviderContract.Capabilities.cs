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

    [Fact]
    public async Task A_type_a_speed_and_an_encryption_are_had_as_asked_or_unsupported()
    {
        var plain = new VolumeSpec(new ByteSize(4 * Size.Bytes), Zone, null);
        VolumeSpec[] asked =
        [
            plain with { VolumeType = "gp3", Iops = 4000, ThroughputMiBps = 500 }, plain with { VolumeType = "gp2" }, plain with { Iops = 3500 },
            plain with { ThroughputMiBps = 250 }, plain with { IsEncrypted = true },
            plain with { KmsKeyId = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000002" },
        ];
        foreach (var spec in asked)
        {
            var operation = OperationId.New();
            ProviderVolume? made = null;
            var isSupported = await IsSupportedAsync(async () =>
                made = await WholeAsync(await Provider.CreateVolumeAsync(Cell, spec, operation, Cancellation)));

            (await Provider.FindVolumeAsync(Cell, operation, Cancellation)).ShouldBe(made);
            if (!isSupported) continue;
            made!.VolumeType.ShouldBe(spec.VolumeType ?? made.VolumeType);
            made.Iops.ShouldBe(spec.Iops ?? made.Iops);
            made.ThroughputMiBps.ShouldBe(spec.ThroughputMiBps ?? made.ThroughputMiBps);
            made.KmsKeyId.ShouldBe(spec.KmsKeyId ?? made.KmsKeyId);
            made.IsEncrypted.ShouldBe(spec.IsEncrypted ?? spec.KmsKeyId is not null);
        }
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
