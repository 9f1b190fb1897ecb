using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Octavo.Engine.Nbd;

namespace Octavo.Tests.Server;

/// <summary>A selection over volumes of a pool, from the request of a client to the bytes of the snapshots.</summary>
public sealed class PoolSnapshotsTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Volumes_of_a_pool_have_one_instant_whoever_they_are_attached_to()
    {
        await using var host = await ServerHost.StartAsync();
        string[] ids = [await host.VolumeAsync("a"), await host.VolumeAsync("b"), await host.VolumeAsync("free")];
        await AttachAsync(host, ids[0], "db-1");
        await AttachAsync(host, ids[1], "db-2");
        var plan = await host.V2Async("POST", "/v2/snapshots", new JsonObject { ["filter"] = new JsonObject(), ["dry_run"] = true });
        ((long)plan.Json["pools"]!, (long)plan.Json["instances"]!, (long)plan.Json["volumes"]!).ShouldBe((1, 0, 3));

        var operation = await TakeAsync(host, new JsonObject { ["filter"] = new JsonObject() });

        var items = await host.ItemsAsync($"/v2/operations/{operation["id"]}/items");
        items.Select(i => (string)i["volume_id"]!).ShouldBe(ids, ignoreOrder: true);
        items.ShouldAllBe(i => (string?)i["state"] == "succeeded");
        items.Select(i => (string?)i["operation_id"]).Distinct().ShouldHaveSingleItem();
        await host.ReconcileAsync();
        var snapshots = await host.ItemsAsync("/v2/snapshots");
        snapshots.Count.ShouldBe(3);
        snapshots.Select(s => (string?)s["started_at"]).Distinct().ShouldHaveSingleItem();
        foreach (var id in ids)
            (await host.ItemsAsync($"/v2/operations?volume_id={id}&kind=create-instance-snapshots")).Select(o => (string?)o["id"])
                .ShouldBe([(string?)items[0]["operation_id"]]);
        foreach (var id in ids) (await host.ItemsAsync($"/v2/audit?subject_id={id}&action=CreateSnapshots")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_written_to_one_volume_and_then_to_the_other_is_in_no_set_the_other_way_round()
    {
        const int Sets = 50;
        await using var host = await ServerHost.StartAsync();
        string[] ids = [await host.ImportAsync(new byte[1 << 20], "a"), await host.ImportAsync(new byte[1 << 20], "b")];
        using var a = await OpenAsync(host, await AttachAsync(host, ids[0], "raid"));
        using var b = await OpenAsync(host, await AttachAsync(host, ids[1], "raid"));
        using var stop = new CancellationTokenSource();
        var counted = 0L;
        var writer = Task.Factory.StartNew(() =>
        {
            var bytes = new byte[512];
            while (!stop.IsCancellationRequested)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes, Interlocked.Increment(ref counted));
                a.Device.Write(bytes, 4096, isDurable: false);
                b.Device.Write(bytes, 4096, isDurable: false);
            }
        }, TaskCreationOptions.LongRunning);

        var last = 0L;
        for (var set = 0; set < Sets; set++)
        {
            var before = Interlocked.Read(ref counted);
            var operation = await TakeAsync(host, new JsonObject { ["volume_ids"] = new JsonArray(ids[0], ids[1]) });
            var items = await host.ItemsAsync($"/v2/operations/{operation["id"]}/items");
            var counters = new Dictionary<string, long>();
            foreach (var item in items) counters.Add((string)item["volume_id"]!, await CounterAsync(host, (string)item["snapshot_id"]!));
            (counters[ids[0]] - counters[ids[1]]).ShouldBeInRange(0, 1, $"set {set}");
            counters[ids[0]].ShouldBeGreaterThanOrEqualTo(before - 1);
            counters[ids[0]].ShouldBeGreaterThan(last, "the writer writes on");
            last = counters[ids[0]];
        }

        await stop.CancelAsync();
        await writer;
    }

    [Fact]
    public async Task A_set_that_a_restart_cuts_short_is_taken_once()
    {
        await using var host = await ServerHost.StartAsync();
        for (var i = 0; i < 3; i++) await host.VolumeAsync($"disk-{i}");
        var accepted = await host.V2Async("POST", "/v2/snapshots", new JsonObject { ["filter"] = new JsonObject() });
        await host.RestartAsync();

        ((string?)(await host.EndAsync(accepted.Json["operation"]!))["state"]).ShouldBe("succeeded");

        await host.ReconcileAsync();
        (await host.ItemsAsync("/v2/snapshots")).Count.ShouldBe(3);
        Directory.EnumerateFiles(Path.Combine(host.Pool, "snapshots")).Count().ShouldBe(3);
    }

    [Fact]
    public async Task A_set_that_is_cancelled_while_it_is_copied_leaves_nothing_and_the_next_one_is_whole()
    {
        await using var host = await ServerHost.StartAsync();
        // Enough that nothing would be copied by the time of the cancellation.
        var bytes = new byte[128 << 20];
        Random.Shared.NextBytes(bytes);
        string[] ids = [await host.ImportAsync(bytes, "a"), await host.ImportAsync(bytes, "b")];
        var selection = new JsonObject { ["filter"] = new JsonObject() };
        var accepted = await host.V2Async("POST", "/v2/snapshots", selection.DeepClone());
        var address = $"/v2/operations/{accepted.Json["operation"]!["id"]}";
        await ServerHost.EventuallyAsync(
            () => host.ItemsAsync($"{address}/items"), items => items.Count == ids.Length && items.TrueForAll(i => i["provider_snapshot_id"] is not null));

        var cancelled = await host.V2Async("POST", $"{address}/cancel");

        cancelled.Status.ShouldBe(202, cancelled.Body);
        ((string?)(await host.EndAsync(accepted.Json["operation"]!))["state"]).ShouldBe("cancelled");
        (await host.ItemsAsync("/v2/snapshots")).ShouldBeEmpty();
        await host.ReconcileAsync();
        (await host.ItemsAsync("/v2/snapshots")).ShouldBeEmpty("the pool has none either");
        await TakeAsync(host, selection);
        (await host.ItemsAsync("/v2/snapshots")).Select(s => (string?)s["state"]).ShouldBe(["completed", "completed"]);
    }

    static async Task<JsonNode> TakeAsync(ServerHost host, JsonObject selection)
    {
        var accepted = await host.V2Async("POST", "/v2/snapshots", selection);
        accepted.Status.ShouldBe(202, accepted.Body);
        var operation = await host.EndAsync(accepted.Json["operation"]!);
        ((string?)operation["state"]).ShouldBe("succeeded", operation.ToString());
        return operation;
    }

    static async Task<string> AttachAsync(ServerHost host, string volume, string client)
    {
        var reply = await host.V2Async("POST", $"/v2/volumes/{volume}/attachments?wait=30", new JsonObject { ["client"] = client });
        reply.Status.ShouldBe(200, reply.Body);
        return (string)reply.Json["token"]!;
    }

    static async Task<NbdExport> OpenAsync(ServerHost host, string token) =>
        (await host.Services.GetRequiredService<INbdExports>().OpenAsync(token, Cancellation)).ShouldNotBeNull();

    static async Task<long> CounterAsync(ServerHost host, string snapshot)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/snapshots/{snapshot}/export");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", host.Token);
        using var response = await host.Http.SendAsync(request, Cancellation);
        response.EnsureSuccessStatusCode();
        return BinaryPrimitives.ReadInt64LittleEndian((await response.Content.ReadAsByteArrayAsync(Cancellation)).AsSpan(4096));
    }
}
