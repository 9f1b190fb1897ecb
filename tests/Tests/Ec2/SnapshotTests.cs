using Amazon.EC2;
using Amazon.EC2.Model;
using Microsoft.Extensions.Time.Testing;
using Octavo.Ec2;

namespace Octavo.Tests.Ec2;

public class SnapshotTests
{
    static CancellationToken Cancellation => Ec2Fixture.Cancellation;

    readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task A_volume_is_snapshotted_again_after_15_seconds_and_not_before()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 2, time: time);
        var client = ec2.Client();
        var (first, other) = (ec2.Home.Volumes[0].Id, ec2.Home.Volumes[1].Id);

        await TakeAsync(client, first);
        time.Advance(TimeSpan.FromSeconds(14.9));
        await Ec2Fixture.ShouldFailAsync("SnapshotCreationPerVolumeRateExceeded", 400, TakeAsync(client, first));
        await TakeAsync(client, other);
        time.Advance(TimeSpan.FromSeconds(0.1));
        await TakeAsync(client, first);

        ec2.Home.Snapshots.Select(s => s.VolumeId).ShouldBe([first, other, first]);
    }

    [Fact]
    public async Task Progress_rises_until_the_snapshot_is_complete()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1, time: time);
        ec2.Switches.SnapshotPending = TimeSpan.FromMinutes(10);
        var client = ec2.Client();
        var taken = await TakeAsync(client, ec2.Home.Volumes[0].Id);
        taken.State.ShouldBe(Amazon.EC2.SnapshotState.Pending);

        async Task<Snapshot> SeenAsync() => (await client.DescribeSnapshotsAsync(
            new DescribeSnapshotsRequest { OwnerIds = ["self"], SnapshotIds = [taken.SnapshotId] }, Cancellation)).Snapshots.ShouldHaveSingleItem();

        time.Advance(TimeSpan.FromMinutes(2.5));
        (await SeenAsync()).ShouldSatisfyAllConditions(s => s.State.Value.ShouldBe("pending"), s => s.Progress.ShouldBe("25%"));
        time.Advance(TimeSpan.FromMinutes(7.5));
        (await SeenAsync()).ShouldSatisfyAllConditions(
            s => s.State.Value.ShouldBe("completed"), s => s.Progress.ShouldBe("100%"),
            s => s.CompletionTime!.Value.ShouldBe(taken.StartTime!.Value.AddMinutes(10), TimeSpan.FromMilliseconds(1)));
    }

    [Theory]
    [InlineData("gp3", 5)]
    [InlineData("st1", 1)]
    public async Task A_volume_has_so_many_pending_snapshots_even_deleted_ones(string type, int limit)
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1, time: time);
        ec2.Home.Put(ec2.Home.Volumes[0] with { Type = type });
        (ec2.Switches.SnapshotPending, ec2.Switches.SnapshotSpacing) = (TimeSpan.FromMinutes(1), TimeSpan.Zero);
        var client = ec2.Client();
        var id = ec2.Home.Volumes[0].Id;

        for (var i = 0; i < limit; i++) await TakeAsync(client, id);
        await Ec2Fixture.ShouldFailAsync("ConcurrentSnapshotLimitExceeded", 400, TakeAsync(client, id));
        await client.DeleteSnapshotAsync(new DeleteSnapshotRequest(ec2.Home.Snapshots[0].Id), Cancellation);
        await Ec2Fixture.ShouldFailAsync("ConcurrentSnapshotLimitExceeded", 400, TakeAsync(client, id));
        time.Advance(TimeSpan.FromMinutes(1));
        await TakeAsync(client, id);
    }

    [Fact]
    public async Task A_region_has_100_pending_snapshots_and_not_one_more()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 101, time: time);
        ec2.Switches.SnapshotPending = TimeSpan.FromMinutes(1);
        var client = ec2.Client();
        var ids = ec2.Home.Volumes.Select(v => v.Id).ToList();

        foreach (var id in ids[..100]) await TakeAsync(client, id);
        await Ec2Fixture.ShouldFailAsync("PendingSnapshotLimitExceeded", 400, TakeAsync(client, ids[100]));
        await TakeAsync(ec2.Client("eu-west-1"), ec2.Endpoint.Cloud.Account(Ec2Fixture.Account).Region("eu-west-1").Volumes[0].Id);
        time.Advance(TimeSpan.FromMinutes(1));
        await TakeAsync(client, ids[100]);
    }

    [Fact]
    public async Task An_instances_volumes_are_snapshotted_together_without_those_that_are_left_out()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(time: time);
        string[] devices = ["/dev/xvda", "/dev/sdf", "/dev/sdg", "/dev/sdh"];
        foreach (var device in devices)
            ec2.Home.Put(new Ec2Volume
            {
                Id = $"vol-{device[^1]}",
                Zone = "us-east-1a",
                Status = "in-use",
                Tags = [new Ec2Tag("Name", device), new Ec2Tag("job", "old")],
                Attachments = [new Ec2Attachment { InstanceId = "i-1", Device = device }],
            });

        var reply = await ec2.Client().CreateSnapshotsAsync(new CreateSnapshotsRequest
        {
            InstanceSpecification = new InstanceSpecification { InstanceId = "i-1", ExcludeBootVolume = true, ExcludeDataVolumeIds = ["vol-g"] },
            CopyTagsFromSource = CopyTagsFromSource.Volume,
            Description = "nightly",
            TagSpecifications = [new TagSpecification { ResourceType = ResourceType.Snapshot, Tags = [new Tag("job", "7")] }],
        }, Cancellation);

        reply.Snapshots.Select(s => s.VolumeId).ShouldBe(["vol-f", "vol-h"]);
        reply.Snapshots.ShouldAllBe(s => s.State == Amazon.EC2.SnapshotState.Pending && s.StartTime == reply.Snapshots[0].StartTime);
        ec2.Home.Snapshots.ShouldAllBe(s => s.Description == "nightly" && s.Tag("job") == "7" && s.Tag("Name")!.StartsWith("/dev/"));
        await Ec2Fixture.ShouldFailAsync("SnapshotCreationPerVolumeRateExceeded", 400, ec2.Client().CreateSnapshotsAsync(
            new CreateSnapshotsRequest { InstanceSpecification = new InstanceSpecification { InstanceId = "i-1" } }, Cancellation));
        ec2.Home.Snapshots.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_snapshot_is_deleted_once_and_not_while_an_image_needs_it()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 2, snapshots: 2);
        ec2.Home.Put(ec2.Home.Snapshots[0] with { UsedByImage = "ami-1" });
        var client = ec2.Client();
        var (used, free) = (ec2.Home.Snapshots[0].Id, ec2.Home.Snapshots[1].Id);

        await Ec2Fixture.ShouldFailAsync("InvalidSnapshot.InUse", 400, client.DeleteSnapshotAsync(new DeleteSnapshotRequest(used), Cancellation));
        await client.DeleteSnapshotAsync(new DeleteSnapshotRequest(free), Cancellation);
        await Ec2Fixture.ShouldFailAsync("InvalidSnapshot.NotFound", 400,
            client.DeleteSnapshotAsync(new DeleteSnapshotRequest(free), Cancellation));
    }

    static async Task<Snapshot> TakeAsync(AmazonEC2Client client, string volume) =>
        (await client.CreateSnapshotAsync(new CreateSnapshotRequest { VolumeId = volume }, Cancellation)).Snapshot;
}
