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

        await ShouldFailAsync(Provider.Capabilities.OneInstant == OneInstant.Instance ? ErrorCode.NotFound : ErrorCode.Unsupported,
            Task.Run(() => Provider.CreateSnapshotsAsync(
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

    [Fact]
    public async Task A_name_and_tags_are_kept_from_creation_on_and_changed_or_unsupported()
    {
        var spec = new VolumeSpec(Size, Zone, null, "first") { Tags = [new("env", "test"), new("owner", "a"), new("empty", "")] };
        var made = await WholeAsync(await Provider.CreateVolumeAsync(Cell, spec, OperationId.New(), Cancellation));
        var other = await CreateAsync();
        var operation = OperationId.New();
        ProviderVolume? changed = null;

        var isSupported = await IsSupportedAsync(async () => changed = (await TenTimesAsync(() => Provider.UpdateVolumeAsync(
            Cell, made.Id, new VolumeUpdate("second", [new("owner", "b"), new("new", "1")], ["env", "never"]), operation, Cancellation)))[^1]);

        isSupported.ShouldBe(Provider.Capabilities.KeepsTags);
        (await VolumesAsync()).ShouldBe([changed ?? made, other], ignoreOrder: true);
        if (changed is null) return;
        Given(made).ShouldBe([new("Name", "first"), new("empty", ""), new("env", "test"), new("owner", "a")]);
        Given(changed).ShouldBe([new("Name", "second"), new("empty", ""), new("new", "1"), new("owner", "b")]);
        (made.Name, changed.Name).ShouldBe(("first", "second"));
        changed.ShouldBe(made with { Name = changed.Name, Tags = changed.Tags });
        (await Provider.GetVolumeAsync(Cell, made.Id, Cancellation)).ShouldBe(changed);
    }

    [Fact]
    public async Task An_update_of_what_never_was_is_not_found_and_one_that_changes_nothing_gives_the_volume_as_it_is()
    {
        if (!Provider.Capabilities.KeepsTags) return;
        var volume = await CreateAsync();
        var nothing = new VolumeUpdate(null, [], []);

        (await Provider.UpdateVolumeAsync(Cell, volume.Id, nothing, OperationId.New(), Cancellation)).ShouldBe(volume);
        await ShouldFailAsync(ErrorCode.NotFound, Provider.UpdateVolumeAsync(Cell, NoVolume, nothing, OperationId.New(), Cancellation));
        await ShouldFailAsync(ErrorCode.NotFound,
            Provider.UpdateVolumeAsync(Cell, NoVolume, nothing with { Name = "name" }, OperationId.New(), Cancellation));
        await ShouldFailAsync(ErrorCode.NotFound,
            Provider.UpdateVolumeAsync(Cell, NoVolume, nothing with { RemoveTags = ["key"] }, OperationId.New(), Cancellation));
    }

    [Fact]
    public async Task A_volume_grows_and_is_never_cut_or_growing_is_unsupported()
    {
        var volume = await CreateAsync();
        var larger = new ByteSize(2 * volume.Size.Bytes);
        var operation = OperationId.New();
        ProviderVolume? grown = null;

        var isSupported = await IsSupportedAsync(async () =>
            grown = (await TenTimesAsync(() => Provider.GrowVolumeAsync(Cell, volume.Id, larger, operation, Cancellation)))[^1]);

        isSupported.ShouldBe(Provider.Capabilities.CanGrow);
        (await Provider.GetVolumeAsync(Cell, volume.Id, Cancellation)).ShouldBe(grown ?? volume);
        if (grown is null) return;
        grown.ShouldBe(volume with { Size = larger });
        await ShouldFailAsync(ErrorCode.Invalid, Provider.GrowVolumeAsync(Cell, volume.Id, volume.Size, OperationId.New(), Cancellation));
        await ShouldFailAsync(ErrorCode.NotFound, Provider.GrowVolumeAsync(Cell, NoVolume, larger, OperationId.New(), Cancellation));
    }

    [Fact]
    public async Task A_deleted_volume_that_is_kept_comes_back_as_it_was_or_bringing_back_is_unsupported()
    {
        const int days = 3;
        Subject.KeepDeleted(days);
        var (volume, other) = (await CreateAsync(), await CreateAsync());
        (await Provider.DeletedUntilAsync(Cell, volume.Id, Cancellation)).ShouldBeNull();
        var before = Subject.Time.GetUtcNow();
        await DeleteAsync(volume.Id);
        var operation = OperationId.New();
        List<ProviderVolume> back = [];

        var until = await Provider.DeletedUntilAsync(Cell, volume.Id, Cancellation);
        var isSupported = await IsSupportedAsync(async () =>
            back = await TenTimesAsync(() => Provider.UndeleteVolumeAsync(Cell, volume.Id, operation, Cancellation)));

        isSupported.ShouldBe(Provider.Capabilities.CanUndelete);
        if (isSupported) until.ShouldNotBeNull().ShouldBe(before.AddDays(days), TimeSpan.FromMinutes(1));
        else until.ShouldBeNull();
        back.ShouldAllBe(v => v == volume);
        (await VolumesAsync()).ShouldBe([other, .. back.Take(1)], ignoreOrder: true);
        (await Provider.DeletedUntilAsync(Cell, volume.Id, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task What_is_not_kept_cannot_be_brought_back()
    {
        var volume = await CreateAsync();
        await DeleteAsync(volume.Id);
        foreach (var gone in new[] { volume.Id, NoVolume })
        {
            (await Provider.DeletedUntilAsync(Cell, gone, Cancellation)).ShouldBeNull();
            await ShouldFailAsync(Provider.Capabilities.CanUndelete ? ErrorCode.NotFound : ErrorCode.Unsupported,
                Task.Run(() => Provider.UndeleteVolumeAsync(Cell, gone, OperationId.New(), Cancellation), Cancellation));
        }
        (await VolumesAsync()).ShouldBeEmpty();
    }

    /// <summary>A volume's tags without the provider's own.</summary>
    static IEnumerable<ProviderTag> Given(ProviderVolume volume) => volume.Tags.Where(t => !t.Key.Contains(':', StringComparison.Ordinal));

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
