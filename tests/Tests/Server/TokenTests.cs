using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Octavo.Server.Accounts;

namespace Octavo.Tests.Server;

public sealed class TokenTests
{
    [Fact]
    public async Task The_first_start_prints_the_token_once_and_leaves_it_with_three_commands_for_its_owner_only()
    {
        await using var host = await ServerHost.StartAsync();
        var file = Path.Combine(host.Folder, "admin.token");

        host.Token.ShouldMatch("^[0-9a-f]{64}$");
        host.Output.ToString().ShouldContain(host.Token);
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.ReadLines(file).Skip(2).Count(line => line.StartsWith("#   ", StringComparison.Ordinal)).ShouldBe(3);
        var printed = host.Output.ToString();
        await host.RestartAsync();
        host.Output.ToString().ShouldBe(printed);
        (await host.V1Async("GET", "/api/volumes")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_new_token_kills_the_old_one_at_once()
    {
        await using var host = await ServerHost.StartAsync();
        var old = await host.UserAsync("bob");
        (await host.V1Async("GET", "/api/volumes", old)).Status.ShouldBe(200);
        var id = await IdOfAsync(host, "bob");

        var renewed = (string)(await host.V2Async("POST", $"/v2/users/{id}/token")).Json["token"]!;

        (await host.V1Async("GET", "/api/volumes", old)).Status.ShouldBe(401);
        (await host.V1Async("GET", "/api/volumes", renewed)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task API_access_is_off_for_new_users_and_the_switch_works_at_once()
    {
        await using var host = await ServerHost.StartAsync();
        var made = await host.V2Async("POST", "/v2/users", new JsonObject { ["name"] = "bob", ["role"] = "admin" });
        var token = (string)made.Json["token"]!;
        var path = $"/v2/users/{made.Json["user"]!["id"]}";
        ((bool)made.Json["user"]!["api_access"]!).ShouldBeFalse();

        var refused = await host.V1Async("GET", "/api/volumes", token);
        refused.Status.ShouldBe(401);
        ((string)refused.Json["errors"]![0]!).ShouldContain("API access is off");
        await host.V2Async("PATCH", path, new JsonObject { ["api_access"] = true });
        (await host.V1Async("GET", "/api/volumes", token)).Status.ShouldBe(200);
        await host.V2Async("PATCH", path, new JsonObject { ["api_access"] = false });
        (await host.V1Async("GET", "/api/volumes", token)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task No_token_and_no_secret_is_kept_in_the_data_folder()
    {
        await using var host = await ServerHost.StartAsync();
        var token = await host.UserAsync("bob");
        await host.V2Async("POST", "/v2/credentials", new JsonObject
        {
            ["name"] = "aws",
            ["aws_access_key_id"] = "AKIA1",
            ["aws_secret_access_key"] = "a-very-secret-secret",
        });
        var admin = host.Token;
        await host.StopAsync();

        foreach (var file in Directory.EnumerateFiles(host.Folder, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "admin.token"))
        {
            var content = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            foreach (var secret in new[] { token, admin, "a-very-secret-secret" })
                content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)).ShouldBe(-1, file);
        }
        await host.RestartedAsync();
    }

    [Fact]
    public async Task Unknown_tokens_are_limited_per_address_and_valid_ones_always_pass()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await ServerHost.StartAsync(configure: builder =>
            builder.Services.AddSingleton(new FailedSignIns(time)));
        for (var i = 0; i < FailedSignIns.Burst; i++) (await host.V1Async("GET", "/api/volumes", "wrong")).Status.ShouldBe(401);

        var limited = await host.V1Async("GET", "/api/volumes", "wrong");

        limited.Status.ShouldBe(429);
        limited.Header("Retry-After").ShouldBe("1");
        limited.Json["errors"]!.AsArray().Count.ShouldBe(1);
        (await host.V2Async("GET", "/v2/volumes", token: "wrong")).Status.ShouldBe(429);
        (await host.V1Async("GET", "/api/volumes")).Status.ShouldBe(200);
        time.Advance(TimeSpan.FromSeconds(3));
        (await host.V1Async("GET", "/api/volumes", "wrong")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task The_last_admin_and_the_operator_cannot_be_taken_away()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await IdOfAsync(host, "admin");

        (await host.V2Async("DELETE", $"/v2/users/{id}")).Status.ShouldBe(409);
        (await host.V2Async("PATCH", $"/v2/users/{id}", new JsonObject { ["role"] = "viewer" })).Status.ShouldBe(409);
        await host.UserAsync("second");
        (await host.V2Async("DELETE", $"/v2/users/{id}")).Status.ShouldBe(409);
        (await host.V2Async("GET", "/v2/user")).Json["is_service_operator"]!.GetValue<bool>().ShouldBeTrue();
    }

    static async Task<string> IdOfAsync(ServerHost host, string name) =>
        (string)(await host.V2Async("GET", "/v2/users")).Json["items"]!.AsArray().Single(u => (string)u!["name"]! == name)!["id"]!;

    [Fact]
    public async Task A_token_may_no_more_than_its_role_says_whatever_its_user_may()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync();

        var looks = await TokenAsync(host, new JsonObject { ["name"] = "dashboard", ["role"] = "viewer" });
        var works = await TokenAsync(host, new JsonObject { ["name"] = "backup", ["role"] = "operator" });

        (await host.V2Async("GET", "/v2/volumes", token: looks)).Status.ShouldBe(200);
        (await host.V2Async("POST", $"/v2/volumes/{volume}/snapshots", token: looks)).Status.ShouldBe(403);
        (await host.V2Async("POST", $"/v2/volumes/{volume}/snapshots", token: works)).Status.ShouldBe(202);
        (await host.V2Async("DELETE", $"/v2/volumes/{volume}", token: works)).Status.ShouldBe(403);
        (await host.V2Async("POST", "/v2/accounts", new JsonObject { ["name"] = "x" }, works)).Status.ShouldBe(403, "the service's operator signs in with a token that may all");
        (await host.V1Async("GET", "/api/volumes", works)).Status.ShouldBe(403, "v1 is for admins");
    }

    [Fact]
    public async Task A_token_makes_none_that_may_more_or_lasts_longer_than_itself()
    {
        await using var host = await ServerHost.StartAsync();
        var end = TimeProvider.System.GetUtcNow().AddDays(1);
        var works = await TokenAsync(host, new JsonObject { ["name"] = "backup", ["role"] = "operator", ["expires_at"] = end });

        (await host.V2Async("POST", "/v2/user/tokens", new JsonObject { ["name"] = "more", ["role"] = "admin", ["expires_at"] = end }, works)).Status.ShouldBe(403);
        (await host.V2Async("POST", "/v2/user/tokens", new JsonObject { ["name"] = "longer" }, works)).Status.ShouldBe(403);
        (await host.V2Async("POST", "/v2/user/tokens", new JsonObject { ["name"] = "less", ["role"] = "viewer", ["expires_at"] = end }, works)).Status.ShouldBe(201);
    }

    [Fact]
    public async Task A_token_that_has_ended_or_was_revoked_is_dead_at_once()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await ServerHost.StartAsync(configure: builder => builder.Services.AddSingleton<TimeProvider>(time));
        var ends = await TokenAsync(host, new JsonObject { ["name"] = "for an hour", ["expires_at"] = time.GetUtcNow().AddHours(1) });
        var revoked = await TokenAsync(host, new JsonObject { ["name"] = "lost" });
        foreach (var token in new[] { ends, revoked }) (await host.V2Async("GET", "/v2/volumes", token: token)).Status.ShouldBe(200);

        (await host.V2Async("DELETE", "/v2/user/tokens/lost")).Status.ShouldBe(204);
        time.Advance(TimeSpan.FromHours(1));

        (await host.V2Async("GET", "/v2/volumes", token: revoked)).Status.ShouldBe(401);
        var refused = await host.V2Async("GET", "/v2/volumes", token: ends);
        refused.Status.ShouldBe(401);
        ((string)refused.Json["detail"]!).ShouldContain("ended at");
        (await host.V2Async("POST", "/v2/user/tokens", new JsonObject { ["name"] = "x", ["expires_at"] = time.GetUtcNow() })).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Tokens_are_listed_by_name_and_never_shown_again()
    {
        await using var host = await ServerHost.StartAsync();
        var token = await TokenAsync(host, new JsonObject { ["name"] = "backup", ["role"] = "operator" });

        var list = await host.V2Async("GET", "/v2/user/tokens");

        list.Json["items"]!.AsArray().Select(t => (string)t!["name"]!).ShouldBe(["backup", "default"]);
        list.Body.ShouldNotContain(token);
        (await host.V2Async("POST", "/v2/user/tokens", new JsonObject { ["name"] = "backup" })).Status.ShouldBe(409);
    }

    [Fact]
    public async Task The_account_keeps_a_token_that_may_all_and_the_operator_keeps_to_itself()
    {
        await using var host = await ServerHost.StartAsync();
        var admin = await host.UserAsync("second");
        var first = (string)(await host.V2Async("GET", "/v2/user")).Json["id"]!;

        (await host.V2Async("DELETE", "/v2/user/tokens/default")).Status.ShouldBe(409);
        foreach (var (method, path, body) in new[]
        {
            ("POST", $"/v2/users/{first}/token", null), ("POST", $"/v2/users/{first}/tokens", new JsonObject { ["name"] = "mine" }),
            ("DELETE", $"/v2/users/{first}", null), ("PATCH", $"/v2/users/{first}", new JsonObject { ["role"] = "viewer" }),
        })
            (await host.V2Async(method, path, body, admin)).Status.ShouldBe(403, $"{method} {path}");
    }

    static async Task<string> TokenAsync(ServerHost host, JsonObject request)
    {
        var made = await host.V2Async("POST", "/v2/user/tokens", request);
        made.Status.ShouldBe(201, made.Body);
        return (string)made.Json["token"]!;
    }
}
