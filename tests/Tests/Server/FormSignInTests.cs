using System.Text;
using Octavo.Server.Scalarium;

namespace Octavo.Tests.Server;

/// <summary>The page's own POST, which sends its headers as a form.</summary>
public sealed class FormSignInTests
{
    const string Form = "application/x-www-form-urlencoded";
    const string Version = "Accept=application%2Fvnd.scalarium-v1%2Bjson";

    [Theory]
    [InlineData("X-Scalarium-Token=TOKEN&" + Version)]
    [InlineData(Version + "&X-Scalarium-Token=TOKEN")]
    [InlineData("x_scalarium_token=TOKEN&accept=application%2Fvnd.scalarium-v1%2Bjson")]
    [InlineData("X-Scalarium-Token=TOKEN&" + Version + "&Content-Type=application%2Fjson")]
    public async Task The_pages_literal_POST_makes_a_snapshot(string form)
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(new byte[4096]);

        var made = await PostAsync(host, $"/api/volumes/{id}/snapshot", form.Replace("TOKEN", host.Token, StringComparison.Ordinal));

        made.Status.ShouldBe(200, made.Body);
        ((string)made.Json["id"]!).ShouldStartWith("snap-");
    }

    [Theory]
    [InlineData("X-Scalarium-Token=wrong&" + Version, "snapshot", Form, 401)]
    [InlineData(Version, "snapshot", Form, 401)]
    [InlineData("X-Scalarium-Token=TOKEN&x_scalarium_token=TOKEN", "snapshot", Form, 401)]
    [InlineData("X-Scalarium-Token=TOKEN&" + Version, "snapshot", "application/json", 401)]
    [InlineData("X-Scalarium-Token=TOKEN&" + Version, "snapshot", null, 401)]
    [InlineData("X-Scalarium-Token=TOKEN&Accept=text%2Fhtml", "snapshot", Form, 406)]
    [InlineData("X-Scalarium-Token=TOKEN&" + Version, "", Form, 401)]
    public async Task It_is_refused_otherwise(string form, string path, string? type, int status)
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(new byte[4096]);

        var refused = await PostAsync(
            host, $"/api/volumes/{id}/{path}", form.Replace("TOKEN", host.Token, StringComparison.Ordinal), type);

        refused.Status.ShouldBe(status, refused.Body);
        (await host.V1Async("GET", $"/api/volumes/{id}/snapshots")).Body.ShouldBe("[]");
    }

    [Fact]
    public async Task A_form_of_more_than_4_KiB_is_not_read()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(new byte[4096]);
        var form = $"X-Scalarium-Token={host.Token}&{Version}&pad=";

        (await PostAsync(host, $"/api/volumes/{id}/snapshot", form.PadRight(4097, 'x'))).Status.ShouldBe(401);
        (await PostAsync(host, $"/api/volumes/{id}/snapshot", form.PadRight(4096, 'x'))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_token_header_wins_even_a_wrong_one()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(new byte[4096]);

        (await host.V1Async("POST", $"/api/volumes/{id}/snapshot", "wrong", $"X-Scalarium-Token={host.Token}&{Version}", Form)).Status.ShouldBe(401);
        (await host.V1Async("POST", $"/api/volumes/{id}/snapshot", host.Token, "X-Scalarium-Token=wrong", Form)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task The_rule_can_be_switched_off()
    {
        await using var host = await ServerHost.StartAsync(hasFormSignIn: false);
        var id = await host.ImportAsync(new byte[4096]);

        (await PostAsync(host, $"/api/volumes/{id}/snapshot", $"X-Scalarium-Token={host.Token}&{Version}")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Two_token_headers_are_ambiguous()
    {
        await using var host = await ServerHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/volumes");
        request.Headers.TryAddWithoutValidation("X-Scalarium-Token", [host.Token, host.Token]);

        (await host.SendAsync(request)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_token_in_the_address_is_never_looked_at()
    {
        await using var host = await ServerHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/volumes?X-Scalarium-Token={host.Token}");

        (await host.SendAsync(request)).Status.ShouldBe(401);
    }

    [Theory]
    [InlineData("")]
    [InlineData("&&&===")]
    [InlineData("%")]
    [InlineData("X-Scalarium-Token=%ZZ")]
    [InlineData("X-Scalarium-Token")]
    public void Any_body_is_read_without_a_failure(string form) =>
        Should.NotThrow(() => ScalariumCaller.FromForm(Encoding.UTF8.GetBytes(form), default));

    static async Task<Reply> PostAsync(ServerHost host, string path, string body, string? type = Form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        return await host.SendAsync(request, body, type);
    }
}
