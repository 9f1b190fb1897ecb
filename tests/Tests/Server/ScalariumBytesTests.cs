using System.Text.RegularExpressions;

namespace Octavo.Tests.Server;

/// <summary>v1, byte for byte.</summary>
public sealed partial class ScalariumBytesTests
{
    const string Type = "application/json; charset=utf-8";

    [Fact]
    public async Task A_volume_has_the_pages_keys_in_the_pages_order_with_nulls_written()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync("Grüße & <b>\"x\"</b>");

        var shown = await host.V1Async("GET", $"/api/volumes/{id}");

        shown.Status.ShouldBe(200);
        shown.Type.ShouldBe(Type);
        shown.Header("Vary").ShouldBe("Accept");
        Blank(shown.Body).ShouldBe(
            "{\"id\":\"ID\",\"aws_instance_id\":null,\"raid_array_id\":null,\"volume_id\":\"vol-X\",\"availability_zone\":\"local\","
            + "\"status\":\"available\",\"attachment_status\":null,\"created_at\":\"TIME\",\"attached_at\":null,\"updated_at\":\"TIME\","
            + "\"device\":null,\"size\":1,\"credential_id\":\"ID\",\"name\":\"Grüße & <b>\\\"x\\\"</b>\",\"mount_point\":null,"
            + "\"snapshot_id\":null,\"instance_id\":null}");
    }

    [Fact]
    public async Task The_list_is_the_shown_volumes_in_a_bare_array_by_creation()
    {
        await using var host = await ServerHost.StartAsync();
        (await host.V1Async("GET", "/api/volumes")).Body.ShouldBe("[]");
        var ids = new List<string>();
        for (var i = 0; i < 3; i++) ids.Add(await host.VolumeAsync($"disk {i}"));
        var shown = new List<string>();
        foreach (var id in ids) shown.Add((await host.V1Async("GET", $"/api/volumes/{id}")).Body);

        var list = await host.V1Async("GET", "/api/volumes");

        list.Type.ShouldBe(Type);
        var times = list.Json.AsArray().Select(v => ((string)v!["created_at"]!, (string)v["id"]!)).ToList();
        times.ShouldBe(times.Order().ToList());
        list.Body.ShouldBe("[" + string.Join(",", times.Select(t => shown[ids.IndexOf(t.Item2)])) + "]");
    }

    [Theory]
    [InlineData("snapshot")]
    [InlineData("snapshots")]
    public async Task A_snapshot_is_made_by_both_paths_and_answered_with_its_object(string path)
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(new byte[4096]);

        var made = await host.V1Async("POST", $"/api/volumes/{id}/{path}");

        made.Status.ShouldBe(200, made.Body);
        made.Type.ShouldBe(Type);
        Blank(made.Body).ShouldMatch(
            "^\\{\"volume_id\":\"vol-X\",\"status\":\"(pending|completed)\",\"progress\":\"\\d+%\",\"started_at\":\"TIME\",\"id\":\"snap-X\"\\}$");
        var snapshot = (string)made.Json["id"]!;
        made.Header("Location").ShouldBe($"/api/volumes/{id}/snapshots/{snapshot}");
        var done = await ServerHost.EventuallyAsync(
            () => host.V1Async("GET", $"/api/volumes/{id}/snapshots/{snapshot}"), r => r.Body.Contains("completed", StringComparison.Ordinal));
        Blank(done.Body).ShouldBe("{\"volume_id\":\"vol-X\",\"status\":\"completed\",\"progress\":\"100%\",\"started_at\":\"TIME\",\"id\":\"snap-X\"}");
        (await host.V1Async("GET", $"/api/volumes/{id}/snapshots")).Body.ShouldBe($"[{done.Body}]");
    }

    [Fact]
    public async Task Snapshots_are_listed_newest_first()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(new byte[4096]);
        var made = new List<string>();
        for (var i = 0; i < 3; i++) made.Add((string)(await host.V1Async("POST", $"/api/volumes/{id}/snapshot")).Json["id"]!);

        var listed = (await host.V1Async("GET", $"/api/volumes/{id}/snapshots")).Json.AsArray().Select(s => (string)s!["id"]!);

        listed.ShouldBe(made.AsEnumerable().Reverse());
    }

    [Fact]
    public async Task A_deletion_answers_an_empty_object_and_the_volume_is_gone_at_once()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(new byte[4096]);
        await host.SnapshotAsync(id);

        var deleted = await host.V1Async("DELETE", $"/api/volumes/{id}");

        (deleted.Status, deleted.Body, deleted.Type).ShouldBe((200, "{}", Type));
        foreach (var (method, path) in new[]
        {
            ("GET", $"/api/volumes/{id}"), ("DELETE", $"/api/volumes/{id}"), ("POST", $"/api/volumes/{id}/snapshot"),
            ("GET", $"/api/volumes/{id}/snapshots"),
        })
            (await host.V1Async(method, path)).Status.ShouldBe(404, path);
        (await host.V2Async("GET", "/v2/snapshots")).Json["items"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Credentials_come_with_six_keys_and_never_with_the_secret()
    {
        await using var host = await ServerHost.StartAsync();

        var made = await host.V1Async(
            "POST", "/api/credentials", body: """{"name":"main","aws_access_key_id":"AKIA1","aws_secret_access_key":"s3cr3t"}""",
            type: "application/x-www-form-urlencoded");

        made.Status.ShouldBe(200, made.Body);
        Blank(made.Body).ShouldBe("{\"id\":\"ID\",\"name\":\"main\",\"aws_access_key_id\":\"AKIA1\",\"created_at\":\"TIME\",\"updated_at\":\"TIME\",\"account_id\":\"ID\"}");
        var id = (string)made.Json["id"]!;
        made.Header("Location").ShouldBe($"/api/credentials/{id}");
        (await host.V1Async("GET", $"/api/credentials/{id}")).Body.ShouldBe(made.Body);
        (await host.V1Async("GET", "/api/credentials")).Body.ShouldContain(made.Body);
        (await host.V1Async("GET", "/api/credentials")).Body.ShouldNotContain("s3cr3t");
        (await host.V1Async("DELETE", $"/api/credentials/{id}")).Body.ShouldBe("{}");
        (await host.V1Async("DELETE", $"/api/credentials/{id}")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_credential_in_use_and_an_incomplete_one_are_412_with_a_sentence()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = (await host.V1Async("GET", $"/api/volumes/{await host.VolumeAsync()}")).Json;

        var inUse = await host.V1Async("DELETE", $"/api/credentials/{volume["credential_id"]}");
        var incomplete = await host.V1Async("POST", "/api/credentials", body: """{"name":"x"}""", type: "application/json");
        var malformed = await host.V1Async("POST", "/api/credentials", body: "{", type: "application/json");

        (inUse.Status, incomplete.Status, malformed.Status).ShouldBe((412, 412, 400));
        foreach (var reply in new[] { inUse, incomplete, malformed }) ShouldBeErrors(reply);
        (await host.V1Async("GET", "/api/credentials")).Json.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_checks_come_in_the_contracts_order()
    {
        await using var host = await ServerHost.StartAsync();
        var reader = await host.UserAsync("reader", role: "viewer");
        var unknown = new string('0', 32);

        async Task<int> StatusAsync(string method, string path, string token, string accept = ServerHost.V1)
        {
            var reply = await host.V1Async(method, path, token, accept: accept);
            if (reply.Status >= 400) ShouldBeErrors(reply);
            return reply.Status;
        }

        (await StatusAsync("GET", "/api/nothing", "wrong", "text/html")).ShouldBe(401);
        (await StatusAsync("GET", "/api/nothing", reader, "text/html")).ShouldBe(406);
        (await StatusAsync("GET", "/api/nothing", reader)).ShouldBe(404);
        (await StatusAsync("PUT", $"/api/volumes/{unknown}", reader)).ShouldBe(405);
        (await StatusAsync("GET", $"/api/volumes/{unknown}", reader)).ShouldBe(403);
        (await StatusAsync("GET", $"/api/volumes/{unknown}", host.Token)).ShouldBe(404);
    }

    [Fact]
    public async Task Unknown_malformed_and_provider_ids_and_another_accounts_volume_are_404_all_alike()
    {
        await using var host = await ServerHost.StartAsync();
        var stranger = await host.UserAsync("stranger", "other");
        var theirs = await host.VolumeAsync(token: stranger);
        var mine = await host.VolumeAsync();
        var provider = (string)(await host.V1Async("GET", $"/api/volumes/{mine}")).Json["volume_id"]!;
        var bodies = new HashSet<string>();

        foreach (var id in new[] { new string('a', 32), "x", "..%2f", "%01", "*", provider, theirs, mine.ToUpperInvariant(), mine + "0" })
        {
            var reply = await host.V1Async("GET", $"/api/volumes/{id}");
            reply.Status.ShouldBe(404, id);
            bodies.Add(reply.Body);
        }

        bodies.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_slash_at_the_end_HEAD_and_OPTIONS_work_and_nothing_is_redirected()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();
        var shown = await host.V1Async("GET", $"/api/volumes/{id}");

        (await host.V1Async("GET", $"/api/volumes/{id}/")).Body.ShouldBe(shown.Body);
        var head = await host.V1Async("HEAD", $"/api/volumes/{id}");
        (head.Status, head.Body, head.Header("Content-Length")).ShouldBe((200, "", $"{shown.Body.Length}"));
        var options = await host.V1Async("OPTIONS", $"/api/volumes/{id}");
        (options.Status, options.Header("Allow")).ShouldBe((204, "OPTIONS, HEAD, GET, DELETE"));
        (await host.V1Async("OPTIONS", "/api/volumes", "wrong")).Status.ShouldBe(401);
        (await host.V1Async("PUT", $"/api/volumes/{id}/snapshot")).Header("Allow").ShouldBe("OPTIONS, POST");
    }

    [Fact]
    public async Task An_unchanged_list_is_304_and_a_changed_one_is_not()
    {
        await using var host = await ServerHost.StartAsync();
        await host.VolumeAsync();
        var first = await host.V1Async("GET", "/api/volumes");

        async Task<int> AskAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/volumes");
            request.Headers.TryAddWithoutValidation("X-Scalarium-Token", host.Token);
            request.Headers.TryAddWithoutValidation("If-None-Match", first.Header("ETag"));
            return (await host.SendAsync(request)).Status;
        }

        (await AskAsync()).ShouldBe(304);
        await host.VolumeAsync();
        (await AskAsync()).ShouldBe(200);
    }

    static void ShouldBeErrors(Reply reply)
    {
        reply.Type.ShouldBe(Type);
        reply.Json.AsObject().Select(p => p.Key).ShouldBe(["errors"]);
        ((string)reply.Json["errors"]!.AsArray().ShouldHaveSingleItem()!).ShouldEndWith(".");
    }

    static string Blank(string body) =>
        TimeForm().Replace(ProviderId().Replace(InternalId().Replace(body, "\"ID\""), "$1-X"), "\"TIME\"");

    [GeneratedRegex("\"[0-9a-f]{32}\"")]
    private static partial Regex InternalId();

    [GeneratedRegex("(vol|snap)-[0-9a-f]{17}")]
    private static partial Regex ProviderId();

    [GeneratedRegex("\"\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d \\+0000\"")]
    private static partial Regex TimeForm();
}
