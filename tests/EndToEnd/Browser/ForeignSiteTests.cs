using System.Net;
using System.Text.Json;
using Microsoft.Playwright;
using Octavo.Api;
using Octavo.EndToEnd.Ebs;
using static Microsoft.Playwright.Assertions;

namespace Octavo.EndToEnd.Browser;

/// <summary>
/// Somebody signed in to the console opens another site, which does its worst: on a site of its own, and on another port of the console's
/// own host, to which browsers send the cookies of the console.
/// </summary>
public class ForeignSiteTests(Chromium chromium, ConsoleFixture console) : IClassFixture<ConsoleFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_site_cannot_send_any_form_of_the_console()
    {
        await using var other = OtherSite.Open();
        await using var visitor = await chromium.VisitorAsync(console.Address, Screen.Desktop);
        await visitor.SignInAsync(console.Token);
        var forms = await FormsAsync(visitor);
        var before = await EverythingAsync();

        // From elsewhere the browser keeps the cookie back; from another port it sends it, and the form is refused for what it is.
        foreach (var (origin, status) in new[]
        {
            (other.ElsewhereOrigin, HttpStatusCode.Unauthorized), (other.SameSiteOrigin, HttpStatusCode.Forbidden),
        })
            foreach (var form in forms)
            {
                var answer = await SendAsync(visitor, other, origin, form.Forged());
                answer.Status.ShouldBe((int)status, $"{form.Path} from {origin}");
            }

        (await EverythingAsync()).ShouldBe(before);
        await ShouldStillBeSignedInAsync(visitor);
    }

    [Fact]
    public async Task Another_site_cannot_send_a_form_in_the_background_or_use_v2_with_the_cookie()
    {
        await using var other = OtherSite.Open();
        await using var visitor = await chromium.VisitorAsync(console.Address, Screen.Desktop);
        await visitor.SignInAsync(console.Token);
        var forms = await FormsAsync(visitor);
        var before = await EverythingAsync();

        foreach (var origin in new[] { other.ElsewhereOrigin, other.SameSiteOrigin })
        {
            await visitor.Page.GotoAsync(origin);
            foreach (var (path, body, type) in forms
                .Select(f => (f.Path, Encoded(f.Forged()), "application/x-www-form-urlencoded"))
                .Append(("/v2/volumes", """{"name":"forged","size_gib":1}""", "text/plain"))
                .Append(("/v2/volumes", """{"name":"forged","size_gib":1}""", "application/json")))
                await visitor.Page.EvaluateAsync(
                    """
                    async ([url, body, type]) => {
                        for (const mode of ['no-cors', 'cors'])
                            try { await fetch(url, { method: 'POST', mode, credentials: 'include', headers: { 'Content-Type': type }, body }); } catch { }
                    }
                    """, new[] { new Uri(console.Address, path).AbsoluteUri, body, type });
        }

        (await EverythingAsync()).ShouldBe(before);
        await ShouldStillBeSignedInAsync(visitor);
    }

    /// <summary>Browsers that say nothing of where a form is from are stopped by the form's own token.</summary>
    [Fact]
    public async Task No_form_is_taken_without_the_token_of_its_own_session()
    {
        await using var visitor = await chromium.VisitorAsync(console.Address, Screen.Desktop);
        await visitor.SignInAsync(console.Token);
        var forms = await FormsAsync(visitor);
        var cookie = (await visitor.SessionCookieAsync())!;
        await using var attacker = await chromium.VisitorAsync(console.Address, Screen.Desktop);
        var made = await console.Stage.Client.Api.CreateUserAsync(new CreateUserRequest("attacker", Role: "admin", ApiAccess: true), Cancellation);
        await attacker.SignInAsync(made.Token);
        var own = (await FormOnPage.AllAsync(attacker.Page))[0].Fields.Single(f => f.Name == "form_token");
        var before = await EverythingAsync();
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = console.Address };

        foreach (var form in forms)
            foreach (var more in new FieldOnPage[][] { [], [own], [own with { Value = "" }] })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, form.Path)
                {
                    Headers = { { "Cookie", $"{cookie.Name}={cookie.Value}" } },
                    Content = new FormUrlEncodedContent(form.Forged().Fields.Concat(more).Select(f => KeyValuePair.Create(f.Name, f.Value))),
                };
                using var answer = await http.SendAsync(request, Cancellation);
                answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, form.Path);
            }

        (await EverythingAsync()).ShouldBe(before);
        await ShouldStillBeSignedInAsync(visitor);
    }

    [Fact]
    public async Task Another_site_cannot_sign_somebody_in_as_somebody_else()
    {
        await using var other = OtherSite.Open();
        await using var visitor = await chromium.VisitorAsync(console.Address, Screen.Desktop);
        var made = await console.Stage.Client.Api.CreateUserAsync(new CreateUserRequest("trap", Role: "admin", ApiAccess: true), Cancellation);

        var answer = await SendAsync(
            visitor, other, other.SameSiteOrigin, new FormOnPage("/sign-in", [new("token", made.Token), new("target", "/")]));

        answer.Status.ShouldBe((int)HttpStatusCode.Forbidden);
        (await visitor.SessionCookieAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Another_site_can_neither_read_nor_frame_nor_hold_a_page_of_the_console()
    {
        await using var other = OtherSite.Open();
        await using var visitor = await chromium.VisitorAsync(console.Address, Screen.Desktop);
        await visitor.SignInAsync(console.Token);
        other.Html = $"<iframe src='{console.Address}volumes'></iframe>";

        foreach (var origin in new[] { other.ElsewhereOrigin, other.SameSiteOrigin })
        {
            await visitor.Page.GotoAsync(origin);
            foreach (var frame in visitor.Page.Frames.Where(f => f != visitor.Page.MainFrame))
                (await frame.ContentAsync()).ShouldNotContain("Octavo", customMessage: $"framed by {origin}");
            foreach (var path in new[] { "", "volumes", "audit", "v2/volumes" })
            {
                var read = await visitor.Page.EvaluateAsync<string>(
                    """
                    async url => {
                        const tries = [];
                        for (const mode of ['cors', 'no-cors'])
                            try { tries.push(await (await fetch(url, { mode, credentials: 'include' })).text()); } catch { }
                        return tries.join('');
                    }
                    """, $"{console.Address}{path}");
                read.ShouldBeEmpty($"{path} read from {origin}");
            }
            var popup = await visitor.Page.RunAndWaitForPopupAsync(
                () => visitor.Page.EvaluateAsync("url => { window.held = open(url); }", console.Address.AbsoluteUri));
            await popup.WaitForLoadStateAsync();
            (await visitor.Page.EvaluateAsync<bool>("() => held.closed")).ShouldBeTrue("the opener is cut off");
            await popup.CloseAsync();
        }
    }

    /// <summary>The other site shows a page whose script sends a form to the console.</summary>
    async Task<IResponse> SendAsync(Visitor visitor, OtherSite other, string origin, FormOnPage form)
    {
        var fields = form.Fields.Select(f => $"<input type=hidden name='{WebUtility.HtmlEncode(f.Name)}' value='{WebUtility.HtmlEncode(f.Value)}'>");
        other.Html = $"<form method=post action='{new Uri(console.Address, form.Path)}'>{string.Concat(fields)}</form>";
        await visitor.Page.GotoAsync(origin);
        var answer = await visitor.Page.RunAndWaitForResponseAsync(
            () => visitor.Page.EvaluateAsync("() => document.forms[0].submit()"), response => response.Request.Method == "POST");
        await visitor.Page.WaitForURLAsync(new Uri(console.Address, form.Path).AbsoluteUri);
        return answer;
    }

    static string Encoded(FormOnPage form) =>
        string.Join('&', form.Fields.Select(f => $"{Uri.EscapeDataString(f.Name)}={Uri.EscapeDataString(f.Value)}"));

    async Task<IReadOnlyList<FormOnPage>> FormsAsync(Visitor visitor)
    {
        var forms = new List<FormOnPage>();
        foreach (var path in console.Pages)
        {
            await visitor.OpenAsync(path);
            forms.AddRange(await FormOnPage.AllAsync(visitor.Page));
        }
        return [.. forms.DistinctBy(f => f.Path)];
    }

    /// <summary>Everything that a form could have changed.</summary>
    async Task<string> EverythingAsync()
    {
        var stage = console.Stage;
        var parts = new List<JsonElement>();
        foreach (var list in new[] { "volumes", "snapshots", "credentials", "operations", "users", "user/tokens" })
            parts.Add((await stage.GetAsync($"/v2/{list}?limit=100")).GetProperty("items"));
        return string.Join('\n', parts.Select(p => p.GetRawText()));
    }

    static async Task ShouldStillBeSignedInAsync(Visitor visitor)
    {
        await visitor.OpenAsync("/");
        await Expect(visitor.Page.GetByRole(AriaRole.Heading, new() { Name = "Overview", Exact = true })).ToBeVisibleAsync();
    }
}
