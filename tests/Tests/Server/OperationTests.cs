using System.Text.Json.Nodes;
using Octavo.Ec2;

namespace Octavo.Tests.Server;

/// <summary>Long work is an operation that tells its steps, can be waited for, and can be stopped where the provider can.</summary>
public sealed class OperationTests
{
    static readonly DateTimeOffset Long = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    static Task<AwsHost> WithVolumesAsync(int count) => AwsHost.StartAsync((_, region) =>
    {
        for (var i = 0; i < count; i++)
            region.Put(new Ec2Volume { Id = $"vol-{i:x17}", Zone = "eu-west-1a", CreatedAt = Long, Tags = [new("Name", $"disk {i}")] });
    });

    [Fact]
    public async Task An_operation_tells_the_steps_that_it_went_through_in_their_order()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync();

        var made = await host.V2Async("POST", $"/v2/volumes/{volume}/snapshots?wait=30");

        made.Status.ShouldBe(200, made.Body);
        var operation = made.Json["operation"]!;
        ((string?)operation["state"]).ShouldBe("succeeded");
        ((int)operation["progress_percent"]!).ShouldBe(100);
        var steps = operation["steps"]!.AsArray();
        steps.Select(s => (string?)s!["step"]).ShouldBe(["taking", "copying"]);
        steps.Select(s => s!["at"]!.GetValue<DateTimeOffset>()).ShouldBeInOrder();
        ((bool)operation["is_cancellable"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task A_creation_that_is_cancelled_leaves_nothing_at_aws_and_nothing_in_the_list()
    {
        await using var aws = await WithVolumesAsync(0);
        // EC2 deletes none that it is still making.
        aws.Ec2.Switches.CreateLag = TimeSpan.FromSeconds(3);
        var made = await aws.Server.V2Async("POST", "/v2/volumes", new JsonObject { ["name"] = "x", ["size_gib"] = 1, ["credential_id"] = aws.Credential });
        var id = (string)made.Json["operation"]!["id"]!;
        await ServerHost.EventuallyAsync(() => Task.FromResult(aws.Region.VolumeCount), count => count == 1);

        var cancelled = await aws.Server.V2Async("POST", $"/v2/operations/{id}/cancel");

        cancelled.Status.ShouldBe(202, cancelled.Body);
        var ended = await aws.Server.EndAsync(made.Json["operation"]!);
        ((string?)ended["state"]).ShouldBe("cancelled", ended.ToString());
        await ServerHost.EventuallyAsync(() => Task.FromResult(aws.Region.VolumeCount), count => count == 0);
        (await aws.Server.ItemsAsync("/v2/volumes")).ShouldBeEmpty();
        (await aws.Server.V2Async("POST", $"/v2/operations/{id}/cancel")).Status.ShouldBe(409);
    }

    [Fact]
    public async Task A_snapshot_that_is_cancelled_while_aws_copies_is_taken_off()
    {
        await using var aws = await WithVolumesAsync(1);
        aws.Ec2.Switches.SnapshotPending = TimeSpan.FromHours(1);
        var volume = (string)(await aws.Server.ItemsAsync("/v2/volumes"))[0]["id"]!;
        var taken = await aws.Server.V2Async("POST", $"/v2/volumes/{volume}/snapshots");
        var address = $"/v2/operations/{taken.Json["operation"]!["id"]}";
        await ServerHost.EventuallyAsync(() => aws.Server.V2Async("GET", address), now => (string?)now.Json["step"] == "copying");

        (await aws.Server.V2Async("POST", $"{address}/cancel")).Status.ShouldBe(202);

        ((string?)(await aws.Server.EndAsync(taken.Json["operation"]!))["state"]).ShouldBe("cancelled");
        aws.Region.Snapshots.ShouldBeEmpty();
        (await aws.Server.ItemsAsync("/v2/snapshots")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_many_what_is_done_stays_and_what_is_not_is_cancelled()
    {
        await using var aws = await WithVolumesAsync(5);
        aws.Ec2.Switches.SnapshotPending = TimeSpan.FromHours(1);
        var accepted = await aws.Server.V2Async("POST", "/v2/snapshots", new JsonObject { ["filter"] = new JsonObject() });
        accepted.Status.ShouldBe(202, accepted.Body);
        var address = $"/v2/operations/{accepted.Json["operation"]!["id"]}";
        await ServerHost.EventuallyAsync(() => Task.FromResult(aws.Region.Snapshots.Count), count => count == 5);

        (await aws.Server.V2Async("POST", $"{address}/cancel")).Status.ShouldBe(202);

        ((string?)(await aws.Server.EndAsync(accepted.Json["operation"]!))["state"]).ShouldBe("cancelled");
        (await aws.Server.ItemsAsync($"{address}/items")).Select(item => (string?)item["state"]).ShouldAllBe(state => state == "cancelled");
        aws.Region.Snapshots.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_progress_of_many_is_that_of_its_parts()
    {
        await using var aws = await WithVolumesAsync(3);
        aws.Ec2.Switches.SnapshotPending = TimeSpan.FromSeconds(8);
        var accepted = await aws.Server.V2Async("POST", "/v2/snapshots", new JsonObject { ["filter"] = new JsonObject() });
        var address = $"/v2/operations/{accepted.Json["operation"]!["id"]}";

        var seen = await ServerHost.EventuallyAsync(() => aws.Server.V2Async("GET", address), now => (int)now.Json["progress_percent"]! > 0);

        ((int)seen.Json["progress_percent"]!).ShouldBeLessThan(100);
        (await aws.Server.ItemsAsync($"{address}/items")).ShouldAllBe(item => (string?)item["state"] == "running");
    }

    [Fact]
    public async Task A_deletion_is_cancelled_while_it_waits_for_its_final_snapshot_and_the_volume_stays()
    {
        await using var aws = await WithVolumesAsync(1);
        aws.Ec2.Switches.SnapshotPending = TimeSpan.FromHours(1);
        var volume = (string)(await aws.Server.ItemsAsync("/v2/volumes"))[0]["id"]!;
        var accepted = await aws.Server.V2Async("DELETE", $"/v2/volumes/{volume}?final_snapshot=true");
        var address = $"/v2/operations/{accepted.Json["operation"]!["id"]}";
        await ServerHost.EventuallyAsync(() => aws.Server.V2Async("GET", address), now => (string?)now.Json["step"] == "snapshotting");
        await ServerHost.EventuallyAsync(() => Task.FromResult(aws.Region.Snapshots.Count), count => count == 1);
        (await aws.Server.ItemsAsync("/v2/volumes")).ShouldBeEmpty();

        (await aws.Server.V2Async("POST", $"{address}/cancel")).Status.ShouldBe(202);

        ((string?)(await aws.Server.EndAsync(accepted.Json["operation"]!))["state"]).ShouldBe("cancelled");
        ((string?)(await aws.Server.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem()["state"]).ShouldBe("available");
        aws.Region.VolumeCount.ShouldBe(1);
    }

    [Fact]
    public async Task A_wait_answers_at_its_end_also_when_the_work_does_not_come_to_one()
    {
        await using var aws = await WithVolumesAsync(1);
        aws.Ec2.Switches.SnapshotPending = TimeSpan.FromHours(1);
        var volume = (string)(await aws.Server.ItemsAsync("/v2/volumes"))[0]["id"]!;

        var waited = await aws.Server.V2Async("POST", $"/v2/volumes/{volume}/snapshots?wait=1");

        waited.Status.ShouldBe(202, waited.Body);
        waited.Header("Location").ShouldBe($"/v2/operations/{waited.Json["operation"]!["id"]}");
        (await aws.Server.V2Async("POST", $"/v2/volumes/{volume}/snapshots?wait=61")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Snapshots_of_many_are_planned_without_taking_any()
    {
        await using var aws = await WithVolumesAsync(3);

        var plan = await aws.Server.V2Async("POST", "/v2/snapshots", new JsonObject
        {
            ["filter"] = new JsonObject { ["name_contains"] = "disk" },
            ["dry_run"] = true,
        });

        plan.Status.ShouldBe(200, plan.Body);
        ((long)plan.Json["volumes"]!).ShouldBe(3);
        ((long)plan.Json["size_bytes"]!).ShouldBe(3L * 8 << 30);
        aws.Region.Snapshots.ShouldBeEmpty();
        (await aws.Server.ItemsAsync("/v2/operations?kind=create-snapshots")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Operations_are_found_by_kind_state_and_volume_the_newest_first()
    {
        await using var host = await ServerHost.StartAsync();
        var (one, two) = (await host.VolumeAsync("one"), await host.VolumeAsync("two"));
        await host.SnapshotAsync(one);
        await host.SnapshotAsync(two);

        (await host.ItemsAsync($"/v2/operations?volume_id={one}")).Select(o => (string?)o["kind"]).ShouldBe(["create-snapshot", "create-volume"]);
        (await host.ItemsAsync("/v2/operations?kind=create-volume&state=succeeded")).Select(o => (string?)o["volume_id"]).ShouldBe([two, one]);
        (await host.ItemsAsync("/v2/operations?state=running")).ShouldBeEmpty();
        (await host.V2Async("GET", "/v2/operations?state=sleeping")).Status.ShouldBe(400);
    }
}
