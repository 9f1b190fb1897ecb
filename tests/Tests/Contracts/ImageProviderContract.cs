using Octavo.Core;
using Octavo.Tests.Support;

namespace Octavo.Tests.Contracts;

/// <summary>
/// What <see cref="IVolumeProvider"/> promises beside, where the bytes of volumes go in and out: for providers that import, export and check.
/// </summary>
public abstract partial class ImageProviderContract : VolumeProviderContract
{
    ImageProviderUnderTest Images => (ImageProviderUnderTest)Subject;

    [Fact]
    public void The_capabilities_promise_images() =>
        Provider.Capabilities.ShouldSatisfyAllConditions(
            can => can.CanImport.ShouldBeTrue(), can => can.CanExport.ShouldBeTrue(), can => can.CanCheck.ShouldBeTrue());

    [Fact]
    public async Task A_deletion_refused_while_a_volume_is_in_use_changes_none_of_its_bytes()
    {
        var volume = await CreateAsync();
        await Images.WriteAsync(volume.Id, 0, Bytes(1));
        await using (await Subject.UseAsync(volume.Id))
            await ShouldFailAsync(ErrorCode.Conflict, Provider.DeleteVolumeAsync(Cell, volume.Id, OperationId.New(), Cancellation));

        (await ExportAsync(volume.Id)).ShouldBeBytes(Bytes(1));
    }

    [Fact]
    public async Task An_imported_image_is_exported_to_the_byte()
    {
        var operation = OperationId.New();

        var volume = await ImportAsync(Bytes(20), operation);

        volume.State.ShouldBe(VolumeState.Available);
        volume.Size.ShouldBe(Size);
        volume.CreatedBy.ShouldBe(operation);
        (await ExportAsync(volume.Id)).ShouldBeBytes(Bytes(20));
    }

    [Fact]
    public async Task A_volume_tells_in_whole_MiB_what_it_takes_on_the_store()
    {
        const int mib = 1 << 20;
        var volume = await CreateAsync();
        (await Provider.GetVolumeAsync(Cell, volume.Id, Cancellation)).UsedBytes.ShouldBe(0);

        await Images.WriteAsync(volume.Id, 2 * mib, Bytes(25).AsMemory(0, mib + 1));

        // A file system may allot a block more than was written.
        var used = (await Provider.GetVolumeAsync(Cell, volume.Id, Cancellation)).UsedBytes.ShouldNotBeNull();
        (used % mib).ShouldBe(0);
        used.ShouldBeInRange(2 * mib, Size.Bytes - mib);
        (await VolumesAsync()).ShouldHaveSingleItem().UsedBytes.ShouldBe(used);
    }

    [Fact]
    public async Task An_import_repeated_with_one_operation_is_one_volume()
    {
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

        await ShouldFailAsync(ErrorCode.Invalid, ImportAsync(new byte[1000]));

        (await VolumesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_import_cancelled_in_the_middle_leaves_nothing_and_its_repeat_works()
    {
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
        var volume = await ImportAsync(Bytes(24));
        var (deleted, kept) = (await SnapshotAsync(volume.Id), await SnapshotAsync(volume.Id));
        await RestoreAsync(kept.Id);
        await Provider.DeleteSnapshotAsync(Cell, deleted.Id, OperationId.New(), Cancellation);
        await DeleteAsync(volume.Id);

        (await CheckAsync()).ShouldBeEmpty();
    }

    /// <summary>A disk image of the size under test that differs by seed: blocks of noise, of one byte and of zeros.</summary>
    protected byte[] Bytes(int seed)
    {
        const int block = 64 << 10;
        var bytes = new byte[Size.Bytes];
#pragma warning disable RS0030 // The seed is named.
        var random = new Random(seed);
#pragma warning restore RS0030
        for (var start = 0; start < bytes.Length; start += block)
            switch (random.Next(3))
            {
                case 0:
                    random.NextBytes(bytes.AsSpan(start, block));
                    break;
                case 1:
                    bytes.AsSpan(start, block).Fill((byte)random.Next(1, 256));
                    break;
            }
        return bytes;
    }

    protected async Task<ProviderVolume> ImportAsync(byte[] image, OperationId? operation = null) =>
        await Provider.ImportVolumeAsync(Cell, new ImageSource.Upload(new MemoryStream(image), image.Length),
            operation ?? OperationId.New(), new Progress<double>(), Cancellation);

    protected async Task<byte[]> ExportAsync(ProviderVolumeId volume) =>
        await ReadAsync(await Provider.ExportVolumeAsync(Cell, volume, Cancellation));

    static async Task<byte[]> ReadAsync(Stream stream)
    {
        await using (stream)
        {
            var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, Cancellation);
            bytes.Length.ShouldBe(stream.Length);
            return bytes.ToArray();
        }
    }

    protected async Task<IReadOnlyList<ProviderFinding>> CheckAsync() =>
        await Provider.CheckAsync(Cell, repair: false, new Progress<double>(), Cancellation);
}
