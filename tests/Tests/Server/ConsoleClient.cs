using System.Net;
using System.Text.RegularExpressions;

namespace Octavo.Tests.Server;

/// <summary>A browser without scripts, at the console: it has one cookie and sends the forms of its session.</summary>
sealed partial class ConsoleClient
{
    readonly ServerHost host;

    ConsoleClient(ServerHost host, string? cookie) => (this.host, Cookie) = (host, cookie);

    /// <summary>Name and secret of the session; null without one.</summary>
    public string? Cookie { get; set; }

    /// <summary>What the forms of the session carry.</summary>
    public string? FormToken { get; set; }

    /// <summary>One that has not signed in.</summary>
    public static ConsoleClient Stranger(ServerHost host, string? cookie = null) => new(host, cookie);

    /// <summary>Signs in, by default as the first admin.</summary>
    public static async Task<ConsoleClient> SignInAsync(ServerHost host, string? token = null)
    {
        var client = new ConsoleClient(host, null);
        var reply = await client.PostAsync("/sign-in", ("token", token ?? host.Token));
        reply.Status.ShouldBe(303, reply.Body);
        client.FormToken = FormTokenIn((await client.GetAsync("/")).Body);
        return client;
    }

    /// <summary>A page.</summary>
    public Task<Reply> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    /// <summary>A form of the session, with these fields.</summary>
    public Task<Reply> PostAsync(string path, params (string Name, string Value)[] fields) =>
        SendAsync(HttpMethod.Post, path, FormToken is null ? fields : [("form_token", FormToken), .. fields]);

    /// <summary>A form as it is, with headers.</summary>
    public async Task<Reply> SendAsync(HttpMethod method, string path, (string Name, string Value)[]? fields, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Accept", "text/html");
        if (Cookie is not null) request.Headers.TryAddWithoutValidation("Cookie", Cookie);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        var body = fields is null ? null : string.Join('&', fields.Select(f => $"{Uri.EscapeDataString(f.Name)}={Uri.EscapeDataString(f.Value)}"));
        var reply = await host.SendAsync(request, body, "application/x-www-form-urlencoded");
        if (reply.Raw.Headers.TryGetValues("Set-Cookie", out var set)) Cookie = set.First().Split(';')[0];
        return reply;
    }

    /// <summary>What a page's forms carry.</summary>
    public static string FormTokenIn(string page) => FormTokenForm().Match(page).Groups[1].Value;

    /// <summary>What people read of a page: without its marks, and with one blank for many.</summary>
    public static string Text(string page) =>
        Blanks().Replace(WebUtility.HtmlDecode(Marks().Replace(page[page.IndexOf("<main", StringComparison.Ordinal)..], " ")), " ");

    [GeneratedRegex("name=\"form_token\" value=\"([^\"]+)\"")]
    private static partial Regex FormTokenForm();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Marks();

    [GeneratedRegex("[\\s\u202f]+")]
    private static partial Regex Blanks();
}
