using Octavo.Core;
using Octavo.Ec2;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>Snapshots and deletions while replies are lost and limits are near: exactly what was asked, no more, and no false failure.</summary>
public class EbsChangeTests : EbsFaults
{
    const int Several = 20;

    [Fact]
    public async Task With_replies_lost_there_are_exactly_as_many_snapshots_as_were_asked_for()
    {
        var volumes = Enumerable.Range(0, Several).Select(_ => Ebs.Put()).ToList();
        Ebs.Endpoint.Switches.LostReplyChance = 0.3;
        Ebs.Endpoint.Switches.VisibilityLag = TimeSpan.FromSeconds(3);
        Ebs.Endpoint.Switches.SnapshotPending = TimeSpan.FromSeconds(30);

        var taken = await Task.WhenAll(volumes.Select(volume => SnapshotAsync(volume.Id, OperationId.New())));

        Ebs.Endpoint.Journal["CreateSnapshot"].LostReplies.ShouldBeGreaterThan(0);
        taken.Select(s => s.Id.Value).ShouldBe(Ebs.Region.Snapshots.Select(s => s.Id), ignoreOrder: true);
        taken.Select(s => s.Volume.Value).ShouldBe(volumes.Select(v => v.Id), ignoreOrder: true);
    }

    [Fact]
    public async Task With_requests_and_replies_lost_each_snapshot_is_taken_once()
    {
        var volumes = Enumerable.Range(0, Several).Select(_ => Ebs.Put()).ToList();
        Ebs.Endpoint.Switches.LostReplyChance = 0.2;
        Ebs.Endpoint.Switches.LostRequestChance = 0.2;
        Ebs.Endpoint.Switches.SnapshotSpacing = TimeSpan.Zero;

        await Task.WhenAll(volumes.Select(volume => SnapshotAsync(volume.Id, OperationId.New())));

        Ebs.Region.Snapshots.Count.ShouldBe(Several);
    }

    [Fact]
    public async Task A_lost_snapshot_that_cannot_be_looked_for_now_is_not_called_a_mere_wait()
    {
        var volume = Ebs.Put();
        var operation = OperationId.New();
        Ebs.Endpoint.Switches.FaultyActions = ["CreateSnapshot"];
        Ebs.Endpoint.Switches.LostReplyChance = 1;
        Ebs.Endpoint.Switches.FailNext("DescribeSnapshots", 6, "RequestLimitExceeded", 503);

        var lost = await ShouldFailAsync(ErrorCode.Unavailable, () => Provider.CreateSnapshotAsync(
            Ebs.Cell, new ProviderVolumeId(volume.Id), operation, mayBeTaken: false, Cancellation));
        lost.RetryAfter.ShouldBeNull();
        Ebs.Endpoint.Switches.LostReplyChance = 0;
        await Provider.CreateSnapshotAsync(Ebs.Cell, new ProviderVolumeId(volume.Id), operation, mayBeTaken: true, Cancellation);

        Ebs.Region.Snapshots.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task With_replies_lost_no_deletion_is_reported_failed_that_happened()
    {
        var volumes = Enumerable.Range(0, Several).Select(_ => Ebs.Put()).ToList();
        Ebs.Endpoint.Switches.LostReplyChance = 0.3;
        Ebs.Endpoint.Switches.DeleteLag = TimeSpan.FromSeconds(5);

        await Task.WhenAll(volumes.Select(volume => DeleteAsync(volume.Id)));

        Ebs.Endpoint.Journal["DeleteVolume"].LostReplies.ShouldBeGreaterThan(0);
        Ebs.Region.Volumes.ShouldBeEmpty();
    }

    [Fact]
    public async Task With_replies_lost_a_volume_is_made_once()
    {
        Ebs.Endpoint.Switches.LostReplyChance = 0.3;

        await Task.WhenAll(Enumerable.Range(0, Several).Select(i =>
        {
            var operation = OperationId.New();
            return RunAsync(_ => Provider.CreateVolumeAsync(
                Ebs.Cell, new VolumeSpec(Ebs.Size, Ebs.Region.Zones[0], null, $"v{i}"), operation, Cancellation));
        }));

        Ebs.Region.Volumes.Count.ShouldBe(Several);
        Ebs.Region.Volumes.Select(v => v.Tag("Name")).Distinct().Count().ShouldBe(Several);
    }

    [Fact]
    public async Task A_second_snapshot_within_fifteen_seconds_waits_and_does_not_collide()
    {
        var volume = Ebs.Put();
        await SnapshotAsync(volume.Id, OperationId.New());

        var early = await ShouldFailAsync(ErrorCode.Unavailable, () => TakeAsync(volume.Id));
        early.RetryAfter.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromSeconds(14), TimeSpan.FromSeconds(15));
        await SnapshotAsync(volume.Id, OperationId.New());

        Ebs.Region.Snapshots.Count.ShouldBe(2);
        Ebs.Endpoint.Journal["CreateSnapshot"].Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_snapshot_that_another_tool_took_teaches_the_wait()
    {
        var volume = Ebs.Put();
        Ebs.Endpoint.Switches.FailNext("CreateSnapshot", 1, "SnapshotCreationPerVolumeRateExceeded", 400);

        var refused = await ShouldFailAsync(ErrorCode.Unavailable, () => TakeAsync(volume.Id));
        refused.RetryAfter.ShouldBe(TimeSpan.FromSeconds(15));
        refused.ProviderCode.ShouldBe("SnapshotCreationPerVolumeRateExceeded");
        (await ShouldFailAsync(ErrorCode.Unavailable, () => TakeAsync(volume.Id))).RetryAfter.ShouldNotBeNull();

        Ebs.Endpoint.Journal["CreateSnapshot"].Calls.ShouldBe(1);
    }

    [Fact]
    public async Task The_sixth_pending_snapshot_of_a_volume_waits_for_one_to_end()
    {
        var volume = Ebs.Put();
        Ebs.Endpoint.Switches.SnapshotPending = TimeSpan.FromMinutes(3);
        var taken = new List<ProviderSnapshot>();

        for (var i = 0; i < 6; i++) taken.Add(await SnapshotAsync(volume.Id, OperationId.New(), taken));

        Ebs.Endpoint.Journal["CreateSnapshot"].Errors.ShouldBeEmpty();
        Ebs.Region.Snapshots.Count.ShouldBe(6);
    }

    [Fact]
    public async Task Two_hundred_deletions_in_one_region_take_what_the_bucket_takes_and_meet_no_throttle()
    {
        var volumes = Enumerable.Range(0, 200).Select(_ => Ebs.Put()).ToList();
        Ebs.Endpoint.Switches.Throttling = true;
        var began = Ebs.Time.GetTimestamp();

        await Task.WhenAll(volumes.Select(volume => DeleteAsync(volume.Id)));

        Ebs.Region.Volumes.ShouldBeEmpty();
        Ebs.Endpoint.Journal["DeleteVolume"].Throttled.ShouldBe(0);
        Ebs.Time.GetElapsedTime(began).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(22));
    }

    [Fact]
    public async Task Deletions_beside_another_tool_that_takes_half_the_bucket_all_succeed()
    {
        var volumes = Enumerable.Range(0, 100).Select(_ => Ebs.Put()).ToList();
        Ebs.Endpoint.Switches.Throttling = true;
        Ebs.Endpoint.Switches.ThrottleScale = 0.5;

        await Task.WhenAll(volumes.Select(volume => DeleteAsync(volume.Id)));

        Ebs.Region.Volumes.ShouldBeEmpty();
        Ebs.Endpoint.Journal["DeleteVolume"].Throttled.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task An_attached_volume_is_refused_by_the_name_of_its_instance_without_a_call()
    {
        var volume = Ebs.Put(new Ec2Volume
        {
            Id = "",
            Zone = Ebs.Region.Zones[0],
            Status = "in-use",
            Attachments = [new Ec2Attachment { InstanceId = "i-0123456789abcdef0", Device = "/dev/sdf" }],
        });

        var refused = await ShouldFailAsync(ErrorCode.Conflict, () => DeleteAsync(volume.Id));

        refused.Message.ShouldBe("The volume is attached to instance i-0123456789abcdef0 as /dev/sdf. Detach it first.");
        Ebs.Endpoint.Journal["DeleteVolume"].Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_snapshot_under_an_image_is_refused_in_EC2s_words()
    {
        var volume = Ebs.Put();
        var snapshot = await SnapshotAsync(volume.Id, OperationId.New());
        Ebs.Region.Put(Ebs.Region.Snapshots.Single() with { UsedByImage = "ami-1" });

        var refused = await ShouldFailAsync(ErrorCode.Conflict,
            () => Provider.DeleteSnapshotAsync(Ebs.Cell, snapshot.Id, OperationId.New(), Cancellation));

        refused.Message.ShouldContain("ami-1");
        refused.ProviderCode.ShouldBe("InvalidSnapshot.InUse");
        refused.ProviderRequestId.ShouldNotBeNullOrEmpty();
    }

    Task<ProviderSnapshot> TakeAsync(string volume) =>
        Provider.CreateSnapshotAsync(Ebs.Cell, new ProviderVolumeId(volume), OperationId.New(), mayBeTaken: false, Cancellation);

    Task<ProviderSnapshot> SnapshotAsync(string volume, OperationId operation, IEnumerable<ProviderSnapshot>? looking = null) =>
        RunAsync(async mayBeTaken =>
        {
            // As the operations of earlier snapshots look at theirs.
            foreach (var earlier in looking ?? []) await Provider.GetSnapshotAsync(Ebs.Cell, earlier.Id, Cancellation);
            return await Provider.CreateSnapshotAsync(Ebs.Cell, new ProviderVolumeId(volume), operation, mayBeTaken, Cancellation);
        });
}
