using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Octavo.Engine.Nbd;
using Octavo.Server.Attachments;

namespace Octavo.Tests.Server;

public sealed class AttachmentTests
{
    [Fact]
    public async Task An_attached_volume_is_in_use_by_v2_and_v1_and_no_pass_changes_that()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();

        var accepted = await AttachAsync(host, id, """{"client":"db-1"}""");

        ((string?)accepted["operation"]!["state"]).ShouldBe("succeeded", accepted.ToString());
        var attachment = accepted["attachment"]!;
        ((string?)attachment["state"], (string?)attachment["client"], (string?)attachment["volume_id"], (int)attachment["lease_seconds"]!)
            .ShouldBe(("attached", "db-1", id, 300));
        var volume = (await host.V2Async("GET", $"/v2/volumes/{id}")).Json;
        ((string?)volume["state"]).ShouldBe("in-use");
        ((string?)volume["attachment"]!["instance_id"], (string?)volume["attachment"]!["device"]).ShouldBe(("db-1", (string?)attachment["device"]));
        var before = (await host.V1Async("GET", $"/api/volumes/{id}")).Body;
        var v1 = JsonNode.Parse(before)!;
        ((string?)v1["status"], (string?)v1["attachment_status"], (string?)v1["aws_instance_id"]).ShouldBe(("in-use", "attached", "db-1"));
        ((string?)v1["attached_at"]).ShouldNotBeNull().ShouldMatch(@"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \+0000$");

        await host.ReconcileAsync();
        await host.ReconcileAsync();
        (await host.V1Async("GET", $"/api/volumes/{id}")).Body.ShouldBe(before);

        var detached = await DetachAsync(host, attachment);
        ((string?)detached["attachment"]!["state"]).ShouldBe("detached", detached.ToString());
        detached["attachment"]!["state_reason"].ShouldBeNull();
        v1 = JsonNode.Parse((await host.V1Async("GET", $"/api/volumes/{id}")).Body)!;
        ((string?)v1["status"], (string?)v1["attachment_status"], (string?)v1["device"]).ShouldBe(("available", null, null));
        v1["attached_at"].ShouldBeNull();
    }

    [Fact]
    public async Task The_token_is_shown_once_opens_the_volume_until_it_is_detached_and_is_kept_nowhere()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();

        var accepted = await AttachAsync(host, id, """{"client":"db-1"}""");

        var token = (string)accepted["token"]!;
        token.ShouldMatch("^octavo-nbd-[0-9a-f]{64}$");
        foreach (var path in new[] { "/v2/attachments", $"/v2/volumes/{id}/attachments", $"/v2/attachments/{accepted["attachment"]!["id"]}", "/v2/audit", "/v2/operations", $"/v2/volumes/{id}/raw" })
            (await host.V2Async("GET", path)).Body.ShouldNotContain(token[11..]);
        (await OpensAsync(host, token)).ShouldBeTrue();
        (await OpensAsync(host, token[..^1] + "x")).ShouldBeFalse();
        await DetachAsync(host, accepted["attachment"]!);
        (await OpensAsync(host, token)).ShouldBeFalse();
        await host.StopAsync();
        foreach (var file in Directory.EnumerateFiles(host.Folder, "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length < 64 << 20))
            (await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(token[11..]))
                .ShouldBe(-1, file);
        await host.RestartedAsync();
    }

    [Fact]
    public async Task The_same_request_again_is_told_the_same_token_and_attaches_once()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();
        var body = JsonNode.Parse("""{"client":"db-1"}""");

        var first = await host.V2Async("POST", $"/v2/volumes/{id}/attachments?wait=30", body, null, ("Idempotency-Key", "k1"));
        var again = await host.V2Async("POST", $"/v2/volumes/{id}/attachments?wait=30", body, null, ("Idempotency-Key", "k1"));

        again.Body.ShouldBe(first.Body);
        again.Header("Idempotency-Replayed").ShouldBe("true");
        (await host.ItemsAsync("/v2/attachments")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_second_writer_is_refused_at_once_by_the_name_of_the_first()
    {
        await using var host = await ServerHost.StartAsync();
        var (alone, shared) = (await host.VolumeAsync("alone"), await host.VolumeAsync("shared"));
        await AttachAsync(host, alone, """{"client":"db-1"}""");
        await AttachAsync(host, shared, """{"client":"node-1","multi_attach":true}""");

        var refused = await host.V2Async("POST", $"/v2/volumes/{alone}/attachments", JsonNode.Parse("""{"client":"db-2"}"""));
        var second = await AttachAsync(host, shared, """{"client":"node-2","multi_attach":true}""");

        refused.Status.ShouldBe(409, refused.Body);
        ((string)refused.Json["detail"]!).ShouldContain("db-1");
        ((string?)second["operation"]!["state"]).ShouldBe("succeeded", second.ToString());
        var volume = (await host.V2Async("GET", $"/v2/volumes/{shared}")).Json;
        volume["attachments"]!.AsArray().Select(a => (string?)a!["instance_id"]).ShouldBe(["node-1", "node-2"]);
        ((bool)volume["is_multi_attach"]!).ShouldBeTrue();
        (await host.ItemsAsync($"/v2/volumes/{shared}/attachments")).Select(a => (string?)a["client"]).ShouldBe(["node-2", "node-1"]);
        (await host.ItemsAsync($"/v2/attachments?volume_id={alone}")).ShouldHaveSingleItem();
        (await host.ItemsAsync("/v2/attachments")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_attached_volume_is_not_deleted_by_either_dialect()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();
        var attachment = (await AttachAsync(host, id, """{"client":"db-1"}"""))["attachment"]!;

        var v1 = await host.V1Async("DELETE", $"/api/volumes/{id}");
        var v2 = await host.V2Async("DELETE", $"/v2/volumes/{id}");

        v1.Status.ShouldBe(412, v1.Body);
        v2.Status.ShouldBe(409, v2.Body);
        ((string)v2.Json["detail"]!).ShouldContain("db-1");
        await DetachAsync(host, attachment);
        ((string?)(await host.DeleteAsync(id))["state"]).ShouldBe("succeeded");
    }

    [Fact]
    public async Task A_snapshot_is_read_by_several_clients_and_not_deleted_meanwhile()
    {
        await using var host = await ServerHost.StartAsync();
        var snapshot = (string)(await host.SnapshotAsync(await host.ImportAsync(new byte[4096])))["id"]!;

        JsonNode[] readers = [await ReadAsync("a"), await ReadAsync("b")];

        readers.ShouldAllBe(r => (string)r["operation"]!["state"]! == "succeeded" && (bool)r["attachment"]!["is_read_only"]!);
        var deletion = await host.EndAsync((await host.V2Async("DELETE", $"/v2/snapshots/{snapshot}")).Json["operation"]!);
        ((string?)deletion["state"]).ShouldBe("failed");
        ((string)deletion["error"]!["message"]!).ShouldContain("attached");
        foreach (var reader in readers) await DetachAsync(host, reader["attachment"]!);
        deletion = await host.EndAsync((await host.V2Async("DELETE", $"/v2/snapshots/{snapshot}")).Json["operation"]!);
        ((string?)deletion["state"]).ShouldBe("succeeded");

        async Task<JsonNode> ReadAsync(string client) =>
            (await host.V2Async("POST", $"/v2/snapshots/{snapshot}/attachments?wait=30", new JsonObject { ["client"] = client })).Json;
    }

    [Fact]
    public async Task A_client_whose_requests_do_not_end_stays_attached_unless_it_is_cut_off()
    {
        await using var host = await ServerHost.StartAsync();
        var accepted = await AttachAsync(host, await host.VolumeAsync(), """{"client":"db-1"}""");
        var id = (string)accepted["attachment"]!["id"]!;
        var stuck = (await host.Services.GetRequiredService<INbdExports>().OpenAsync((string)accepted["token"]!, TestContext.Current.CancellationToken))!;

        var forced = await DetachAsync(host, accepted["attachment"]!, "&force=true");

        ((string?)forced["operation"]!["state"]).ShouldBe("succeeded", forced.ToString());
        ((string)forced["operation"]!["findings"]![0]!["message"]!).ShouldContain("may be lost");
        ((string)forced["attachment"]!["state_reason"]!).ShouldContain("may be lost");
        stuck.Dispose();
        var again = await host.V2Async("DELETE", $"/v2/attachments/{id}");
        again.Status.ShouldBe(409, again.Body);
    }

    [Fact]
    public async Task A_client_that_vanished_is_shown_as_detached_with_the_reason()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync();
        var attachment = (await AttachAsync(host, volume, """{"client":"db-1"}"""))["attachment"]!;
        // As the engine does at the end of the lease.
        File.Delete(Path.Combine(host.Pool, "attachments", $"{attachment["provider_attachment_id"]}.json"));
        await host.RestartAsync();

        await host.Services.GetRequiredService<AttachmentWatch>().LookAsync(TestContext.Current.CancellationToken);
        await host.ReconcileAsync();

        var now = (await host.V2Async("GET", $"/v2/attachments/{attachment["id"]}")).Json;
        ((string?)now["state"]).ShouldBe("detached");
        ((string)now["state_reason"]!).ShouldContain("lease");
        (await host.ItemsAsync("/v2/attachments")).ShouldBeEmpty();
        ((string?)(await host.V2Async("GET", $"/v2/volumes/{volume}")).Json["state"]).ShouldBe("available");
    }

    [Fact]
    public async Task A_service_that_restarts_has_its_attachments_and_their_tokens_again()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync();
        var accepted = await AttachAsync(host, volume, """{"client":"db-1","lease_seconds":0}""");
        var before = (await host.V2Async("GET", $"/v2/volumes/{volume}")).Body;

        await host.RestartAsync();
        await host.ReconcileAsync();
        await host.Services.GetRequiredService<AttachmentWatch>().LookAsync(TestContext.Current.CancellationToken);

        (await host.V2Async("GET", $"/v2/volumes/{volume}")).Body.ShouldBe(before);
        ((string?)(await host.ItemsAsync("/v2/attachments")).ShouldHaveSingleItem()["state"]).ShouldBe("attached");
        (await OpensAsync(host, (string)accepted["token"]!)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_the_provider_has_and_the_inventory_lost_is_found_again_and_can_be_detached()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync();
        await AttachAsync(host, volume, """{"client":"db-1"}""");
        await using (var transaction = await host.Services.GetRequiredService<Octavo.Server.Database.Database>().BeginAsync(TestContext.Current.CancellationToken))
        {
            await transaction.ExecuteAsync($"DELETE FROM attachments", TestContext.Current.CancellationToken);
            await transaction.CommitAsync();
        }

        await host.Services.GetRequiredService<AttachmentWatch>().LookAsync(TestContext.Current.CancellationToken);

        var found = (await host.ItemsAsync($"/v2/volumes/{volume}/attachments")).ShouldHaveSingleItem();
        ((string?)found["client"]).ShouldBe("db-1");
        ((string?)(await DetachAsync(host, found))["attachment"]!["state"]).ShouldBe("detached");
    }

    [Theory]
    [InlineData("""{}""", "client")]
    [InlineData("""{"client":""}""", "client")]
    [InlineData("""{"client":"a\nb"}""", "client")]
    [InlineData("""{"client":"a","lease_seconds":9}""", "lease_seconds")]
    [InlineData("""{"client":"a","lease_seconds":86401}""", "lease_seconds")]
    [InlineData("""{"client":"a","leese":1}""", "leese")]
    public async Task What_makes_no_sense_is_refused_by_name_and_attaches_nobody(string body, string named)
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();

        var refused = await host.V2Async("POST", $"/v2/volumes/{id}/attachments", JsonNode.Parse(body));

        refused.Status.ShouldBe(400, refused.Body);
        ((string)refused.Json["detail"]!).ShouldContain(named);
        (await host.ItemsAsync("/v2/attachments")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_ebs_volume_is_not_attached_here_and_the_refusal_says_by_what()
    {
        await using var aws = await AwsHost.StartAsync((_, region) => region.Put(
            new Octavo.Ec2.Ec2Volume { Id = "vol-0000000000000000a", Zone = "eu-west-1a", CreatedAt = DateTimeOffset.UnixEpoch }));
        var id = (string)(await aws.Server.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem()["id"]!;

        var refused = await aws.Server.V2Async("POST", $"/v2/volumes/{id}/attachments", JsonNode.Parse("""{"client":"a"}"""));

        refused.Status.ShouldBe(422, refused.Body);
        ((string)refused.Json["detail"]!).ShouldContain("EC2");
    }

    [Fact]
    public async Task Attaching_and_detaching_are_in_the_audit_log_and_the_events()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();
        var attachment = (await AttachAsync(host, id, """{"client":"db-1","read_only":true}"""))["attachment"]!;
        await DetachAsync(host, attachment);

        var entries = (await host.ItemsAsync("/v2/audit")).Where(e => (string)e["action"]! is "AttachVolume" or "DetachClient").ToList();

        entries.Select(e => ((string?)e["subject_kind"], (string?)e["detail"])).ShouldBe([("attachment", null), ("volume", "to db-1, read-only")]);
        entries.ShouldAllBe(e => (string)e["outcome"]! == "accepted" && (string)e["operation_state"]! == "succeeded");
        var changes = await host.Services.GetRequiredService<Octavo.Server.Database.Database>().QueryAsync(
            $"SELECT what || ' ' || state FROM changes WHERE kind = 'attachment' AND id = {(string)attachment["id"]!} ORDER BY seq", row => row.Text(0),
            TestContext.Current.CancellationToken);
        changes.ShouldBe(["created attaching", "updated attached", "updated detaching", "deleted detached"]);
    }

    static async Task<JsonNode> AttachAsync(ServerHost host, string volume, string body)
    {
        var reply = await host.V2Async("POST", $"/v2/volumes/{volume}/attachments?wait=30", JsonNode.Parse(body));
        reply.Status.ShouldBe(200, reply.Body);
        return reply.Json;
    }

    static async Task<JsonNode> DetachAsync(ServerHost host, JsonNode attachment, string how = "")
    {
        var reply = await host.V2Async("DELETE", $"/v2/attachments/{attachment["id"]}?wait=30{how}");
        reply.Status.ShouldBe(200, reply.Body);
        return reply.Json;
    }

    static async Task<bool> OpensAsync(ServerHost host, string token)
    {
        using var export = await host.Services.GetRequiredService<INbdExports>().OpenAsync(token, TestContext.Current.CancellationToken);
        return export is not null;
    }
}
