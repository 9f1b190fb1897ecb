namespace Octavo.Tests.Server;

/// <summary>v1 on volumes that are not simply available, and the contract's smaller rows.</summary>
public sealed class ScalariumStatesTests
{
    [Fact]
    public async Task A_volume_in_use_is_shown_attached_and_is_not_deleted()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(new byte[4096]);
        var provider = (string)(await host.V1Async("GET", $"/api/volumes/{id}")).Json["volume_id"]!;
        await using (File.Open(Path.Combine(host.Pool, "volumes", provider, "data"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            await host.ReconcileAsync();

            var shown = (await host.V1Async("GET", $"/api/volumes/{id}")).Json;
            ((string)shown["status"]!, (string)shown["attachment_status"]!).ShouldBe(("in-use", "attached"));
            ((string)shown["attached_at"]!).ShouldMatch(@"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \+0000$");
            shown["instance_id"].ShouldBeNull();
            await ShouldBeRefusedAsync(host, "DELETE", $"/api/volumes/{id}", "in use");
        }
        (await host.V1Async("GET", $"/api/volumes/{id}")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_volume_whose_image_vanished_is_in_error_and_takes_no_snapshot_but_a_deletion()
    {
        await using var host = await ServerHost.StartAsync();
        var (gone, other) = (await host.ImportAsync(new byte[4096]), await host.ImportAsync(new byte[4096]));
        await host.SnapshotAsync(gone);
        var provider = (string)(await host.V1Async("GET", $"/api/volumes/{gone}")).Json["volume_id"]!;
        File.Delete(Path.Combine(host.Pool, "volumes", provider, "data"));
        await host.ReconcileAsync();

        ((string)(await host.V1Async("GET", $"/api/volumes/{gone}")).Json["status"]!).ShouldBe("error");
        ((string)(await host.V2Async("GET", $"/v2/volumes/{gone}")).Json["state_reason"]!).ShouldContain("gone");
        await ShouldBeRefusedAsync(host, "POST", $"/api/volumes/{gone}/snapshots", "error");
        (await host.V1Async("GET", $"/api/volumes/{gone}/snapshots")).Json.AsArray().Count.ShouldBe(1);
        ((string)(await host.V1Async("GET", $"/api/volumes/{other}")).Json["status"]!).ShouldBe("available");
        (await host.V1Async("DELETE", $"/api/volumes/{gone}")).Body.ShouldBe("{}");
    }

    [Theory]
    [InlineData("snapshot")]
    [InlineData("snapshots")]
    public async Task The_body_of_a_snapshots_POST_is_ignored_whatever_it_is(string path)
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(new byte[4096]);

        foreach (var (body, type) in new[]
        {
            ("""{"description":"x"}""", "application/json"), ("{", "application/json"), ("\0\u00ff", "application/octet-stream"),
            ("a=b", "application/x-www-form-urlencoded"), (new string('x', 100_000), "text/plain"),
        })
            (await host.V1Async("POST", $"/api/volumes/{id}/{path}", body: body, type: type)).Status.ShouldBe(200, type);
    }

    [Fact]
    public async Task Asking_for_gzip_and_naming_a_type_on_GET_and_DELETE_change_nothing()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(new byte[4096]);
        var shown = (await host.V1Async("GET", $"/api/volumes/{id}")).Body;

        foreach (var (method, expected) in new[] { ("GET", shown), ("DELETE", "{}") })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/volumes/{id}");
            request.Headers.TryAddWithoutValidation("X-Scalarium-Token", host.Token);
            request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip;q=1.0,deflate;q=0.6,identity;q=0.3");
            var reply = await host.SendAsync(request, "", "application/json");
            (reply.Status, reply.Body, reply.Header("Content-Encoding")).ShouldBe((200, expected, null));
        }
    }

    [Fact]
    public async Task An_empty_token_is_no_token()
    {
        await using var host = await ServerHost.StartAsync();

        (await host.V1Async("GET", "/api/volumes", "")).Status.ShouldBe(401);
        (await host.V2Async("GET", "/v2/volumes", token: "")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task OPTIONS_varies_by_Accept_as_every_reply_does()
    {
        await using var host = await ServerHost.StartAsync();

        (await host.V1Async("OPTIONS", "/api/volumes")).Header("Vary").ShouldBe("Accept");
    }

    static async Task ShouldBeRefusedAsync(ServerHost host, string method, string path, string because)
    {
        var refused = await host.V1Async(method, path);
        refused.Status.ShouldBe(412, refused.Body);
        refused.Json.AsObject().ShouldHaveSingleItem().Key.ShouldBe("errors");
        ((string)refused.Json["errors"]![0]!).ShouldContain(because);
    }
}
