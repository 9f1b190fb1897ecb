using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Octavo.Tests.Server;

/// <summary>Bad input gets a sentence and the right status, and changes nothing.</summary>
public sealed class BadInputTests
{
    public static TheoryData<string, string, string, int> Bodies => new()
    {
        { "POST", "/v2/volumes", """{"name":"n","size_gib":0}""", 400 },
        { "POST", "/v2/volumes", """{"name":"n","size_gib":-1}""", 400 },
        { "POST", "/v2/volumes", """{"name":"n","size_gib":65537}""", 400 },
        { "POST", "/v2/volumes", """{"name":"n","size_gib":60000}""", 422 },
        { "POST", "/v2/volumes", """{"name":"n","size_gib":9223372036854775808}""", 400 },
        { "POST", "/v2/volumes", """{"name":"n","size_gib":1.5}""", 400 },
        { "POST", "/v2/volumes", """{"name":"n"}""", 400 },
        { "POST", "/v2/volumes", """{"size_gib":1}""", 400 },
        { "POST", "/v2/volumes", """{"name":"","size_gib":1}""", 400 },
        { "POST", "/v2/volumes", """{"name":"   ","size_gib":1}""", 400 },
        { "POST", "/v2/volumes", """{"name":"a\u0007b","size_gib":1}""", 400 },
        { "POST", "/v2/volumes", """{"name":"a\nb","size_gib":1}""", 400 },
        { "POST", "/v2/volumes", """{"name":"\ud800","size_gib":1}""", 400 },
        { "POST", "/v2/volumes", """{"name":1,"size_gib":1}""", 400 },
        { "POST", "/v2/volumes", """{"name":"n","size_gib":"1"}""", 400 },
        { "POST", "/v2/volumes", """{"name":"n","size_gib":1,"availability_zone":"us-east-1a"}""", 400 },
        { "POST", "/v2/volumes", """{"name":"n","size_gib":1,"snapshot_id":"snap-1"}""", 404 },
        { "POST", "/v2/volumes", "[]", 400 },
        { "POST", "/v2/volumes", "null", 400 },
        { "POST", "/v2/volumes", "{", 400 },
        { "POST", "/v2/volumes", "", 400 },
        { "POST", "/v2/volumes/import", """{"name":"n","path":"relative"}""", 400 },
        { "POST", "/v2/volumes/import", """{"name":"n"}""", 400 },
        { "POST", "/v2/accounts", """{"name":"../../etc"}""", 400 },
        { "POST", "/v2/accounts", """{"name":"UPPER"}""", 400 },
        { "POST", "/v2/accounts", """{"name":"default"}""", 409 },
        { "POST", "/v2/users", """{"name":"admin"}""", 409 },
        { "POST", "/v2/users", """{"name":"x","account":"nowhere"}""", 404 },
        { "POST", "/v2/users", """{"name":"x","api_access":"yes"}""", 400 },
        { "POST", "/v2/credentials", """{"name":"x"}""", 400 },
        { "POST", "/v2/fsck", """{"repair":1}""", 400 },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_makes_no_sense_is_refused(string method, string path, string body, int status)
    {
        await using var host = await ServerHost.StartAsync();
        await host.ReconcileAsync();
        var before = await EverythingAsync(host);

        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {host.Token}");
        var refused = await host.SendAsync(request, body, "application/json");

        refused.Status.ShouldBe(status, refused.Body);
        refused.Type.ShouldBe("application/problem+json");
        ((string)refused.Json["detail"]!).ShouldMatch("\\.$");
        ((string)refused.Json["request_id"]!).ShouldNotBeNullOrEmpty();
        (await EverythingAsync(host)).ShouldBe(before);
    }

    [Fact]
    public async Task A_name_of_10000_characters_is_refused_and_255_are_kept()
    {
        await using var host = await ServerHost.StartAsync();

        var refused = await host.V2Async("POST", "/v2/volumes", new JsonObject { ["name"] = new string('x', 10_000), ["size_gib"] = 1 });

        refused.Status.ShouldBe(400);
        ((string)refused.Json["detail"]!).ShouldContain("10000 characters");
        var id = await host.VolumeAsync(new string('ü', 255));
        ((string)(await host.V1Async("GET", $"/api/volumes/{id}")).Json["name"]!).ShouldBe(new string('ü', 255));
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=-1")]
    [InlineData("?limit=1001")]
    [InlineData("?limit=x")]
    [InlineData("?page_token=nonsense")]
    [InlineData("?page_token=MTp2b2x1bWVzOngsLA")]
    [InlineData("?page_token=%F0%9F%92%A9")]
    public async Task A_page_that_makes_no_sense_is_refused(string query)
    {
        await using var host = await ServerHost.StartAsync();

        foreach (var list in new[] { "volumes", "snapshots", "operations", "credentials" })
            (await host.V2Async("GET", $"/v2/{list}{query}")).Status.ShouldBe(400, list);
    }

    [Theory]
    [InlineData("/api/volumes")]
    [InlineData("/v2/volumes")]
    public async Task Headers_of_1_MiB_are_refused_with_a_sentence(string path)
    {
        await using var host = await ServerHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("X-Scalarium-Token", new string('x', 1 << 20));

        var refused = await host.SendAsync(request);

        refused.Status.ShouldBe(431);
        refused.Body.ShouldContain("larger than 32 KiB");
    }

    [Theory]
    [InlineData("/api/volumes/")]
    [InlineData("/v2/volumes/")]
    public async Task An_address_of_10000_characters_is_refused_with_a_sentence(string path)
    {
        await using var host = await ServerHost.StartAsync();

        var refused = await host.V1Async("GET", path + new string('x', 10_000));

        refused.Status.ShouldBe(414);
        refused.Body.ShouldContain("longer than 8 KiB");
    }

    [Theory]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("vol-00000000000000000")]
    [InlineData("snap-00000000000000000")]
    [InlineData("x")]
    [InlineData("%01")]
    [InlineData("%F0%9F%92%A9")]
    [InlineData("..%2f..%2fetc")]
    public async Task An_id_that_names_nothing_is_404_on_every_route_and_changes_nothing(string id)
    {
        await using var host = await ServerHost.StartAsync();
        await host.SnapshotAsync(await host.ImportAsync(new byte[4096]));
        await host.ReconcileAsync();
        var before = await EverythingAsync(host);

        foreach (var (method, route, body) in RouteTable.RoutesWithIds)
        {
            var path = route.Replace("{snapshot_id}", id, StringComparison.Ordinal).Replace("{id}", id, StringComparison.Ordinal);
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {host.Token}");
            request.Headers.TryAddWithoutValidation("X-Scalarium-Token", host.Token);
            var refused = await host.SendAsync(request, body, "application/json");
            refused.Status.ShouldBe(404, $"{method} {path}: {refused.Body}");
            refused.Body.ShouldContain("There is no", customMessage: $"{method} {path}");
        }

        (await EverythingAsync(host)).ShouldBe(before);
    }

    [Fact]
    public async Task A_parameter_or_a_field_that_is_not_known_is_refused_by_name()
    {
        await using var host = await ServerHost.StartAsync();

        foreach (var (path, name) in new[] { ("/v2/volumes?stat=available", "stat"), ("/v2/volumes/x?limit=1", "limit"), ("/v2/user?x", "x"), ("/v2/users?limit=1&limit=2", "limit") })
        {
            var refused = await host.V2Async("GET", path);
            refused.Status.ShouldBe(400, path);
            ((string)refused.Json["detail"]!).ShouldContain(name);
        }
        var field = await host.V2Async("POST", "/v2/volumes", new JsonObject { ["name"] = "x", ["size_gib"] = 1, ["sice_gib"] = 2 });
        field.Status.ShouldBe(400);
        ((string)field.Json["detail"]!).ShouldContain("sice_gib");
        (await host.V1Async("GET", "/api/volumes")).Body.ShouldBe("[]");
    }

    [Theory]
    [InlineData(0, 0, 400)]
    [InlineData(511, 511, 400)]
    [InlineData(513, 513, 400)]
    [InlineData(1024, 512, null)]
    public async Task An_upload_of_a_wrong_length_or_cut_short_leaves_nothing(int announced, int sent, int? status)
    {
        await using var host = await ServerHost.StartAsync();
        var reply = await RawAsync(host,
            $"POST /v2/volumes/import?name=x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {host.Token}\r\n"
            + $"Content-Type: application/octet-stream\r\nContent-Length: {announced}\r\n\r\n" + new string('x', sent), sent < announced);

        if (status is { } expected) reply.ShouldStartWith($"HTTP/1.1 {expected}");
        await ServerHost.EventuallyAsync(
            async () => (await host.V2Async("GET", "/v2/operations")).Json["items"]!.AsArray(),
            operations => operations.All(o => (string)o!["state"]! == "failed"));
        (await host.V1Async("GET", "/api/volumes")).Body.ShouldBe("[]");
        if (Directory.Exists(Path.Combine(host.Pool, "volumes")))
            Directory.EnumerateFileSystemEntries(Path.Combine(host.Pool, "volumes")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_upload_without_a_length_is_refused()
    {
        await using var host = await ServerHost.StartAsync();

        var reply = await RawAsync(host,
            $"POST /v2/volumes/import?name=x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {host.Token}\r\nTransfer-Encoding: chunked\r\n"
            + "Content-Type: application/octet-stream\r\n\r\n0\r\n\r\n", false);

        reply.ShouldStartWith("HTTP/1.1 400");
        reply.ShouldContain("Content-Length");
    }

    [Fact]
    public async Task Half_a_request_harms_nobody()
    {
        await using var host = await ServerHost.StartAsync();
        foreach (var half in new[] { "GET /api/vol", "POST /v2/volumes HTTP/1.1\r\nHost: x\r\nContent-Le", "\r\n\r\n", "\0\0\0\0", "{}" })
            await RawAsync(host, half, hangUp: true);

        (await host.V1Async("GET", "/api/volumes")).Body.ShouldBe("[]");
    }

    [Fact]
    public async Task A_path_on_the_server_that_is_no_image_ends_in_a_failed_operation_and_no_volume()
    {
        await using var host = await ServerHost.StartAsync();

        foreach (var path in new[] { "/does/not/exist", "/etc", "/dev/null" })
        {
            var made = await host.V2Async("POST", "/v2/volumes/import", new JsonObject { ["name"] = "n", ["path"] = path });
            var ended = await host.EndAsync(made.Json["operation"]!);
            ((string)ended["state"]!).ShouldBe("failed");
            ((string)ended["error"]!["code"]!).ShouldBe("invalid");
        }

        (await host.V1Async("GET", "/api/volumes")).Body.ShouldBe("[]");
    }

    static async Task<string> EverythingAsync(ServerHost host)
    {
        var all = new StringBuilder();
        foreach (var path in new[] { "/v2/snapshots", "/v2/operations", "/v2/credentials", "/v2/users", "/v2/accounts" })
            all.AppendLine((await host.V2Async("GET", path)).Body);
        return all.Append((await host.V1Async("GET", "/api/volumes")).Body).ToString();
    }

    static async Task<string> RawAsync(ServerHost host, string request, bool hangUp)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", host.Address.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        if (hangUp)
        {
            client.Client.Shutdown(SocketShutdown.Send);
            var rest = new byte[4096];
            try
            {
                while (await stream.ReadAsync(rest, TestContext.Current.CancellationToken) > 0) { }
            }
            catch (IOException)
            {
                // Cut off instead of closed: who hung up has no claim to more.
            }
            return "";
        }
        var buffer = new byte[8192];
        var read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
        var reply = Encoding.Latin1.GetString(buffer, 0, read);
        if (!reply.Contains('}', StringComparison.Ordinal))
            reply += Encoding.Latin1.GetString(buffer, 0, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken));
        return reply;
    }
}
