using System.Net;
using Microsoft.Playwright;
using Octavo.Api;
using static Microsoft.Playwright.Assertions;

namespace Octavo.EndToEnd.Browser;

/// <summary>Who is signed in, for how long, and who is not.</summary>
public class SessionTests(Chromium chromium, ConsoleFixture console) : IClassFixture<ConsoleFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_is_a_cookie_that_scripts_cannot_read_and_that_is_no_token()
    {
        await using var visitor = await chromium.VisitorAsync(console.Address, Screen.Desktop);

        await visitor.SignInAsync(console.Token);

        var cookie = (await visitor.SessionCookieAsync())!;
        (cookie.HttpOnly, cookie.SameSite, cookie.Path, cookie.Domain).ShouldBe((true, SameSiteAttribute.Lax, "/", console.Address.Host));
        cookie.Value.ShouldNotContain(console.Token);
        (await visitor.Page.EvaluateAsync<string>("() => document.cookie")).ShouldBeEmpty();
        var kept = await visitor.Page.EvaluateAsync<string>("() => JSON.stringify([localStorage, sessionStorage])");
        kept.ShouldNotContain(cookie.Value);
        kept.ShouldNotContain(console.Token);
        (await StatusAsync("/v2/volumes", ("Authorization", $"Bearer {cookie.Value}"))).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync("/v2/volumes", ("Cookie", $"{cookie.Name}={cookie.Value}"))).ShouldBe(HttpStatusCode.Unauthorized, "the console's cookie is the console's alone");
        (await visitor.Page.ContentAsync()).ShouldNotContain(cookie.Value);
        visitor.ShouldBeUntroubled();
    }

    [Fact]
    public async Task Behind_TLS_the_cookie_is_bound_to_the_host_and_to_https()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = console.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in")
        {
            Content = new FormUrlEncodedContent([new("token", console.Token)]),
            Headers = { { "X-Forwarded-Proto", "https" } },
        };

        using var answer = await http.SendAsync(request, Cancellation);

        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        var cookie = answer.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldStartWith("__Host-");
        foreach (var part in new[] { "secure", "httponly", "samesite=lax", "path=/" }) cookie.Split("; ").Select(p => p.ToLowerInvariant()).ShouldContain(part);
        cookie.ShouldNotContain("domain", Case.Insensitive);
    }

    [Fact]
    public async Task A_cookie_planted_before_is_not_the_session_after_and_the_planters_own_session_is_over()
    {
        await using var planter = await chromium.VisitorAsync(console.Address, Screen.Desktop);
        var known = (await SignedInAsync(planter, "planter")).Cookie;
        foreach (var planted in new[] { known.Value, new string('a', known.Value.Length) })
        {
            await using var victim = await chromium.VisitorAsync(console.Address, Screen.Desktop);
            await victim.OpenAsync("/sign-in");
            await victim.Context.AddCookiesAsync([new() { Name = known.Name, Value = planted, Url = console.Address.AbsoluteUri }]);

            await victim.TypeTokenAsync(console.Token);

            await Expect(victim.Page.GetByRole(AriaRole.Heading, new() { Name = "Overview", Exact = true })).ToBeVisibleAsync();
            await Expect(victim.Page.GetByRole(AriaRole.Banner)).Not.ToContainTextAsync("planter");
            (await victim.SessionCookieAsync())!.Value.ShouldNotBe(planted);
            (await StatusAsync("/", ("Cookie", $"{known.Name}={planted}"))).ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_going_back_shows_nothing()
    {
        await using var visitor = await chromium.VisitorAsync(console.Address, Screen.Desktop);
        var (cookie, _) = await SignedInAsync(visitor, "leaver");

        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await Expect(visitor.Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        (await visitor.SessionCookieAsync()).ShouldBeNull();
        (await StatusAsync("/", ("Cookie", $"{cookie.Name}={cookie.Value}"))).ShouldBe(HttpStatusCode.Unauthorized);
        visitor.ShouldBeUntroubled();
        await visitor.Page.GoBackAsync();
        await Expect(visitor.Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        (await visitor.Page.ContentAsync()).ShouldNotContain("leaver");
    }

    [Fact]
    public async Task A_revoked_token_signs_the_open_page_out_at_its_next_step_and_signing_in_again_goes_on_there()
    {
        await using var visitor = await chromium.VisitorAsync(console.Address, Screen.Desktop);
        var (cookie, user) = await SignedInAsync(visitor, "revoked");

        var token = (await console.Stage.Client.Api.RegenerateTokenAsync(user.Id, Cancellation)).Token;
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Volumes", Exact = true }).ClickAsync();

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your session has ended");
        (await StatusAsync("/", ("Cookie", $"{cookie.Name}={cookie.Value}"))).ShouldBe(HttpStatusCode.Unauthorized);
        visitor.Forgive();
        await visitor.TypeTokenAsync(token);
        await Expect(visitor.Page).ToHaveURLAsync($"{console.Address}volumes");
    }

    [Fact]
    public async Task A_wrong_token_is_refused_in_words_and_leaves_no_session()
    {
        await using var visitor = await chromium.VisitorAsync(console.Address, Screen.Phone);
        await visitor.OpenAsync("/volumes");

        await visitor.TypeTokenAsync("not-a-token");

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToBeFocusedAsync();
        (await visitor.SessionCookieAsync()).ShouldBeNull();
        visitor.Forgive();
        await visitor.ShouldBeSoundAsync();
    }

    [Theory]
    [InlineData("//example.org/")]
    [InlineData("https://example.org/")]
    [InlineData("/\\example.org/")]
    [InlineData("/\texample.org")]
    [InlineData("/volumes\r\nSet-Cookie: planted=1")]
    [InlineData("javascript:alert(1)")]
    public async Task Signing_in_leads_nowhere_else_and_writes_no_header(string target)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = console.Address };

        using var answer = await http.PostAsync(
            "/sign-in", new FormUrlEncodedContent([new("token", console.Token), new("target", target)]), Cancellation);

        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        answer.Headers.Location!.OriginalString.ShouldBe("/");
        answer.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem().ShouldNotContain("planted");
    }

    async Task<(BrowserContextCookiesResult Cookie, User User)> SignedInAsync(Visitor visitor, string name)
    {
        var made = await console.Stage.Client.Api.CreateUserAsync(new CreateUserRequest(name, Role: "operator", ApiAccess: true), Cancellation);
        await visitor.SignInAsync(made.Token);
        return ((await visitor.SessionCookieAsync())!, made.User);
    }

    async Task<HttpStatusCode> StatusAsync(string path, (string Name, string Value) header)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = console.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { header.Name, header.Value } } };
        using var answer = await http.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }
}
