using System.Text.Json.Nodes;
using Octavo.Ec2;
using static Octavo.Tests.Server.RouteTable;

namespace Octavo.Tests.Server;

/// <summary>A change that names an Idempotency-Key is made once, however often it is asked for, and always answers the same.</summary>
public sealed class IdempotencyTests
{
    [Fact]
    public async Task Every_change_repeated_with_its_key_does_one_thing_and_answers_the_same_also_after_a_restart()
    {
        await using var aws = await Ec2Endpoint.StartAsync();
        var key = aws.Cloud.AddKey(aws.Cloud.AddAccount("111122223333").Id);
        await using var host = await ServerHost.StartAsync(aws: aws.Address);
        var things = await MakeAsync(host, host.Token);
        var asked = new List<(string Name, Func<Task<Reply>> AskAsync, Reply First)>();
        foreach (var row in All.Where(row => row.Method != "GET" && row.Route.StartsWith("/v2", StringComparison.Ordinal) && row.Own < 400))
        {
            var name = $"{row.Method} {row.Route}";
            var path = things.Fill(row.Route);
            var body = row.Body?.Replace("NEW", $"new-{asked.Count}", StringComparison.Ordinal).Replace("KEY", key.Id, StringComparison.Ordinal)
                .Replace("SECRET", key.Secret, StringComparison.Ordinal);
            Task<Reply> AskAsync() => host.V2Async(
                row.Method, path, body is null ? null : JsonNode.Parse(body), headers: ("Idempotency-Key", $"key of {name}".Replace(' ', '_')));
            var first = await AskAsync();
            first.Status.ShouldBe(row.Own, $"{name}: {first.Body}");
            asked.Add((name, AskAsync, first));
            // What a row takes away, the next must not need.
            if (row.Method == "DELETE") things = await MakeAsync(host, host.Token);
        }
        var before = await CountsAsync(host);

        foreach (var (name, askAsync, first) in asked) Same(name, first, await askAsync());
        await host.RestartAsync();
        foreach (var (name, askAsync, first) in asked) Same(name + ", restarted", first, await askAsync());

        (await CountsAsync(host)).ShouldBe(before);
        asked.Count.ShouldBeGreaterThan(15);
    }

    [Fact]
    public async Task Changes_that_need_something_to_have_happened_are_made_once_too()
    {
        await using var host = await ServerHost.StartAsync();
        var volumes = new List<string>();
        for (var i = 0; i < 3; i++) volumes.Add(await host.VolumeAsync($"disk {i}"));
        var snapshot = (string)(await host.SnapshotAsync(volumes[2]))["id"]!;
        var asked = new List<(string Name, Func<Task<Reply>> AskAsync, Reply First)>();
        async Task AskAsync(string method, string path, JsonObject? body = null)
        {
            var name = $"{method} {path}";
            Task<Reply> OnceAsync() => host.V2Async(
                method, path, body?.DeepClone(), headers: ("Idempotency-Key", $"key of {name}".Replace(' ', '_')));
            var first = await OnceAsync();
            first.Status.ShouldBe(202, $"{name}: {first.Body}");
            await host.EndAsync(first.Json["operation"]!);
            asked.Add((name, OnceAsync, first));
        }
        JsonObject Volumes(string? confirm) => new() { ["volume_ids"] = new JsonArray(volumes[1], volumes[2]), ["confirm"] = confirm };
        JsonObject Snapshots(string? confirm) => new() { ["snapshot_ids"] = new JsonArray(snapshot), ["confirm"] = confirm };

        await AskAsync("DELETE", $"/v2/volumes/{volumes[0]}");
        await AskAsync("POST", $"/v2/volumes/{volumes[0]}/undelete");
        await AskAsync("POST", "/v2/volumes/delete", Volumes((string?)(await host.V2Async("POST", "/v2/volumes/delete", Volumes(null))).Json["confirm"]));
        await AskAsync("POST", "/v2/snapshots/delete", Snapshots((string?)(await host.V2Async("POST", "/v2/snapshots/delete", Snapshots(null))).Json["confirm"]));
        var before = await CountsAsync(host);

        foreach (var (name, askAsync, first) in asked) Same(name, first, await askAsync());
        await host.RestartAsync();
        foreach (var (name, askAsync, first) in asked) Same(name + ", restarted", first, await askAsync());

        (await CountsAsync(host)).ShouldBe(before);
        ((string?)(await host.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem()["id"]).ShouldBe(volumes[0]);
    }

    [Fact]
    public async Task A_key_that_was_used_for_another_body_or_another_address_is_refused_and_nothing_is_done()
    {
        await using var host = await ServerHost.StartAsync();
        (string, string) key = ("Idempotency-Key", "one");
        await host.V2Async("POST", "/v2/volumes", Volume("first"), headers: key);
        var before = await CountsAsync(host);

        var otherBody = await host.V2Async("POST", "/v2/volumes", Volume("second"), headers: key);
        var otherAddress = await host.V2Async("POST", "/v2/fsck", new JsonObject { ["repair"] = false }, headers: key);

        foreach (var refused in new[] { otherBody, otherAddress })
        {
            refused.Status.ShouldBe(409, refused.Body);
            ((string)refused.Json["detail"]!).ShouldContain("another request");
        }
        (await CountsAsync(host)).ShouldBe(before);
    }

    [Fact]
    public async Task Of_sixteen_that_ask_at_once_with_one_key_one_makes_the_change_and_all_are_told_the_same()
    {
        await using var host = await ServerHost.StartAsync();

        var replies = await Task.WhenAll(Enumerable.Range(0, 16)
            .Select(_ => host.V2Async("POST", "/v2/volumes", Volume("once"), headers: ("Idempotency-Key", "race"))));

        replies.Select(r => r.Body).Distinct().ShouldHaveSingleItem();
        replies.Count(r => r.Header("Idempotency-Replayed") is null).ShouldBe(1);
        (await host.V2Async("GET", "/v2/volumes")).Json["items"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_is_its_users_own_and_a_refusal_does_not_use_it_up()
    {
        await using var host = await ServerHost.StartAsync();
        var other = await host.UserAsync("other");
        (string, string) key = ("Idempotency-Key", "shared");

        (await host.V2Async("POST", "/v2/volumes", Volume(""), headers: key)).Status.ShouldBe(400);
        var mine = await host.V2Async("POST", "/v2/volumes", Volume("mine"), headers: key);
        var theirs = await host.V2Async("POST", "/v2/volumes", Volume("theirs"), other, key);

        mine.Status.ShouldBe(202);
        theirs.Status.ShouldBe(202);
        ((string?)mine.Json["volume"]!["name"]).ShouldBe("mine");
        ((string?)theirs.Json["volume"]!["name"]).ShouldBe("theirs");
    }

    [Fact]
    public async Task What_was_waited_for_is_what_is_answered_again()
    {
        await using var host = await ServerHost.StartAsync();
        Task<Reply> AskAsync() => host.V2Async("POST", "/v2/volumes?wait=30", Volume("waited"), headers: ("Idempotency-Key", "w"));

        var first = await AskAsync();

        first.Status.ShouldBe(200, first.Body);
        ((string?)first.Json["operation"]!["state"]).ShouldBe("succeeded");
        ((string?)first.Json["volume"]!["state"]).ShouldBe("available");
        Same("waited", first, await AskAsync());
    }

    [Fact]
    public async Task An_upload_with_a_key_is_received_once()
    {
        await using var host = await ServerHost.StartAsync();
        async Task<Reply> SendAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/volumes/import?name=sent");
            request.Headers.Authorization = new("Bearer", host.Token);
            request.Headers.Add("Idempotency-Key", "upload");
            return await host.SendAsync(request, new string('x', 1024), "application/octet-stream");
        }

        var first = await SendAsync();

        first.Status.ShouldBe(202, first.Body);
        Same("upload", first, await SendAsync());
        (await host.V2Async("GET", "/v2/volumes")).Json["items"]!.AsArray().Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    public async Task A_key_that_makes_no_sense_is_refused(string key)
    {
        await using var host = await ServerHost.StartAsync();

        (await host.V2Async("POST", "/v2/volumes", Volume("x"), headers: ("Idempotency-Key", key))).Status.ShouldBe(400);
        (await host.V2Async("POST", "/v2/volumes", Volume("x"), headers: ("Idempotency-Key", new string('k', 256)))).Status.ShouldBe(400);
    }

    static JsonObject Volume(string name) => new() { ["name"] = name, ["size_gib"] = 1 };

    static void Same(string what, Reply first, Reply again)
    {
        again.Status.ShouldBe(first.Status, what);
        again.Body.ShouldBe(first.Body, what);
        foreach (var header in new[] { "Location", "ETag", "Content-Type" }) again.Header(header).ShouldBe(first.Header(header), what);
        again.Header("Idempotency-Replayed").ShouldBe("true", what);
    }

    /// <summary>How many there are of everything that a change can make.</summary>
    static async Task<string> CountsAsync(ServerHost host)
    {
        var counts = new List<string>();
        foreach (var list in new[] { "volumes", "snapshots", "operations", "credentials", "users", "accounts", "user/tokens", "audit?outcome=accepted", "audit?outcome=done" })
            counts.Add($"{list} {(await host.AllItemsAsync($"/v2/{list}")).Count}");
        return string.Join(", ", counts);
    }
}
