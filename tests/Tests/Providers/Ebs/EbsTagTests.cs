using Octavo.Core;
using Octavo.Ec2;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>Names and tags of volumes that are there: changed once for all, whatever is lost, throttled or shown late.</summary>
public class EbsTagTests : EbsFaults
{
    [Theory]
    [InlineData("CreateTags")]
    [InlineData("DeleteTags")]
    public async Task With_every_reply_lost_for_a_while_the_tags_are_as_they_were_asked_for(string action)
    {
        var volume = Put();
        Ebs.Endpoint.Switches.FaultyActions = [action];
        Ebs.Endpoint.Switches.LostReplyChance = 1;

        var update = UpdateAsync(volume, new VolumeUpdate("second", [new("env", "live")], ["owner"]));
        await UntilAsync(() => Ebs.Endpoint.Journal[action].LostReplies > 1);
        Ebs.Endpoint.Switches.LostReplyChance = 0;
        var changed = await update;

        Ebs.Region.Volumes.ShouldHaveSingleItem().Tags.ShouldBe([new Ec2Tag("Name", "second"), new Ec2Tag("env", "live")], ignoreOrder: true);
        changed.Tags.ShouldBe([new("Name", "second"), new("env", "live")]);
        changed.Name.ShouldBe("second");
    }

    [Fact]
    public async Task A_reply_that_stays_lost_is_trouble_and_not_called_a_mere_wait()
    {
        var volume = Put();
        Ebs.Endpoint.Switches.FaultyActions = ["DeleteTags"];
        Ebs.Endpoint.Switches.LostReplyChance = 1;

        var failure = await ShouldFailAsync(ErrorCode.Unavailable, () => UpdateAsync(volume, new VolumeUpdate(null, [], ["owner"])));

        failure.RetryAfter.ShouldBeNull();
        Ebs.Region.Volumes.ShouldHaveSingleItem().Tag("owner").ShouldBeNull();
    }

    [Theory]
    [InlineData("CreateTags", "RequestLimitExceeded", 503)]
    [InlineData("DeleteTags", "RequestLimitExceeded", 503)]
    [InlineData("CreateTags", "ConcurrentTagAccess", 400)]
    public async Task A_throttled_change_waits_and_is_made(string action, string code, int status)
    {
        var volume = Put();
        Ebs.Endpoint.Switches.FailNext(action, 3, code, status);

        await UpdateAsync(volume, new VolumeUpdate(null, [new("env", "live")], ["owner"]));

        Ebs.Region.Volumes.ShouldHaveSingleItem().Tags.ShouldBe([new Ec2Tag("Name", "first"), new Ec2Tag("env", "live")], ignoreOrder: true);
        Ebs.Endpoint.Journal[action].Calls.ShouldBe(4);
    }

    [Fact]
    public async Task While_EC2_still_shows_the_old_tags_every_read_has_the_new_ones()
    {
        var volume = Put();
        Ebs.Endpoint.Switches.VisibilityLag = TimeSpan.FromSeconds(8);

        await UpdateAsync(volume, new VolumeUpdate("second", [new("env", "test")], []));
        var changed = await UpdateAsync(volume, new VolumeUpdate(null, [new("env", "live")], ["owner"]));

        changed.Tags.ShouldBe([new("Name", "second"), new("env", "live")]);
        changed.Name.ShouldBe("second");
        (await VolumesAsync()).ShouldHaveSingleItem().ShouldBe(changed);
        (await Provider.GetVolumeAsync(Ebs.Cell, changed.Id, Cancellation)).ShouldBe(changed);
        await using var next = Ebs.Restarted();
        (await next.Provider.GetVolumeAsync(Ebs.Cell, changed.Id, Cancellation)).Name.ShouldBe("first");
    }

    [Fact]
    public async Task What_somebody_else_changes_afterwards_is_seen_once_our_own_news_must_have_come()
    {
        var volume = Put();
        await UpdateAsync(volume, new VolumeUpdate("second", [], []));
        Ebs.Region.Put(Ebs.Region.Volumes.Single() with { Tags = [new Ec2Tag("Name", "third")] });

        await Task.Delay(TimeSpan.FromSeconds(15), Ebs.Time, Cancellation);

        (await VolumesAsync()).ShouldHaveSingleItem().Name.ShouldBe("third");
    }

    [Fact]
    public async Task A_volume_that_EC2_does_not_know_yet_is_tagged_when_it_does()
    {
        Ebs.Endpoint.Switches.VisibilityLag = TimeSpan.FromSeconds(5);
        var made = await Provider.CreateVolumeAsync(
            Ebs.Cell, new VolumeSpec(Ebs.Size, Ebs.Region.Zones[0], null), OperationId.New(), Cancellation);

        var changed = await UpdateAsync(made.Id.Value, new VolumeUpdate("named", [], []));

        changed.Name.ShouldBe("named");
        Ebs.Region.Volumes.ShouldHaveSingleItem().Tag("Name").ShouldBe("named");
        Ebs.Endpoint.Journal["CreateTags"].Errors.Keys.ShouldBe(["InvalidVolume.NotFound"]);
    }

    [Fact]
    public async Task Tags_that_are_not_the_users_are_refused_and_nothing_is_taken_away()
    {
        var volume = Put();

        var own = await ShouldFailAsync(ErrorCode.Invalid,
            () => UpdateAsync(volume, new VolumeUpdate(null, [new("octavo:operation", "x")], [])));
        await ShouldFailAsync(ErrorCode.Invalid, () => UpdateAsync(volume, new VolumeUpdate(null, [], ["octavo:operation"])));
        await ShouldFailAsync(ErrorCode.Invalid, () => UpdateAsync(volume, new VolumeUpdate(null, [new("env", "1")], ["env"])));
        await ShouldFailAsync(ErrorCode.Invalid, () => UpdateAsync(volume, new VolumeUpdate("\t ", [], [])));
        Ebs.Endpoint.Journal.Mutations.ShouldBeEmpty();
        var aws = await ShouldFailAsync(ErrorCode.Invalid, () => UpdateAsync(volume, new VolumeUpdate(null, [new("aws:x", "1")], ["env"])));

        await ShouldFailAsync(ErrorCode.Invalid, () => UpdateAsync(volume, new VolumeUpdate(null, [], ["aws:x", "env"])));

        own.Message.ShouldContain("octavo:operation");
        aws.Message.ShouldContain("aws:x");
        aws.ProviderCode.ShouldBe("InvalidParameterValue");
        Ebs.Region.Volumes.ShouldHaveSingleItem().Tag("env").ShouldBe("test");
    }

    [Fact]
    public async Task A_key_that_may_not_tag_is_told_so()
    {
        var volume = Put();
        Ebs.Key.Allowed = ["ec2:Describe*", "ec2:CreateTags"];

        var refused = await ShouldFailAsync(ErrorCode.Conflict, () => UpdateAsync(volume, new VolumeUpdate(null, [], ["env"])));

        refused.Message.ShouldEndWith("Allow ec2:DeleteTags in the identity's policy.");
    }

    string Put() => Ebs.Put(new Ec2Volume
    {
        Id = "",
        Zone = Ebs.Region.Zones[0],
        Tags = [new Ec2Tag("Name", "first"), new Ec2Tag("env", "test"), new Ec2Tag("owner", "a")],
    }).Id;

    Task<ProviderVolume> UpdateAsync(string volume, VolumeUpdate update) =>
        Provider.UpdateVolumeAsync(Ebs.Cell, new ProviderVolumeId(volume), update, OperationId.New(), Cancellation);

    async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo()) await Task.Delay(TimeSpan.FromMilliseconds(100), Ebs.Time, Cancellation);
    }
}
