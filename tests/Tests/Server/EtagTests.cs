using System.Text.Json.Nodes;

namespace Octavo.Tests.Server;

/// <summary>What a client has seen it need not be sent again, and what it has not seen it does not change.</summary>
public sealed class EtagTests
{
    [Fact]
    public async Task A_thing_that_the_client_has_is_not_sent_again_until_it_changes()
    {
        await using var host = await ServerHost.StartAsync();
        var user = await UserAsync(host);
        var first = await host.V2Async("GET", user);
        var tag = first.Header("ETag")!;

        (await host.V2Async("GET", user, headers: ("If-None-Match", tag))).Status.ShouldBe(304);
        await host.RestartAsync();
        (await host.V2Async("GET", user, headers: ("If-None-Match", tag))).Status.ShouldBe(304, "the same after a restart");
        await host.V2Async("PATCH", user, new JsonObject { ["role"] = "operator" });

        var changed = await host.V2Async("GET", user, headers: ("If-None-Match", tag));
        changed.Status.ShouldBe(200);
        changed.Header("ETag").ShouldNotBe(tag);
    }

    [Fact]
    public async Task A_change_of_what_is_not_so_any_more_is_412_and_changes_nothing()
    {
        await using var host = await ServerHost.StartAsync();
        var user = await UserAsync(host);
        var volume = "/v2/volumes/" + await host.VolumeAsync();
        var snapshot = "/v2/snapshots/" + (await host.SnapshotAsync(volume["/v2/volumes/".Length..]))["id"];
        (string, string) stale = ("If-Match", "\"0123456789abcdef0123456789abcdef\"");

        foreach (var (method, path, body) in new[]
        {
            ("PATCH", user, new JsonObject { ["role"] = "admin" }), ("DELETE", user, null), ("DELETE", snapshot, null),
            ("POST", volume + "/snapshots", null), ("DELETE", volume, null),
        })
        {
            var before = (await host.V2Async("GET", path.Replace("/snapshots", "", StringComparison.Ordinal).StartsWith("/v2/volumes", StringComparison.Ordinal) ? volume : path)).Body;
            var refused = await host.V2Async(method, path, body, headers: stale);
            refused.Status.ShouldBe(412, $"{method} {path}: {refused.Body}");
            refused.Type!.ShouldContain("problem+json");
            (await host.V2Async("GET", path.StartsWith("/v2/volumes", StringComparison.Ordinal) ? volume : path)).Body.ShouldBe(before);
        }
        (await host.V2Async("GET", "/v2/operations?limit=1000")).Json["items"]!.AsArray().Count.ShouldBe(2, "the volume and its snapshot were made, no more");
    }

    [Fact]
    public async Task A_change_of_what_was_seen_is_made()
    {
        await using var host = await ServerHost.StartAsync();
        var user = await UserAsync(host);
        var tag = (await host.V2Async("GET", user)).Header("ETag")!;

        (await host.V2Async("PATCH", user, new JsonObject { ["api_access"] = true }, headers: ("If-Match", "W/" + tag))).Status.ShouldBe(412, "a weak tag is of no one thing");
        var changed = await host.V2Async("PATCH", user, new JsonObject { ["api_access"] = true }, headers: ("If-Match", $"\"other\", {tag}"));

        changed.Status.ShouldBe(200, changed.Body);
        changed.Header("ETag").ShouldBe((await host.V2Async("GET", user)).Header("ETag"));
        (await host.V2Async("DELETE", user, headers: ("If-Match", "*"))).Status.ShouldBe(204);
    }

    static async Task<string> UserAsync(ServerHost host) =>
        "/v2/users/" + (await host.V2Async("POST", "/v2/users", new JsonObject { ["name"] = "bob" })).Json["user"]!["id"];

    [Fact]
    public async Task The_tag_that_a_change_answers_is_the_one_that_looking_gives()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync();

        var made = await host.V2Async("POST", "/v2/users", new JsonObject { ["name"] = "somebody" });
        var token = await host.V2Async("POST", "/v2/user/tokens", new JsonObject { ["name"] = "ci" });

        made.Header("ETag").ShouldBe((await host.V2Async("GET", made.Header("Location")!)).Header("ETag"));
        // The next look at the pool may come in between, and find that it takes more space.
        await ServerHost.EventuallyAsync(
            async () => (
                Changed: (await host.V2Async("PATCH", $"/v2/volumes/{volume}", new JsonObject { ["mount_point"] = "/vol/data" })).Header("ETag"),
                Shown: (await host.V2Async("GET", $"/v2/volumes/{volume}")).Header("ETag")),
            tags => tags.Changed == tags.Shown);
        token.Header("ETag").ShouldBeNull();
    }
}
