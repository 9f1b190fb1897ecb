using Amazon.EC2.Model;
using Octavo.Ec2;

namespace Octavo.Tests.Ec2;

public class ListingTests
{
    static CancellationToken Cancellation => Ec2Fixture.Cancellation;

    [Fact]
    public async Task Paging_gives_every_volume_once()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 57);

        var pages = await Ec2Fixture.PagesAsync(ec2.Client(), 10);

        pages.Count.ShouldBe(6);
        pages.SelectMany(p => p).ShouldBe(ec2.Home.Volumes.Select(v => v.Id));
    }

    [Fact]
    public async Task A_page_holds_at_most_500_volumes_or_the_cap()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 501);

        (await Ec2Fixture.PagesAsync(ec2.Client(), 1000)).Select(p => p.Count).ShouldBe([500, 1]);
        ec2.Switches.PageSizeCap = 200;
        (await Ec2Fixture.PagesAsync(ec2.Client(), 1000)).Select(p => p.Count).ShouldBe([200, 200, 101]);
    }

    [Fact]
    public async Task A_region_is_chosen_by_the_signature_alone()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 5);

        var here = (await Ec2Fixture.PagesAsync(ec2.Client()))[0];
        var there = (await Ec2Fixture.PagesAsync(ec2.Client("eu-west-1")))[0];

        here.Count.ShouldBe(5);
        there.Count.ShouldBe(5);
        here.ShouldNotContain(id => there.Contains(id));
    }

    [Fact]
    public async Task A_volume_deleted_between_pages_hides_no_other()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 20);
        var client = ec2.Client();
        var first = await client.DescribeVolumesAsync(new DescribeVolumesRequest { MaxResults = 10 }, Cancellation);
        var rest = ec2.Home.Volumes.Skip(10).Select(v => v.Id).ToList();
        foreach (var volume in first.Volumes) ec2.Home.Remove(volume.VolumeId).ShouldBeTrue();

        var second = await client.DescribeVolumesAsync(
            new DescribeVolumesRequest { MaxResults = 10, NextToken = first.NextToken }, Cancellation);

        second.Volumes.Select(v => v.VolumeId).ShouldBe(rest);
        second.NextToken.ShouldBeNull();
    }

    [Fact]
    public async Task Empty_pages_short_pages_repeats_and_disorder_still_give_every_volume()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 60);
        ec2.Switches.Seed = 7;
        (ec2.Switches.EmptyPageChance, ec2.Switches.ShortPageChance) = (0.3, 0.5);
        (ec2.Switches.UnstableOrder, ec2.Switches.RepeatedItems) = (true, 1);

        var pages = await Ec2Fixture.PagesAsync(ec2.Client(), 10);

        var all = pages.SelectMany(p => p).ToList();
        all.Distinct().ShouldBe(ec2.Home.Volumes.Select(v => v.Id), ignoreOrder: true);
        pages.ShouldContain(p => p.Count == 0);
        pages.ShouldContain(p => p.Count > 0 && p.Count < 10);
        all.Count.ShouldBeGreaterThan(60);
        all.Distinct().ShouldNotBe(ec2.Home.Volumes.Select(v => v.Id));
    }

    [Fact]
    public async Task Every_field_arrives()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        var at = new DateTimeOffset(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero);
        ec2.Home.Put(new Ec2Volume
        {
            Id = "vol-0123456789abcdef0",
            Zone = "us-east-1b",
            SizeGib = 100,
            Type = "io2",
            Status = "in-use",
            CreatedAt = at,
            Iops = 6000,
            Throughput = 7,
            Encrypted = true,
            KmsKeyId = "arn:key",
            SseType = "sse-kms",
            MultiAttachEnabled = true,
            SnapshotId = "snap-1",
            ManagedBy = "eks.amazonaws.com",
            Tags = [new Ec2Tag("Name", "<a & \"b\" ü>")],
            Attachments =
            [
                new Ec2Attachment { InstanceId = "i-1", Device = "/dev/sdf", AttachedAt = at, DeleteOnTermination = true },
                new Ec2Attachment { AssociatedResource = "arn:task", InstanceOwningService = "ecs.amazonaws.com", Status = "busy" },
            ],
        });

        var volume = (await ec2.Client().DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation)).Volumes.ShouldHaveSingleItem();

        volume.ShouldSatisfyAllConditions(
            v => v.VolumeId.ShouldBe("vol-0123456789abcdef0"), v => v.AvailabilityZone.ShouldBe("us-east-1b"),
            v => v.AvailabilityZoneId.ShouldBe("use1-az2"), v => v.Size.ShouldBe(100), v => v.VolumeType.Value.ShouldBe("io2"),
            v => v.State.Value.ShouldBe("in-use"), v => v.CreateTime.ShouldBe(at.UtcDateTime), v => v.Iops.ShouldBe(6000),
            v => v.Throughput.ShouldBe(7), v => v.Encrypted.ShouldBe(true), v => v.KmsKeyId.ShouldBe("arn:key"),
            v => v.SseType.Value.ShouldBe("sse-kms"), v => v.MultiAttachEnabled.ShouldBe(true), v => v.SnapshotId.ShouldBe("snap-1"),
            v => v.Operator.Managed.ShouldBe(true), v => v.Operator.Principal.ShouldBe("eks.amazonaws.com"),
            v => v.Tags.ShouldHaveSingleItem().Value.ShouldBe("<a & \"b\" ü>"), v => v.Attachments.Count.ShouldBe(2));
        volume.Attachments[0].ShouldSatisfyAllConditions(
            a => a.InstanceId.ShouldBe("i-1"), a => a.Device.ShouldBe("/dev/sdf"), a => a.AttachTime.ShouldBe(at.UtcDateTime),
            a => a.DeleteOnTermination.ShouldBe(true), a => a.State.Value.ShouldBe("attached"));
        volume.Attachments[1].ShouldSatisfyAllConditions(
            a => a.InstanceId.ShouldBeNull(), a => a.Device.ShouldBeNull(), a => a.AssociatedResource.ShouldBe("arn:task"),
            a => a.State.Value.ShouldBe("busy"));
    }

    [Fact]
    public async Task Managed_volumes_are_hidden_until_they_are_asked_for()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1);
        ec2.Home.Put(new Ec2Volume { Id = "vol-0aaaaaaaaaaaaaaaa", Zone = "us-east-1a", ManagedBy = "eks.amazonaws.com" });
        ec2.Endpoint.Cloud.Account(Ec2Fixture.Account).HidesManagedVolumes = true;
        var client = ec2.Client();

        (await client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation)).Volumes.Count.ShouldBe(1);
        (await client.DescribeVolumesAsync(new DescribeVolumesRequest { IncludeManagedResources = true }, Cancellation))
            .Volumes.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Left_out_fields_and_unknown_words_arrive_as_they_are()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        ec2.Home.Put(new Ec2Volume { Id = "vol-0aaaaaaaaaaaaaaaa", Zone = "us-east-1a", Type = "gp9", Status = "thawing", Tags = [new Ec2Tag("a", "b")] });
        var client = ec2.Client();

        var whole = (await client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation)).Volumes.ShouldHaveSingleItem();
        ec2.Switches.OmitsOptionalFields = true;
        var bare = (await client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation)).Volumes.ShouldHaveSingleItem();

        (whole.VolumeType.Value, whole.State.Value, whole.Tags.Count).ShouldBe(("gp9", "thawing", 1));
        (bare.VolumeType, bare.CreateTime, bare.Tags, bare.Attachments).ShouldBe((null, null, null, null));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_token_that_makes_no_sense_is_refused(string token)
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 20);

        await Ec2Fixture.ShouldFailAsync("InvalidPaginationToken", 400,
            ec2.Client().DescribeVolumesAsync(new DescribeVolumesRequest { MaxResults = 10, NextToken = token }, Cancellation));
    }

    [Fact]
    public async Task A_token_is_good_for_its_own_listing_only()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 20);
        var client = ec2.Client();
        var page = await client.DescribeVolumesAsync(new DescribeVolumesRequest { MaxResults = 10 }, Cancellation);

        await Ec2Fixture.ShouldFailAsync("InvalidPaginationToken", 400,
            client.DescribeSnapshotsAsync(new DescribeSnapshotsRequest { MaxResults = 10, NextToken = page.NextToken }, Cancellation));
        await Ec2Fixture.ShouldFailAsync("InvalidPaginationToken", 400, ec2.Client("eu-west-1").DescribeVolumesAsync(
            new DescribeVolumesRequest { MaxResults = 10, NextToken = page.NextToken }, Cancellation));
    }

    [Fact]
    public async Task An_unknown_id_fails_the_whole_list_and_is_named()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 2);
        var known = ec2.Home.Volumes[0].Id;
        var client = ec2.Client();

        (await client.DescribeVolumesAsync(new DescribeVolumesRequest { VolumeIds = [known] }, Cancellation))
            .Volumes.ShouldHaveSingleItem().VolumeId.ShouldBe(known);
        (await Ec2Fixture.ShouldFailAsync("InvalidVolume.NotFound", 400, client.DescribeVolumesAsync(
            new DescribeVolumesRequest { VolumeIds = [known, "vol-0deadbeefdeadbeef"] }, Cancellation)))
            .Message.ShouldContain("'vol-0deadbeefdeadbeef'");
        await Ec2Fixture.ShouldFailAsync("InvalidParameterCombination", 400, client.DescribeVolumesAsync(
            new DescribeVolumesRequest { VolumeIds = [known], MaxResults = 10 }, Cancellation));
    }
}
