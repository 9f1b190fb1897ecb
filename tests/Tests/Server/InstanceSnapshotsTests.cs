using System.Text.Json.Nodes;
using Octavo.Ec2;

namespace Octavo.Tests.Server;

/// <summary>A selection over instances and loose volumes, from the request of a client to the calls that an EC2 endpoint gets.</summary>
public sealed class InstanceSnapshotsTests : IAsyncLifetime
{
    const string RegionName = "eu-west-1";

    Ec2Endpoint ec2 = null!;
    ServerHost server = null!;
    Ec2Region region = null!;

    public async ValueTask InitializeAsync()
    {
        ec2 = await Ec2Endpoint.StartAsync();
        var account = ec2.Cloud.AddAccount("111122223333", [RegionName]);
        region = account.Region(RegionName);
        var key = ec2.Cloud.AddKey(account.Id);
        server = await ServerHost.StartAsync(aws: ec2.Address);
        foreach (var instance in new[] { "i-1", "i-2", "i-3" })
            for (var i = 0; i < 3; i++) Put(instance, i == 0 ? "/dev/xvda" : $"/dev/sd{(char)('f' + i)}");
        Put();
        Put();
        var added = await server.V2Async("POST", "/v2/credentials", new JsonObject
        {
            ["name"] = "aws",
            ["aws_access_key_id"] = key.Id,
            ["aws_secret_access_key"] = key.Secret,
            ["regions"] = new JsonArray(RegionName),
        });
        added.Status.ShouldBe(201, added.Body);
        await ServerHost.EventuallyAsync(VolumesAsync, volumes => volumes.Count == region.VolumeCount);
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await ec2.DisposeAsync();
    }

    [Fact]
    public async Task Instances_are_one_call_each_and_the_items_are_one_for_each_volume()
    {
        var operation = await TakeAsync(Everything);

        ((string?)operation["state"]).ShouldBe("succeeded", operation.ToString());
        Calls().ShouldBe((3, 2));
        var items = await ItemsAsync(operation);
        items.Count.ShouldBe(11);
        items.ShouldAllBe(i => (string?)i["state"] == "succeeded" && (int)i["progress_percent"]! == 100 && i["finished_at"] != null);
        items.Select(i => (string)i["provider_volume_id"]!).ShouldBe(region.Volumes.Select(v => v.Id), ignoreOrder: true);
        items.Select(i => (string)i["provider_snapshot_id"]!).ShouldBe(region.Snapshots.Select(s => s.Id), ignoreOrder: true);
        items.Select(i => (string)i["volume_id"]!).ShouldBe((await VolumesAsync()).Select(v => (string)v["id"]!), ignoreOrder: true);
        foreach (var item in items)
            (await server.ItemsAsync($"/v2/audit?subject_id={item["volume_id"]}&action=CreateSnapshots")).Count.ShouldBe(1, "each is found in the audit log");
        await server.ReconcileAsync();
        (await SnapshotsAsync()).Count.ShouldBe(11);
    }

    [Fact]
    public async Task A_failure_is_its_instances_alone_and_a_retry_repeats_only_that()
    {
        ec2.Switches.FailNext("CreateSnapshots", 1, "UnauthorizedOperation", 403);

        var operation = await TakeAsync(Everything);

        ((string?)operation["state"]).ShouldBe("failed");
        ((string?)operation["error"]!["message"]).ShouldBe("3 of 11 snapshots failed; the items tell why. Retrying repeats only those.");
        var failed = (await ItemsAsync(operation)).Where(i => (string?)i["state"] == "failed").ToList();
        failed.Count.ShouldBe(3);
        failed.ShouldAllBe(i => (string?)i["provider_code"] == "UnauthorizedOperation" && ((string)i["error"]!["message"]!).Contains("CreateSnapshots"));
        failed.Select(i => region.Volumes.Single(v => v.Id == (string)i["provider_volume_id"]!).Attachments[0].InstanceId)
            .Distinct().ShouldHaveSingleItem();

        var again = await server.V2Async("POST", $"/v2/operations/{operation["id"]}/retry");
        again.Status.ShouldBe(202, again.Body);
        var retried = await server.EndAsync(again.Json["operation"]!);

        ((string?)retried["state"]).ShouldBe("succeeded", retried.ToString());
        Calls().ShouldBe((4, 2));
        (await ItemsAsync(retried)).Select(i => (string?)i["provider_volume_id"])
            .ShouldBe(failed.Select(i => (string?)i["provider_volume_id"]), ignoreOrder: true);
        region.Snapshots.Count.ShouldBe(11);
    }

    [Fact]
    public async Task An_instance_of_which_a_volume_is_left_out_or_shared_or_managed_is_taken_one_by_one()
    {
        Put("i-2", "/dev/sdm", "i-9");
        region.Put(region.Volumes.First(v => v.Attachments is [{ InstanceId: "i-3" }, ..]) with { ManagedBy = "somebody" });
        await server.ReconcileAsync();
        var volumes = await VolumesAsync();
        volumes.Count.ShouldBe(12);
        var left = region.Volumes.First(v => v.Attachments is [{ InstanceId: "i-1" }, ..]).Id;

        var operation = await TakeAsync(new JsonObject
        {
            ["volume_ids"] = new JsonArray([.. volumes.Where(v => (string?)v["provider_volume_id"] != left).Select(v => JsonValue.Create((string)v["id"]!))]),
        });

        ((string?)operation["state"]).ShouldBe("succeeded", operation.ToString());
        Calls().ShouldBe((0, 11));
    }

    [Fact]
    public async Task No_volume_of_a_set_that_is_not_taken_yet_can_be_deleted_until_the_set_is_cancelled()
    {
        // Throttled for as long as the test takes.
        ec2.Switches.FailNext("CreateSnapshots", 10_000, "RequestLimitExceeded", 503);
        var onOne = region.Volumes.Where(v => v.Attachments is [{ InstanceId: "i-1" }, ..]).ToList();
        var ids = (await VolumesAsync()).Where(v => onOne.Exists(o => o.Id == (string?)v["provider_volume_id"])).Select(v => v["id"]!.DeepClone());
        var selection = new JsonArray([.. ids]);
        var accepted = await server.V2Async("POST", "/v2/snapshots", new JsonObject { ["volume_ids"] = selection });
        accepted.Status.ShouldBe(202, accepted.Body);
        foreach (var volume in onOne) region.Put(volume with { Status = "available", Attachments = [] });
        await server.ReconcileAsync();

        var refused = await server.V2Async("DELETE", $"/v2/volumes/{selection[0]}");

        refused.Status.ShouldBe(409, refused.Body);
        refused.Body.ShouldContain("An operation is at work on the volume. Wait for its end, or cancel it, first.");
        (await server.V2Async("POST", $"/v2/operations/{accepted.Json["operation"]!["id"]}/cancel")).Status.ShouldBe(202);
        ((string?)(await server.EndAsync(accepted.Json["operation"]!))["state"]).ShouldBe("cancelled");
        (await SnapshotsAsync()).ShouldBeEmpty();
        (await server.V2Async("DELETE", $"/v2/volumes/{selection[0]}")).Status.ShouldBe(202);
    }

    [Fact]
    public async Task A_set_that_is_being_copied_survives_a_restart_and_shows_each_snapshots_own_progress()
    {
        ec2.Switches.SnapshotPending = TimeSpan.FromSeconds(8);
        var accepted = await server.V2Async("POST", "/v2/snapshots", Everything);
        await ServerHost.EventuallyAsync(() => Task.FromResult(region.Snapshots.Count), count => count == 11);
        var items = await ServerHost.EventuallyAsync(
            () => ItemsAsync(accepted.Json["operation"]!), all => all.TrueForAll(i => i["provider_snapshot_id"] != null));
        items.ShouldAllBe(i => (string?)i["state"] == "running" && i["finished_at"] == null);

        await server.RestartAsync();
        var operation = await server.EndAsync(accepted.Json["operation"]!);

        ((string?)operation["state"]).ShouldBe("succeeded", operation.ToString());
        Calls().ShouldBe((3, 2));
        region.Snapshots.Count.ShouldBe(11);
    }

    [Fact]
    public async Task A_set_that_is_being_copied_is_cancelled_and_what_was_taken_of_it_is_deleted()
    {
        ec2.Switches.SnapshotPending = TimeSpan.FromHours(1);
        var accepted = await server.V2Async("POST", "/v2/snapshots", Everything);
        var operation = accepted.Json["operation"]!;
        await ServerHost.EventuallyAsync(() => ItemsAsync(operation), all => all.TrueForAll(i => i["provider_snapshot_id"] != null));

        (await server.V2Async("POST", $"/v2/operations/{operation["id"]}/cancel")).Status.ShouldBe(202);

        ((string?)(await server.EndAsync(operation))["state"]).ShouldBe("cancelled");
        (await ItemsAsync(operation)).ShouldAllBe(i => (string?)i["state"] == "cancelled");
        region.Snapshots.ShouldBeEmpty();
        (await SnapshotsAsync()).ShouldBeEmpty();
    }

    static JsonObject Everything => new() { ["filter"] = new JsonObject { ["provider"] = "ebs" } };

    (long Sets, long Singles) Calls() => (CallsOf("CreateSnapshots"), CallsOf("CreateSnapshot"));

    /// <summary>Without those that only asked for the permission when the credential was added.</summary>
    long CallsOf(string action) => ec2.Journal[action].Calls - ec2.Journal[action].Errors.GetValueOrDefault("DryRunOperation");

    void Put(params string?[] where)
    {
        region.Put(new Ec2Volume
        {
            Id = ec2.Cloud.NewId("vol"),
            Zone = region.Zones[0],
            CreatedAt = TimeProvider.System.GetUtcNow(),
            Type = where.Length > 2 ? "io2" : "gp3",
            MultiAttachEnabled = where.Length > 2,
            Status = where.Length > 0 ? "in-use" : "available",
            Attachments = where is [var instance, var device, .. var others]
                ? [.. others.Prepend(instance).Select(i => new Ec2Attachment { InstanceId = i, Device = device })]
                : [],
        });
    }

    async Task<JsonNode> TakeAsync(JsonObject selection)
    {
        var accepted = await server.V2Async("POST", "/v2/snapshots", selection);
        accepted.Status.ShouldBe(202, accepted.Body);
        return await server.EndAsync(accepted.Json["operation"]!);
    }

    async Task<List<JsonNode>> VolumesAsync() => Items(await server.V2Async("GET", "/v2/volumes"));

    async Task<List<JsonNode>> SnapshotsAsync() => Items(await server.V2Async("GET", "/v2/snapshots"));

    async Task<List<JsonNode>> ItemsAsync(JsonNode operation) => Items(await server.V2Async("GET", $"/v2/operations/{operation["id"]}/items"));

    static List<JsonNode> Items(Reply reply) => [.. reply.Json["items"]!.AsArray().Select(i => i!)];
}
