using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Octavo.Tests.Server;

/// <summary>Signing in to the console, and what a session and its forms withstand.</summary>
public sealed class ConsoleSessionTests
{
    const string Form = "application/x-www-form-urlencoded";

    [Fact]
    public async Task A_token_signs_in_and_its_session_says_who_it_is()
    {
        await using var host = await ServerHost.StartAsync();
        var client = ConsoleClient.Stranger(host);

        var signedIn = await client.PostAsync("/sign-in", ("token", host.Token), ("target", "/volumes?state=error"));

        signedIn.Status.ShouldBe(303);
        signedIn.Header("Location").ShouldBe("/volumes?state=error");
        var cookie = signedIn.Header("Set-Cookie")!.ToLowerInvariant();
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
        cookie.ShouldContain("path=/");
        cookie.ShouldNotContain("domain");
        cookie.ShouldNotContain("secure");
        cookie.ShouldNotContain(host.Token);
        ConsoleClient.Text((await client.GetAsync("/")).Body).ShouldContain("Nothing here yet");
    }

    [Fact]
    public async Task Behind_TLS_the_cookie_is_bound_to_the_host_and_to_https()
    {
        await using var host = await ServerHost.StartAsync();

        var signedIn = await ConsoleClient.Stranger(host).SendAsync(
            HttpMethod.Post, "/sign-in", [("token", host.Token)], ("X-Forwarded-Proto", "https"));

        signedIn.Header("Set-Cookie")!.ShouldStartWith("__Host-octavo=");
        signedIn.Header("Set-Cookie")!.ShouldContain("secure", Case.Insensitive);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example")]
    [InlineData("/ok\r\nX-Injected: 1")]
    [InlineData("javascript:alert(1)")]
    public async Task Signing_in_leads_nowhere_else(string target)
    {
        await using var host = await ServerHost.StartAsync();

        var signedIn = await ConsoleClient.Stranger(host).PostAsync("/sign-in", ("token", host.Token), ("target", target));

        signedIn.Header("Location").ShouldBe("/");
        signedIn.Header("X-Injected").ShouldBeNull();
    }

    [Fact]
    public async Task A_session_that_somebody_planted_is_not_taken_over()
    {
        await using var host = await ServerHost.StartAsync();
        var attacker = await ConsoleClient.SignInAsync(host, await host.UserAsync("attacker", role: "viewer"));
        var victim = ConsoleClient.Stranger(host, attacker.Cookie);

        await victim.PostAsync("/sign-in", ("token", host.Token));

        victim.Cookie.ShouldNotBe(attacker.Cookie);
        (await attacker.GetAsync("/")).Status.ShouldBe(401);
        // One that never was is not made to be, either.
        var unknown = ConsoleClient.Stranger(host, "octavo_session=0123456789abcdef");
        await unknown.PostAsync("/sign-in", ("token", host.Token));
        unknown.Cookie.ShouldNotBe("octavo_session=0123456789abcdef");
    }

    [Fact]
    public async Task A_session_is_no_token_and_a_token_is_no_session()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);
        var secret = client.Cookie!.Split('=')[1];

        (await host.V2Async("GET", "/v2/volumes", token: secret)).Status.ShouldBe(401);
        (await host.V1Async("GET", "/api/volumes", secret)).Status.ShouldBe(401);
        (await client.GetAsync("/v2/volumes")).Status.ShouldBe(401);
        (await client.GetAsync("/api/volumes")).Status.ShouldBe(401);
        (await ConsoleClient.Stranger(host, $"octavo_session={host.Token}").GetAsync("/")).Status.ShouldBe(401);
        (await ConsoleClient.Stranger(host).GetAsync("/", ("Authorization", $"Bearer {host.Token}"))).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_session_ends_with_its_token_with_its_users_access_and_with_its_user()
    {
        await using var host = await ServerHost.StartAsync();
        var token = await host.UserAsync("worker", role: "operator");
        var user = (await host.ItemsAsync("/v2/users")).Single(u => (string?)u["name"] == "worker")["id"];
        var second = (string)(await host.V2Async("POST", $"/v2/users/{user}/tokens", new JsonObject { ["name"] = "laptop" })).Json["token"]!;
        var byFirst = await ConsoleClient.SignInAsync(host, token);
        var bySecond = await ConsoleClient.SignInAsync(host, second);

        await host.V2Async("DELETE", $"/v2/users/{user}/tokens/laptop");
        (await bySecond.GetAsync("/")).Status.ShouldBe(401);
        (await byFirst.GetAsync("/")).Status.ShouldBe(200);

        await host.V2Async("PATCH", $"/v2/users/{user}", new JsonObject { ["api_access"] = false });
        (await byFirst.GetAsync("/")).Status.ShouldBe(401);
        await host.V2Async("PATCH", $"/v2/users/{user}", new JsonObject { ["api_access"] = true });
        (await byFirst.GetAsync("/")).Status.ShouldBe(200);

        (await host.V2Async("DELETE", $"/v2/users/{user}")).Status.ShouldBe(204);
        (await byFirst.GetAsync("/")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_session_ends_when_nobody_uses_it_and_after_a_week_however_it_is_used()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await ServerHost.StartAsync(configure: builder => builder.Services.AddSingleton<TimeProvider>(time));
        var idle = await ConsoleClient.SignInAsync(host);
        var used = await ConsoleClient.SignInAsync(host);

        for (var hours = 0; hours < 7 * 24; hours += 8)
        {
            (await used.GetAsync("/")).Status.ShouldBe(200, $"after {hours} hours");
            if (hours == 8) (await ConsoleClient.Stranger(host, idle.Cookie).GetAsync("/sign-in")).Status.ShouldBe(303);
            time.Advance(TimeSpan.FromHours(8));
        }

        (await used.GetAsync("/")).Status.ShouldBe(401);
        (await idle.GetAsync("/")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_session_outlives_a_restart_and_signing_out_ends_it()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);
        var copy = ConsoleClient.Stranger(host, client.Cookie);

        await host.RestartAsync();
        (await copy.GetAsync("/")).Status.ShouldBe(200);
        (await client.PostAsync("/sign-out")).Header("Location").ShouldBe("/sign-in");

        (await copy.GetAsync("/")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Signing_in_and_out_and_being_refused_are_in_the_audit_log()
    {
        await using var host = await ServerHost.StartAsync();
        var closed = await host.UserAsync("closed", hasAccess: false);
        await (await ConsoleClient.SignInAsync(host)).PostAsync("/sign-out");

        (await ConsoleClient.Stranger(host).PostAsync("/sign-in", ("token", closed))).Status.ShouldBe(401);

        var entries = await host.ItemsAsync("/v2/audit?limit=3");
        entries.Select(e => $"{e["user"]} {e["via"]} {e["action"]} {e["outcome"]}")
            .ShouldBe(["closed console SignIn refused", "admin console SignOut done", "admin console SignIn done"]);
    }

    [Fact]
    public async Task Guessing_tokens_is_slowed_down_as_everywhere()
    {
        // Its own clock: what is forgiven with each second must not depend on how long a hundred requests take.
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await ServerHost.StartAsync(configure: builder => builder.Services.AddSingleton<TimeProvider>(time));
        var client = ConsoleClient.Stranger(host);
        for (var i = 0; i < 100; i++) (await client.PostAsync("/sign-in", ("token", $"guess-{i}"))).Status.ShouldBe(401);

        var refused = await client.PostAsync("/sign-in", ("token", "one more"));

        refused.Status.ShouldBe(429);
        refused.Header("Retry-After").ShouldNotBeNull();
        refused.Body.ShouldNotContain("one more");
        (await client.PostAsync("/sign-in", ("token", host.Token))).Status.ShouldBe(303);
        time.Advance(TimeSpan.FromSeconds(2));
        (await client.PostAsync("/sign-in", ("token", "later"))).Status.ShouldBe(401);
        (await client.PostAsync("/sign-in", ("token", "too soon"))).Status.ShouldBe(429);
    }

    [Fact]
    public async Task A_form_without_the_sessions_own_token_does_nothing()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);
        var other = await ConsoleClient.SignInAsync(host);

        foreach (var token in new[] { null, "", "0", other.FormToken, client.Cookie!.Split('=')[1] })
        {
            (string, string)[] fields = token is null ? [] : [("form_token", token)];
            (await client.SendAsync(HttpMethod.Post, "/sign-out", fields)).Status.ShouldBe(403, token);
        }

        (await client.GetAsync("/")).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 303)]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "http://HOST", 303)]
    [InlineData("Origin", "https://HOST", 303)]
    public async Task A_form_of_another_site_does_nothing(string header, string value, int status)
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);
        var origin = (header, value.Replace("HOST", host.Address.Authority, StringComparison.Ordinal));

        (await client.SendAsync(HttpMethod.Post, "/sign-out", [("form_token", client.FormToken!)], origin)).Status.ShouldBe(status);
        (await ConsoleClient.Stranger(host).SendAsync(HttpMethod.Post, "/sign-in", [("token", host.Token)], origin)).Status.ShouldBe(status);
    }

    [Fact]
    public async Task Nothing_but_a_form_is_taken()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);
        using var json = new HttpRequestMessage(HttpMethod.Post, "/sign-out");
        json.Headers.TryAddWithoutValidation("Cookie", client.Cookie);
        using var large = new HttpRequestMessage(HttpMethod.Post, "/sign-out");
        large.Headers.TryAddWithoutValidation("Cookie", client.Cookie);

        (await host.SendAsync(json, $$"""{"form_token":"{{client.FormToken}}"}""", "application/json")).Status.ShouldBe(400);
        (await host.SendAsync(large, $"form_token={client.FormToken}&x={new string('x', 300_000)}", Form)).Status.ShouldBe(400);
        (await client.GetAsync("/")).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/sign-in")]
    [InlineData("/nowhere")]
    [InlineData("/sign-out")]
    public async Task Every_page_tells_the_browser_what_to_refuse(string path)
    {
        await using var host = await ServerHost.StartAsync();

        foreach (var client in new[] { ConsoleClient.Stranger(host), await ConsoleClient.SignInAsync(host) })
        {
            var page = await client.GetAsync(path);

            var policy = page.Header("Content-Security-Policy").ShouldNotBeNull();
            policy.ShouldStartWith("default-src 'none'; script-src 'self'; style-src 'self';");
            policy.ShouldNotContain("unsafe");
            page.Header("X-Content-Type-Options").ShouldBe("nosniff");
            page.Header("Referrer-Policy").ShouldBe("same-origin");
            page.Header("Cross-Origin-Opener-Policy").ShouldBe("same-origin");
            page.Header("Cache-Control").ShouldBe("no-store");
            page.Body.ShouldNotContain("style=\"");
            page.Body.ShouldNotContain("<style");
            page.Body.ShouldNotContain("onclick");
        }
    }

    [Fact]
    public async Task Files_are_kept_for_good_by_the_hash_in_their_address_and_htmx_is_the_one_that_was_checked()
    {
        await using var host = await ServerHost.StartAsync();
        var page = (await ConsoleClient.Stranger(host).GetAsync("/sign-in")).Body;
        var address = page[page.IndexOf("/assets/d6fdc75f204e6bde/htmx.min.js", StringComparison.Ordinal)..].Split('"')[0];

        var file = await host.Http.GetByteArrayAsync(address, TestContext.Current.CancellationToken);

        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file)).ShouldBe("d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717");
        var reply = await ConsoleClient.Stranger(host).GetAsync(address);
        reply.Header("Cache-Control").ShouldBe("public, max-age=31536000, immutable");
        reply.Type.ShouldBe("text/javascript; charset=utf-8");
        (await ConsoleClient.Stranger(host).GetAsync("/assets/0000000000000000/app.css")).Status.ShouldBe(404);
        (await ConsoleClient.Stranger(host).GetAsync("/assets/0000000000000000/other")).Status.ShouldBe(404);
    }
}
