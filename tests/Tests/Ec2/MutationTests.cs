using Amazon.EC2;
using Amazon.EC2.Model;
using Microsoft.Extensions.Time.Testing;
using Octavo.Ec2;

namespace Octavo.Tests.Ec2;

public class MutationTests
{
    static CancellationToken Cancellation => Ec2Fixture.Cancellation;

    [Fact]
    public async Task A_client_token_makes_one_volume_and_no_other()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        var client = ec2.Client();
        CreateVolumeRequest Request(int size) => new()
        {
            AvailabilityZone = "us-east-1a",
            Size = size,
            VolumeType = VolumeType.Gp3,
            ClientToken = "job-1",
            TagSpecifications = [new TagSpecification { ResourceType = ResourceType.Volume, Tags = [new Tag("job", "1")] }],
        };

        var first = await client.CreateVolumeAsync(Request(10), Cancellation);
        var second = await client.CreateVolumeAsync(Request(10), Cancellation);
        await Ec2Fixture.ShouldFailAsync("IdempotentParameterMismatch", 400, client.CreateVolumeAsync(Request(11), Cancellation));

        second.Volume.VolumeId.ShouldBe(first.Volume.VolumeId);
        first.Volume.State.ShouldBe(Amazon.EC2.VolumeState.Creating);
        ec2.Home.Volumes.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            v => v.Tag("job").ShouldBe("1"), v => v.SizeGib.ShouldBe(10), v => v.Iops.ShouldBe(3000), v => v.Status.ShouldBe("available"));
        ec2.Endpoint.Journal.Mutations.ShouldHaveSingleItem().Action.ShouldBe("CreateVolume");
    }

    [Fact]
    public async Task A_volume_is_made_of_a_snapshot_no_smaller_than_it()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1, snapshots: 1);
        var snapshot = ec2.Home.Snapshots[0];
        var client = ec2.Client();

        var made = await client.CreateVolumeAsync(new CreateVolumeRequest("us-east-1c", snapshot.Id), Cancellation);

        (made.Volume.Size, made.Volume.SnapshotId, made.Volume.Encrypted).ShouldBe((snapshot.VolumeSizeGib, snapshot.Id, snapshot.Encrypted));
        await Ec2Fixture.ShouldFailAsync("InvalidParameterValue", 400, client.CreateVolumeAsync(
            new CreateVolumeRequest("us-east-1c", snapshot.Id) { Size = snapshot.VolumeSizeGib - 1 }, Cancellation));
        await Ec2Fixture.ShouldFailAsync("InvalidSnapshot.NotFound", 400,
            client.CreateVolumeAsync(new CreateVolumeRequest("us-east-1c", "snap-0deadbeef"), Cancellation));
        await Ec2Fixture.ShouldFailAsync("InvalidZone.NotFound", 400,
            client.CreateVolumeAsync(new CreateVolumeRequest("eu-west-1a", 10), Cancellation));
    }

    [Fact]
    public async Task A_volume_is_deleted_once_and_not_while_it_is_attached()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 2, attached: 1);
        var client = ec2.Client();
        var (attached, free) = (ec2.Home.Volumes[0].Id, ec2.Home.Volumes[1].Id);
        DeleteVolumeRequest Request(string id) => new(id);

        await Ec2Fixture.ShouldFailAsync("VolumeInUse", 400, client.DeleteVolumeAsync(Request(attached), Cancellation));
        await client.DeleteVolumeAsync(Request(free), Cancellation);
        await Ec2Fixture.ShouldFailAsync("InvalidVolume.NotFound", 400, client.DeleteVolumeAsync(Request(free), Cancellation));
        await client.DetachVolumeAsync(new DetachVolumeRequest(attached), Cancellation);
        await client.DeleteVolumeAsync(Request(attached), Cancellation);

        ec2.Home.Volumes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Attaching_and_detaching_show_in_the_next_listing()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1);
        ec2.Home.AddInstance("i-1");
        var id = ec2.Home.Volumes[0].Id;
        var client = ec2.Client();

        await Ec2Fixture.ShouldFailAsync("InvalidInstanceID.NotFound", 400,
            client.AttachVolumeAsync(new AttachVolumeRequest(id, "i-2", "/dev/sdf"), Cancellation));
        var attaching = await client.AttachVolumeAsync(new AttachVolumeRequest(id, "i-1", "/dev/sdf"), Cancellation);
        attaching.Attachment.State.ShouldBe(Amazon.EC2.VolumeAttachmentState.Attaching);
        await Ec2Fixture.ShouldFailAsync("VolumeInUse", 400,
            client.AttachVolumeAsync(new AttachVolumeRequest(id, "i-1", "/dev/sdg"), Cancellation));
        ec2.Home.Volumes[0].ShouldSatisfyAllConditions(
            v => v.Status.ShouldBe("in-use"), v => v.Attachments.ShouldHaveSingleItem().Status.ShouldBe("attached"));
        await client.DetachVolumeAsync(new DetachVolumeRequest(id), Cancellation);
        ec2.Home.Volumes[0].ShouldSatisfyAllConditions(v => v.Status.ShouldBe("available"), v => v.Attachments.ShouldBeEmpty());
    }

    [Fact]
    public async Task Tags_are_put_and_taken_on_all_that_is_named_or_on_none()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 2, snapshots: 1);
        var client = ec2.Client();
        var (volume, snapshot) = (ec2.Home.Volumes[1].Id, ec2.Home.Snapshots[0].Id);

        await client.CreateTagsAsync(new CreateTagsRequest([volume, snapshot], [new Tag("a", "1"), new Tag("b", "2")]), Cancellation);
        await Ec2Fixture.ShouldFailAsync("InvalidVolume.NotFound", 400,
            client.CreateTagsAsync(new CreateTagsRequest([volume, "vol-0deadbeef"], [new Tag("c", "3")]), Cancellation));
        ec2.Home.Volumes[1].Tags.ShouldBe([new Ec2Tag("a", "1"), new Ec2Tag("b", "2")]);
        await client.DeleteTagsAsync(
            new DeleteTagsRequest { Resources = [volume, snapshot], Tags = [new Tag { Key = "a" }, new Tag("b", "other")] }, Cancellation);

        ec2.Home.Volumes[1].Tags.ShouldBe([new Ec2Tag("b", "2")]);
        ec2.Home.Snapshots[0].Tags.ShouldBe([new Ec2Tag("b", "2")]);
    }

    [Fact]
    public async Task A_dry_run_tells_what_is_allowed_and_does_nothing()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1);
        var id = ec2.Home.Volumes[0].Id;
        ec2.Key.Allowed = ["ec2:Describe*", "ec2:DeleteVolume"];
        var client = ec2.Client();

        await Ec2Fixture.ShouldFailAsync("DryRunOperation", 412,
            client.DeleteVolumeAsync(new DeleteVolumeRequest(id) { DryRun = true }, Cancellation));
        await Ec2Fixture.ShouldFailAsync("DryRunOperation", 412,
            client.DescribeVolumesAsync(new DescribeVolumesRequest { DryRun = true }, Cancellation));
        await Ec2Fixture.ShouldFailAsync("UnauthorizedOperation", 403,
            client.CreateSnapshotAsync(new CreateSnapshotRequest { VolumeId = id, DryRun = true }, Cancellation));
        await Ec2Fixture.ShouldFailAsync("UnauthorizedOperation", 403,
            client.CreateSnapshotAsync(new CreateSnapshotRequest { VolumeId = id }, Cancellation));

        ec2.Endpoint.Journal.Mutations.ShouldBeEmpty();
        ec2.Home.VolumeCount.ShouldBe(1);
    }

    [Fact]
    public async Task Lags_hide_what_was_made_and_show_what_was_deleted()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1, time: time);
        ec2.Switches.VisibilityLag = TimeSpan.FromSeconds(10);
        (ec2.Switches.CreateLag, ec2.Switches.DeleteLag) = (TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30));
        var client = ec2.Client();
        var old = ec2.Home.Volumes[0].Id;

        async Task<string> SeenAsync() => string.Join(' ',
            ((await client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation)).Volumes ?? [])
            .Select(v => $"{(v.VolumeId == old ? "old" : "new")}:{v.State}"));

        var made = (await client.CreateVolumeAsync(new CreateVolumeRequest("us-east-1a", 10), Cancellation)).Volume.VolumeId;
        await client.DeleteVolumeAsync(new DeleteVolumeRequest(old), Cancellation);
        (await SeenAsync()).ShouldBe("old:available");
        await Ec2Fixture.ShouldFailAsync("InvalidVolume.NotFound", 400,
            client.DescribeVolumesAsync(new DescribeVolumesRequest { VolumeIds = [made] }, Cancellation));
        time.Advance(TimeSpan.FromSeconds(10));
        (await SeenAsync()).ShouldBe("old:deleting new:creating");
        time.Advance(TimeSpan.FromSeconds(10));
        (await SeenAsync()).ShouldBe("old:deleting new:available");
        time.Advance(TimeSpan.FromSeconds(10));
        (await SeenAsync()).ShouldBe("new:available");
    }
}
