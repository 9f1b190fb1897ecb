using System.Text.Json;
using Octavo.Core;
using Octavo.Ec2;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>Lists and look-ups of what EC2 really sends: less than its model says, words that no SDK knows, pages of nothing.</summary>
public class EbsReadTests : EbsFaults
{
    [Fact]
    public async Task What_an_answer_leaves_out_is_not_there_and_nothing_breaks()
    {
        Ebs.Put(new Ec2Volume { Id = "", Zone = Ebs.Region.Zones[0], Tags = [new Ec2Tag("Name", "n")] });
        Ebs.Endpoint.Switches.OmitsOptionalFields = true;

        var volume = (await VolumesAsync()).ShouldHaveSingleItem();

        volume.Attachments.ShouldBeEmpty();
        volume.Tags.ShouldBeEmpty();
        volume.Name.ShouldBeNull();
        volume.UsedBytes.ShouldBeNull();
        volume.State.ShouldBe(VolumeState.Available);
    }

    [Fact]
    public async Task A_word_that_is_newer_than_this_text_is_passed_on_or_named()
    {
        Ebs.Put(new Ec2Volume { Id = "", Zone = Ebs.Region.Zones[0], Type = "gp9", Status = "hibernating" });

        var volume = (await VolumesAsync()).ShouldHaveSingleItem();

        volume.VolumeType.ShouldBe("gp9");
        volume.State.ShouldBe(VolumeState.Error);
        volume.StateReason.ShouldNotBeNull().ShouldContain("hibernating");
    }

    [Fact]
    public async Task Volumes_that_AWS_manages_are_listed_though_the_account_hides_them_and_are_not_deleted()
    {
        Ebs.Endpoint.Cloud.Account(EbsUnderTest.AccountId).HidesManagedVolumes = true;
        var managed = Ebs.Put(new Ec2Volume { Id = "", Zone = Ebs.Region.Zones[0], ManagedBy = "eks.amazonaws.com" });

        (await VolumesAsync()).ShouldHaveSingleItem().ManagedBy.ShouldBe("eks.amazonaws.com");
        var refused = await ShouldFailAsync(ErrorCode.Conflict, () => DeleteAsync(managed.Id));

        refused.Message.ShouldContain("eks.amazonaws.com");
        Ebs.Region.Volumes.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_page_may_be_empty_or_short_or_repeat_and_the_list_is_whole()
    {
        var made = Enumerable.Range(0, 60).Select(_ => Ebs.Put().Id).ToList();
        var switches = Ebs.Endpoint.Switches;
        (switches.PageSizeCap, switches.EmptyPageChance, switches.ShortPageChance, switches.RepeatedItems) = (7, 0.4, 0.4, 2);

        (await VolumesAsync()).Select(v => v.Id.Value).Distinct().ShouldBe(made, ignoreOrder: true);
    }

    [Fact]
    public async Task A_list_of_one_zone_has_only_that_zones_volumes()
    {
        var first = Ebs.Put();
        Ebs.Put(new Ec2Volume { Id = "", Zone = Ebs.Region.Zones[1] });

        var page = await Provider.ListVolumesAsync(Ebs.Cell, new PageRequest(500, null, first.Zone), Cancellation);

        page.Items.ShouldHaveSingleItem().Id.Value.ShouldBe(first.Id);
    }

    [Fact]
    public async Task A_throttled_list_waits_and_goes_on()
    {
        Ebs.Put();
        Ebs.Endpoint.Switches.FailNext("DescribeVolumes", 3, "RequestLimitExceeded", 503);

        (await VolumesAsync()).ShouldHaveSingleItem();

        Ebs.Log.Text.ShouldContain("Throttled: DescribeVolumes");
        Ebs.Log.Text.ShouldNotContain("Warning");
    }

    [Fact]
    public async Task A_thousand_look_ups_at_once_are_six_requests_at_most()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => new ProviderVolumeId(Ebs.Put().Id)).ToList();
        await Provider.GetCellAsync(Ebs.Cell, Cancellation);

        var found = await Task.WhenAll(ids.Select(id => Provider.GetVolumeAsync(Ebs.Cell, id, Cancellation)));

        found.Select(v => v.Id).ShouldBe(ids);
        Ebs.Endpoint.Journal["DescribeVolumes"].Calls.ShouldBeLessThanOrEqualTo(6);
    }

    [Fact]
    public async Task A_record_has_every_field_that_EC2_sent_under_its_own_name()
    {
        var volume = Ebs.Put(new Ec2Volume
        {
            Id = "",
            Zone = Ebs.Region.Zones[0],
            SizeGib = 12,
            Type = "gp9",
            Status = "in-use",
            CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Encrypted = true,
            KmsKeyId = "arn:aws:kms:eu-west-1:111122223333:key/1",
            SseType = "sse-kms",
            Attachments = [new Ec2Attachment { AssociatedResource = "arn:aws:ecs:x", InstanceOwningService = "ecs.amazonaws.com" }],
            ManagedBy = "ecs.amazonaws.com",
            Tags = [new Ec2Tag("Name", "Größe 7")],
        });

        var text = await Provider.GetRawVolumeAsync(Ebs.Cell, new ProviderVolumeId(volume.Id), Cancellation);

        text.ShouldContain("Größe 7");
        using var record = JsonDocument.Parse(text);
        var fields = record.RootElement.EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetRawText());
        fields.Keys.ShouldBe(
            ["Attachments", "AvailabilityZone", "AvailabilityZoneId", "CreateTime", "Encrypted", "KmsKeyId", "MultiAttachEnabled", "Operator",
                "Size", "SnapshotId", "SseType", "State", "Tags", "VolumeId", "VolumeType"], ignoreOrder: true);
        (fields["VolumeType"], fields["State"], fields["Size"], fields["Encrypted"]).ShouldBe(("\"gp9\"", "\"in-use\"", "12", "true"));
        fields["CreateTime"].ShouldBe("\"2026-01-02T03:04:05Z\"");
        fields["Operator"].ShouldBe("""{"Managed":true,"Principal":"ecs.amazonaws.com"}""");
        fields["Tags"].ShouldBe("""[{"Key":"Name","Value":"Größe 7"}]""");
        record.RootElement.GetProperty("Attachments")[0].EnumerateObject().Select(f => f.Name).ShouldNotContain("InstanceId");
    }

    [Fact]
    public async Task A_snapshot_has_its_tags_description_encryption_and_tier_as_EC2_tells_them()
    {
        var volume = Ebs.Put(new Ec2Volume { Id = "", Zone = Ebs.Region.Zones[0], Encrypted = true });
        var operation = OperationId.New();
        var taken = await Provider.CreateSnapshotAsync(
            Ebs.Cell, new ProviderVolumeId(volume.Id), operation, mayBeTaken: false, Cancellation);
        Ebs.Region.Put(new Ec2Snapshot
        {
            Id = "snap-0000000000000000a",
            VolumeId = volume.Id,
            OwnerId = EbsUnderTest.AccountId,
            StorageTier = "archive",
            Tags = [new Ec2Tag("b", "2"), new Ec2Tag("a", "1")],
        });

        var seen = await Provider.GetSnapshotAsync(Ebs.Cell, taken.Id, Cancellation);
        var archived = await Provider.GetSnapshotAsync(Ebs.Cell, new ProviderSnapshotId("snap-0000000000000000a"), Cancellation);

        (seen.Description, seen.IsEncrypted, seen.StorageTier).ShouldBe(($"Octavo operation {operation}", true, "standard"));
        seen.Tags.ShouldBe([new("octavo:operation", operation.Value)]);
        seen.ShouldBe(taken with { State = seen.State, Progress = seen.Progress });
        (archived.Description, archived.IsEncrypted, archived.StorageTier).ShouldBe((null, false, "archive"));
        archived.Tags.ShouldBe([new("a", "1"), new("b", "2")]);
        (await Provider.ListSnapshotsAsync(Ebs.Cell, new PageRequest(1000, null), Cancellation)).Items.ShouldBe([seen, archived], ignoreOrder: true);
        Ebs.Endpoint.Switches.OmitsOptionalFields = true;
        var bare = await Provider.GetSnapshotAsync(Ebs.Cell, archived.Id, Cancellation);
        (bare.Description, bare.IsEncrypted, bare.StorageTier, bare.Tags.Count).ShouldBe((null, null, null, 0));
    }

    [Fact]
    public async Task A_restore_of_an_archived_snapshot_is_refused_in_EC2s_words()
    {
        Ebs.Region.Put(new Ec2Snapshot
        {
            Id = "snap-0000000000000000a",
            VolumeId = "vol-0000000000000000a",
            OwnerId = EbsUnderTest.AccountId,
            VolumeSizeGib = 2,
            StorageTier = "archive",
        });

        var refused = await ShouldFailAsync(ErrorCode.Conflict, () => Provider.CreateVolumeAsync(Ebs.Cell,
            new VolumeSpec(null, Ebs.Region.Zones[0], new ProviderSnapshotId("snap-0000000000000000a")), OperationId.New(), Cancellation));

        refused.Message.ShouldContain("archive");
        Ebs.Region.Volumes.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_record_of_a_volume_that_EC2_does_not_show_yet_is_for_later()
    {
        Ebs.Endpoint.Switches.VisibilityLag = TimeSpan.FromSeconds(5);
        var made = await Provider.CreateVolumeAsync(
            Ebs.Cell, new VolumeSpec(Ebs.Size, Ebs.Region.Zones[0], null), OperationId.New(), Cancellation);

        await ShouldFailAsync(ErrorCode.Unavailable, () => Provider.GetRawVolumeAsync(Ebs.Cell, made.Id, Cancellation));
        await Task.Delay(TimeSpan.FromSeconds(5), Ebs.Time, Cancellation);

        (await Provider.GetRawVolumeAsync(Ebs.Cell, made.Id, Cancellation)).ShouldContain(made.Id.Value);
    }

    [Fact]
    public async Task An_answer_of_HTML_is_trouble_and_says_so()
    {
        Ebs.Endpoint.Switches.HtmlErrorChance = 1;

        var failure = await ShouldFailAsync(ErrorCode.Unavailable, VolumesAsync);

        failure.Message.ShouldContain("answered something that is not EC2");
        failure.RetryAfter.ShouldBeNull();
    }

    [Fact]
    public async Task A_snapshot_that_EC2_does_not_show_yet_is_pending_and_not_lost()
    {
        var volume = Ebs.Put();
        Ebs.Endpoint.Switches.VisibilityLag = TimeSpan.FromSeconds(8);

        var taken = await Provider.CreateSnapshotAsync(
            Ebs.Cell, new ProviderVolumeId(volume.Id), OperationId.New(), mayBeTaken: false, Cancellation);
        var seen = await Provider.GetSnapshotAsync(Ebs.Cell, taken.Id, Cancellation);

        seen.ShouldBe(taken);
        seen.State.ShouldBe(SnapshotState.Pending);
        seen.Progress.ShouldBe(0);
    }
}
