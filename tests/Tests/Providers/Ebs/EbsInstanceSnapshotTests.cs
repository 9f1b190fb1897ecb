using Octavo.Core;
using Octavo.Ec2;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>Snapshots of an instance: one call, one instant, one set for each operation, whatever is lost or lags.</summary>
public class EbsInstanceSnapshotTests : EbsFaults
{
    const int Several = 10;
    const string Instance = "i-0123456789abcdef0";

    [Fact]
    public async Task An_instance_is_one_call_one_instant_and_one_tag()
    {
        var volumes = Attach(Instance, 3);
        var operation = OperationId.New();

        var taken = await TakeAsync(Instance, volumes, operation, mayBeTaken: false);

        Ebs.Endpoint.Journal["CreateSnapshots"].Calls.ShouldBe(1);
        Ebs.Endpoint.Journal["CreateSnapshot"].Calls.ShouldBe(0);
        taken.Select(s => s.Volume).ShouldBe(volumes, ignoreOrder: true);
        taken.Select(s => s.StartedAt).Distinct().ShouldHaveSingleItem();
        Ebs.Region.Snapshots.ShouldAllBe(s => s.Tag("octavo:operation") == operation.Value);
    }

    [Fact]
    public async Task With_replies_lost_and_a_lag_each_operation_has_one_set()
    {
        var instances = Enumerable.Range(0, Several).ToDictionary(i => $"i-0123456789abcdef{i}", i => Attach($"i-0123456789abcdef{i}", 3));
        Ebs.Endpoint.Switches.LostReplyChance = 0.3;
        Ebs.Endpoint.Switches.VisibilityLag = TimeSpan.FromSeconds(3);
        Ebs.Endpoint.Switches.SnapshotPending = TimeSpan.FromSeconds(30);

        var sets = await Task.WhenAll(instances.Select(i =>
        {
            var operation = OperationId.New();
            return RunAsync(mayBeTaken => TakeAsync(i.Key, i.Value, operation, mayBeTaken));
        }));

        Ebs.Endpoint.Journal["CreateSnapshots"].LostReplies.ShouldBeGreaterThan(0);
        sets.ShouldAllBe(set => set.Count == 3);
        sets.SelectMany(set => set).Select(s => s.Id.Value).ShouldBe(Ebs.Region.Snapshots.Select(s => s.Id), ignoreOrder: true);
    }

    [Fact]
    public async Task After_a_death_before_the_record_the_next_attempt_finds_the_set()
    {
        var volumes = Attach(Instance, 3);
        var operation = OperationId.New();
        Ebs.Endpoint.Switches.VisibilityLag = TimeSpan.FromSeconds(3);
        await using var next = Ebs.Restarted();

        var taken = await TakeAsync(Instance, volumes, operation, mayBeTaken: false);
        var found = await next.Provider.CreateSnapshotsAsync(Ebs.Cell, Instance, volumes, operation, mayBeTaken: true, Cancellation);

        found.Select(s => s.Id).ShouldBe(taken.Select(s => s.Id), ignoreOrder: true);
        Ebs.Endpoint.Journal["CreateSnapshots"].Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_part_of_a_set_is_waited_on_and_is_never_a_reason_for_another()
    {
        var volumes = Attach(Instance, 3);
        var operation = OperationId.New();
        await using var next = Ebs.Restarted();
        var taken = await TakeAsync(Instance, volumes, operation, mayBeTaken: false);
        var late = Ebs.Region.Snapshots.Single(s => s.Id == taken[0].Id.Value);
        Ebs.Region.Remove(late.Id);
        var began = Ebs.Time.GetTimestamp();

        var found = await next.Provider.CreateSnapshotsAsync(Ebs.Cell, Instance, volumes, operation, mayBeTaken: true, Cancellation);

        found.Select(s => s.Id).ShouldBe(taken.Skip(1).Select(s => s.Id), ignoreOrder: true);
        Ebs.Time.GetElapsedTime(began).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(15));
        Ebs.Endpoint.Journal["CreateSnapshots"].Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_volume_attached_since_comes_into_the_set_and_one_detached_since_does_not()
    {
        var volumes = Attach(Instance, 3);
        var extra = Attach(Instance, 1, "/dev/sdx");
        Ebs.Region.Put(Ebs.Region.Volumes.Single(v => v.Id == volumes[2].Value) with { Status = "available", Attachments = [] });

        var taken = await TakeAsync(Instance, volumes, OperationId.New(), mayBeTaken: false);

        taken.Select(s => s.Volume).ShouldBe(volumes.Take(2), ignoreOrder: true);
        Ebs.Region.Snapshots.Select(s => s.VolumeId).ShouldBe(volumes.Take(2).Append(extra[0]).Select(v => v.Value), ignoreOrder: true);
    }

    [Fact]
    public async Task A_set_waits_where_one_of_its_volumes_or_the_region_must_and_does_not_collide()
    {
        var volumes = Attach(Instance, 3);
        await Provider.CreateSnapshotAsync(Ebs.Cell, volumes[1], OperationId.New(), mayBeTaken: false, Cancellation);

        var early = await ShouldFailAsync(ErrorCode.Unavailable, () => TakeAsync(Instance, volumes, OperationId.New(), mayBeTaken: false));
        early.RetryAfter.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromSeconds(14), TimeSpan.FromSeconds(15));
        await RunAsync(mayBeTaken => TakeAsync(Instance, volumes, OperationId.New(), mayBeTaken));

        Ebs.Endpoint.Journal["CreateSnapshots"].Errors.ShouldBeEmpty();
        Ebs.Region.Snapshots.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Places_are_kept_for_a_set_that_finds_too_few()
    {
        var volumes = Attach(Instance, 3);
        Ebs.Endpoint.Switches.SnapshotPending = TimeSpan.FromHours(1);
        for (var i = 0; i < 98; i++) await SingleAsync(OperationId.New());

        (await ShouldFailAsync(ErrorCode.Unavailable, () => TakeAsync(Instance, volumes, OperationId.New(), mayBeTaken: false)))
            .RetryAfter.ShouldNotBeNull();
        (await ShouldFailAsync(ErrorCode.Unavailable, () => SingleAsync(OperationId.New()))).RetryAfter.ShouldNotBeNull();

        Ebs.Region.Snapshots.Count.ShouldBe(98);
        Ebs.Endpoint.Journal["CreateSnapshots"].Calls.ShouldBe(0);
    }

    Task<IReadOnlyList<ProviderSnapshot>> TakeAsync(
        string instance, IReadOnlyList<ProviderVolumeId> volumes, OperationId operation, bool mayBeTaken) =>
        Provider.CreateSnapshotsAsync(Ebs.Cell, instance, volumes, operation, mayBeTaken, Cancellation);

    Task<ProviderSnapshot> SingleAsync(OperationId operation) =>
        Provider.CreateSnapshotAsync(Ebs.Cell, new ProviderVolumeId(Ebs.Put().Id), operation, mayBeTaken: false, Cancellation);

    List<ProviderVolumeId> Attach(string instance, int count, string? device = null) =>
    [
        .. Enumerable.Range(0, count).Select(i => new ProviderVolumeId(Ebs.Put(new Ec2Volume
        {
            Id = "",
            Zone = Ebs.Region.Zones[0],
            Status = "in-use",
            Attachments = [new Ec2Attachment { InstanceId = instance, Device = device ?? (i == 0 ? "/dev/xvda" : $"/dev/sd{(char)('f' + i)}") }],
        }).Id)),
    ];
}
