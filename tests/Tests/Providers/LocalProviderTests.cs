using System.Text.Json;
using Octavo.Core;
using Octavo.Engine;
using Octavo.Tests.Contracts;
using Octavo.Tests.Support;

namespace Octavo.Tests.Providers;

/// <summary>The contract for the local provider, and what only it promises.</summary>
public class LocalProviderTests : ImageProviderContract
{
    LocalUnderTest local = null!;

    protected override Task<ProviderUnderTest> StartAsync() => Task.FromResult<ProviderUnderTest>(local = new LocalUnderTest());

    [Fact]
    public void What_passes_by_itself_is_waited_for_and_is_no_failure()
    {
        // An operation yields then and comes again, however often: the deletion of a snapshot that a volume is made from.
        var waits = Octavo.Providers.Local.Translation.From(new EngineException(EngineError.Busy, "A volume is being made from it."));

        (waits.Code, waits.Message).ShouldBe((ErrorCode.Unavailable, "A volume is being made from it."));
        waits.RetryAfter.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        Octavo.Providers.Local.Translation.From(new EngineException(EngineError.Io, "")).RetryAfter.ShouldBeNull();
    }

    [Fact]
    public async Task An_image_that_lies_in_the_pools_folder_is_a_volume_that_nobody_made()
    {
        await VolumesAsync();
        await PutImageAsync(local.PoolPath("default", "found.img"), Bytes(30));

        var found = (await VolumesAsync()).ShouldHaveSingleItem();

        found.CreatedBy.ShouldBeNull();
        found.State.ShouldBe(VolumeState.Available);
        found.Size.Bytes.ShouldBe(Bytes(30).Length);
        (await ExportAsync(found.Id)).ShouldBeBytes(Bytes(30));
    }

    [Fact]
    public async Task A_found_image_keeps_its_id_and_is_gone_from_the_folder_when_it_is_deleted()
    {
        await VolumesAsync();
        var path = local.PoolPath("default", "found.raw");
        await PutImageAsync(path, Bytes(31));
        var found = (await VolumesAsync()).ShouldHaveSingleItem();

        (await VolumesAsync()).ShouldHaveSingleItem().Id.ShouldBe(found.Id);
        await Provider.DeleteVolumeAsync(Cell, found.Id, OperationId.New(), Cancellation);

        File.Exists(path).ShouldBeFalse();
        (await VolumesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_record_tells_what_the_engine_knows_with_a_path_inside_the_pool()
    {
        var source = await ImportAsync(Bytes(36));
        var restored = await RestoreAsync((await SnapshotAsync(source.Id)).Id);
        var path = $"volumes/{restored.Id}/data";

        // A volume is there at once, and its image is filled behind it.
        string raw;
        while ((raw = await Provider.GetRawVolumeAsync(Cell, restored.Id, Cancellation)).Contains("hydrated_fraction", StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        using var record = JsonDocument.Parse(raw);

        var fields = record.RootElement.EnumerateObject().ToDictionary(f => f.Name, f => f.Value);
        fields.Keys.ShouldBe(["id", "tag", "state", "size_bytes", "allocated_bytes", "snapshot_id", "path", "created_at"], ignoreOrder: true);
        fields["path"].GetString().ShouldBe(path);
        File.Exists(local.PoolPath("default", path)).ShouldBeTrue();
        fields["state"].GetString().ShouldBe("available");
        fields["size_bytes"].GetInt64().ShouldBe(Size.Bytes);
        // It is usable before anything is in its image.
        fields["allocated_bytes"].GetInt64().ShouldBeInRange(0, Size.Bytes);
        fields["snapshot_id"].GetString().ShouldBe(restored.Snapshot!.Value.Value);
    }

    [Fact]
    public async Task The_pools_of_two_accounts_know_nothing_of_each_other()
    {
        var other = LocalUnderTest.CellOf("other");
        var volume = await ImportAsync(Bytes(32));
        var snapshot = await SnapshotAsync(volume.Id);

        (await Provider.ListVolumesAsync(other, new PageRequest(10, null), Cancellation)).Items.ShouldBeEmpty();
        (await Provider.ListSnapshotsAsync(other, new PageRequest(10, null), Cancellation)).Items.ShouldBeEmpty();
        await ShouldFailAsync(ErrorCode.NotFound, Provider.GetVolumeAsync(other, volume.Id, Cancellation));
        await ShouldFailAsync(ErrorCode.NotFound, Provider.ExportSnapshotAsync(other, snapshot.Id, Cancellation));
        await Provider.DeleteVolumeAsync(other, volume.Id, OperationId.New(), Cancellation);
        await Provider.DeleteSnapshotAsync(other, snapshot.Id, OperationId.New(), Cancellation);
        (await VolumesAsync()).ShouldHaveSingleItem();
        (await SnapshotsAsync()).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../default")]
    [InlineData("-a")]
    [InlineData("Default")]
    [InlineData("a/b")]
    public async Task A_name_that_is_no_account_name_opens_no_folder(string account) =>
        await ShouldFailAsync(ErrorCode.Invalid,
            Provider.ListVolumesAsync(LocalUnderTest.CellOf(account), new PageRequest(10, null), Cancellation));

    [Fact]
    public async Task A_file_of_this_machine_is_imported_to_the_byte_and_stays_as_it_was()
    {
        var path = local.PoolPath("..", "image.raw");
        await File.WriteAllBytesAsync(path, Bytes(33), Cancellation);

        var volume = await Provider.ImportVolumeAsync(
            Cell, new ImageSource.File(path), OperationId.New(), new Progress<double>(), Cancellation);

        (await ExportAsync(volume.Id)).ShouldBeBytes(Bytes(33));
        (await File.ReadAllBytesAsync(path, Cancellation)).ShouldBeBytes(Bytes(33));
    }

    [Theory]
    [InlineData("missing.raw")]
    [InlineData(".")]
    public async Task A_path_that_names_no_file_is_invalid_and_leaves_nothing(string name)
    {
        await ShouldFailAsync(ErrorCode.Invalid, Provider.ImportVolumeAsync(
            Cell, new ImageSource.File(local.PoolPath("..", name)), OperationId.New(), new Progress<double>(), Cancellation));

        (await VolumesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_upload_whose_sender_goes_away_is_the_senders_failure_and_not_the_disks()
    {
        await using var broken = new BrokenStream();

        await ShouldFailAsync(ErrorCode.Invalid, Provider.ImportVolumeAsync(
            Cell, new ImageSource.Upload(broken, 1 << 20), OperationId.New(), new Progress<double>(), Cancellation));

        (await VolumesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_export_under_which_the_volume_changes_fails_before_its_last_byte()
    {
        var volume = await ImportAsync(Bytes(34));
        await using var export = await Provider.ExportVolumeAsync(Cell, volume.Id, Cancellation);
        await export.ReadExactlyAsync(new byte[4096], Cancellation);

        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        await local.WriteAsync(volume.Id, 0, Bytes(35));

        await ShouldFailAsync(ErrorCode.Conflict, export.CopyToAsync(Stream.Null, Cancellation));
    }

    static async Task PutImageAsync(string path, byte[] image)
    {
        await File.WriteAllBytesAsync(path, image, Cancellation);
        // Long enough ago that it is not taken for one that is still being copied there.
        File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-5));
    }

    sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("Connection reset by peer");
    }
}
