using Octavo.Core;
using Octavo.Ec2;
using Octavo.Tests.Support;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>Deleted volumes in the Recycle Bin: until when, and back again, whatever is lost, refused or shown late.</summary>
public class EbsRecycleBinTests : EbsFaults
{
    [Fact]
    public async Task With_replies_lost_and_a_lag_a_volume_is_brought_back_once()
    {
        var volume = await DeletedAsync();
        Ebs.Endpoint.Switches.VisibilityLag = TimeSpan.FromSeconds(5);
        Ebs.Endpoint.Switches.FaultyActions = ["RestoreVolumeFromRecycleBin"];
        Ebs.Endpoint.Switches.LostReplyChance = 1;

        var back = await UndeleteAsync(volume.Id);

        back.Id.Value.ShouldBe(volume.Id);
        back.Name.ShouldBe("kept");
        Ebs.Region.Volumes.ShouldHaveSingleItem().ShouldBe(volume);
        Ebs.Endpoint.Journal.Mutations.Count(m => m.Action == "RestoreVolumeFromRecycleBin").ShouldBe(1);
    }

    [Fact]
    public async Task After_a_death_the_next_attempt_finds_the_volume_that_is_back_already()
    {
        var volume = await DeletedAsync();
        Ebs.Endpoint.Switches.VisibilityLag = TimeSpan.FromSeconds(5);
        using var death = new CancellationTokenSource();
        Ebs.Endpoint.Switches.ActionDelays = new Dictionary<string, TimeSpan> { ["DescribeVolumes"] = TimeSpan.FromSeconds(1) };

        var first = Provider.UndeleteVolumeAsync(Ebs.Cell, new ProviderVolumeId(volume.Id), OperationId.New(), death.Token);
        while (Ebs.Region.Volumes.Count == 0) await Task.Delay(TimeSpan.FromMilliseconds(100), Ebs.Time, Cancellation);
        await death.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        await using var next = Ebs.Restarted();

        (await next.Provider.UndeleteVolumeAsync(Ebs.Cell, new ProviderVolumeId(volume.Id), OperationId.New(), Cancellation)).Id.Value
            .ShouldBe(volume.Id);
    }

    [Fact]
    public async Task A_throttled_restore_waits_and_is_made()
    {
        var volume = await DeletedAsync();
        Ebs.Endpoint.Switches.FailNext("RestoreVolumeFromRecycleBin", 3, "RequestLimitExceeded", 503);
        Ebs.Endpoint.Switches.FailNext("ListVolumesInRecycleBin", 3, "RequestLimitExceeded", 503);

        (await UntilAsync(volume.Id)).ShouldNotBeNull();
        (await UndeleteAsync(volume.Id)).Id.Value.ShouldBe(volume.Id);

        Ebs.Endpoint.Journal["RestoreVolumeFromRecycleBin"].Calls.ShouldBe(4);
    }

    [Fact]
    public async Task What_has_left_the_bin_is_not_found_and_no_time_is_told_of_it()
    {
        // The SDK signs by the machine's clock, and this one is days ahead of it.
        Ebs.Endpoint.Switches.ChecksSignatures = false;
        var volume = await DeletedAsync(days: 1);
        (await UntilAsync(volume.Id)).ShouldNotBeNull();

        ((QuickTime)Ebs.Time).Advance(TimeSpan.FromDays(1));

        (await UntilAsync(volume.Id)).ShouldBeNull();
        await ShouldFailAsync(ErrorCode.NotFound, () => UndeleteAsync(volume.Id));
        Ebs.Region.Volumes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_volume_that_was_never_deleted_is_there_when_it_is_brought_back()
    {
        var volume = Ebs.Put();

        (await UndeleteAsync(volume.Id)).Id.Value.ShouldBe(volume.Id);

        Ebs.Endpoint.Journal["RestoreVolumeFromRecycleBin"].Errors.Keys.ShouldBe(["IncorrectState"]);
    }

    [Fact]
    public async Task An_update_of_a_volume_in_the_bin_is_not_found()
    {
        var volume = await DeletedAsync();

        await ShouldFailAsync(ErrorCode.NotFound, () => Provider.UpdateVolumeAsync(Ebs.Cell, new ProviderVolumeId(volume.Id),
            new VolumeUpdate("renamed", [], []), OperationId.New(), Cancellation));

        (await UndeleteAsync(volume.Id)).Name.ShouldBe("renamed");
    }

    [Fact]
    public async Task Without_the_permissions_no_time_is_known_and_bringing_back_names_the_one_that_lacks()
    {
        var volume = await DeletedAsync();
        Ebs.Key.Allowed = ["ec2:Describe*"];

        (await UntilAsync(volume.Id)).ShouldBeNull();
        var refused = await ShouldFailAsync(ErrorCode.Conflict, () => UndeleteAsync(volume.Id));

        refused.Message.ShouldEndWith("Allow ec2:RestoreVolumeFromRecycleBin in the identity's policy.");
    }

    [Theory]
    [InlineData("InvalidAction", 400)]
    [InlineData("UnsupportedOperation", 400)]
    [InlineData("InvalidVolume.NotFound", 400)]
    public async Task A_cloud_without_a_bin_knows_of_no_time(string code, int status)
    {
        var volume = await DeletedAsync();
        Ebs.Endpoint.Switches.FailNext("ListVolumesInRecycleBin", 1, code, status);

        (await UntilAsync(volume.Id)).ShouldBeNull();
    }

    [Fact]
    public async Task A_quota_that_is_full_leaves_the_volume_in_the_bin()
    {
        var volume = await DeletedAsync();
        Ebs.Endpoint.Switches.FailNext("RestoreVolumeFromRecycleBin", 1, "VolumeLimitExceeded", 400);

        (await ShouldFailAsync(ErrorCode.QuotaExceeded, () => UndeleteAsync(volume.Id))).ProviderCode.ShouldBe("VolumeLimitExceeded");

        Ebs.Region.RecycleBin.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_volume_that_is_back_can_be_deleted_again()
    {
        Ebs.Endpoint.Switches.DeleteLag = TimeSpan.FromSeconds(5);
        var volume = await DeletedAsync();
        await UndeleteAsync(volume.Id);

        await DeleteAsync(volume.Id);

        Ebs.Region.Volumes.ShouldBeEmpty();
        Ebs.Endpoint.Journal["DeleteVolume"].Done.ShouldBe(2);
    }

    async Task<Ec2Volume> DeletedAsync(int days = 7)
    {
        Ebs.KeepDeleted(days);
        var volume = Ebs.Put(new Ec2Volume { Id = "", Zone = Ebs.Region.Zones[0], Tags = [new Ec2Tag("Name", "kept")] });
        await DeleteAsync(volume.Id);
        return volume;
    }

    Task<DateTimeOffset?> UntilAsync(string volume) =>
        Provider.DeletedUntilAsync(Ebs.Cell, new ProviderVolumeId(volume), Cancellation);

    Task<ProviderVolume> UndeleteAsync(string volume) =>
        Provider.UndeleteVolumeAsync(Ebs.Cell, new ProviderVolumeId(volume), OperationId.New(), Cancellation);
}
