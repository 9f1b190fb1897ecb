using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Octavo.Server;
using Octavo.Server.Database;
using Octavo.Server.Inventory;

namespace Octavo.Tests.Server;

/// <summary>A whole server in this process, on a data folder and a port of its own, with the real database and the real engine.</summary>
sealed class ServerHost : IAsyncDisposable
{
    /// <summary>Nobody listens there.</summary>
    static readonly Uri Nowhere = new("http://127.0.0.1:9");

    /// <summary>The v1 media type.</summary>
    public const string V1 = "application/vnd.scalarium-v1+json";

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    WebApplication app = null!;

    ServerHost(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>What encrypts the key ring.</summary>
    public MasterKey? MasterKey { get; set; }

    /// <summary>How long a deleted volume of the pool can be brought back.</summary>
    public TimeSpan UndoWindow { get; set; }

    /// <summary>Where AWS is for this server.</summary>
    public Uri Aws { get; private init; } = Nowhere;

    public StringWriter Output { get; } = new();

    public Uri Address { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>The first admin's token.</summary>
    public string Token => File.ReadLines(Path.Combine(Folder, "admin.token")).First();

    public string Pool => Path.Combine(Folder, "pools", "default");

    public IServiceProvider Services => app.Services;

    public static async Task<ServerHost> StartAsync(
        bool hasFormSignIn = true, Action<WebApplicationBuilder>? configure = null, Uri? aws = null, TimeSpan? undoWindow = null)
    {
        var host = new ServerHost(Directory.CreateTempSubdirectory("octavo-server-").FullName)
        {
            Aws = aws ?? Nowhere,
            UndoWindow = undoWindow ?? TimeSpan.FromHours(24),
        };
        await host.RunAsync(hasFormSignIn, configure);
        return host;
    }

    public async Task RestartAsync(Action<WebApplicationBuilder>? configure = null)
    {
        await StopAsync();
        await RunAsync(true, configure);
    }

    /// <summary>The same bytes for the same call: a request of v1, by default as the first admin.</summary>
    public async Task<Reply> V1Async(
        string method, string path, string? token = null, string? body = null, string? type = null, string accept = V1)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("X-Scalarium-Token", token ?? Token);
        if (accept.Length > 0) request.Headers.TryAddWithoutValidation("Accept", accept);
        return await SendAsync(request, body, type);
    }

    /// <summary>A request of v2, by default as the first admin.</summary>
    public async Task<Reply> V2Async(
        string method, string path, JsonNode? body = null, string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Token);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        var reply = await SendAsync(request, body?.ToJsonString(), "application/json");
        Describing.ShouldHold(method, path, reply);
        return reply;
    }

    public async Task<Reply> SendAsync(HttpRequestMessage request, string? body = null, string? type = null)
    {
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (type is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }
        // A stream of events has no end.
        var isStream = request.RequestUri!.OriginalString.StartsWith("/v2/events", StringComparison.Ordinal);
        using var response = await Http.SendAsync(
            request, isStream ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead, TestContext.Current.CancellationToken);
        if (isStream && response.IsSuccessStatusCode) return new Reply((int)response.StatusCode, "", response.Content.Headers.ContentType?.ToString(), response);
        return new Reply(
            (int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Content.Headers.ContentType?.ToString(), response);
    }

    /// <summary>Makes a volume and waits until it is there; returns its id.</summary>
    public async Task<string> VolumeAsync(string name = "disk", string? token = null)
    {
        var made = await V2Async("POST", "/v2/volumes", new JsonObject { ["name"] = name, ["size_gib"] = 1 }, token);
        made.Status.ShouldBe(202, made.Body);
        await EndAsync(made.Json["operation"]!, token);
        return (string)made.Json["volume"]!["id"]!;
    }

    /// <summary>Imports these bytes; returns the volume's id.</summary>
    public async Task<string> ImportAsync(byte[] image, string name = "image", string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/volumes/import?name=" + Uri.EscapeDataString(name));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Token);
        request.Content = new ByteArrayContent(image);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var made = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        ((int)response.StatusCode).ShouldBe(202, made.ToString());
        await EndAsync(made["operation"]!, token);
        return (string)made["volume"]!["id"]!;
    }

    /// <summary>Takes a snapshot and waits until it is over; returns it as v2 shows it.</summary>
    public async Task<JsonNode> SnapshotAsync(string volume, string? token = null)
    {
        var made = await V2Async("POST", $"/v2/volumes/{volume}/snapshots", token: token);
        made.Status.ShouldBe(202, made.Body);
        await EndAsync(made.Json["operation"]!, token);
        return (await V2Async("GET", $"/v2/snapshots/{made.Json["snapshot"]!["id"]}", token: token)).Json;
    }

    /// <summary>Waits for the end of an operation; returns it.</summary>
    public async Task<JsonNode> EndAsync(JsonNode operation, string? token = null) =>
        await EventuallyAsync(
            async () => (await V2Async("GET", $"/v2/operations/{operation["id"]}", token: token)).Json,
            now => (string?)now["state"] is "succeeded" or "failed" or "cancelled");

    /// <summary>Looks again and again until it is so.</summary>
    public static async Task<T> EventuallyAsync<T>(Func<Task<T>> look, Func<T, bool> isSo)
    {
        var until = TimeProvider.System.GetUtcNow() + Patience;
        while (true)
        {
            var now = await look();
            if (isSo(now)) return now;
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, $"it never came: {now}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Deletes a volume and waits for the end; returns the operation.</summary>
    public async Task<JsonNode> DeleteAsync(string volume, string wishes = "")
    {
        var accepted = await V2Async("DELETE", $"/v2/volumes/{volume}{wishes}");
        accepted.Status.ShouldBe(202, accepted.Body);
        return await EndAsync(accepted.Json["operation"]!);
    }

    /// <summary>A list's first items, behind a path and maybe a filter.</summary>
    public async Task<List<JsonNode>> ItemsAsync(string path)
    {
        var reply = await V2Async("GET", path);
        reply.Status.ShouldBe(200, reply.Body);
        return [.. reply.Json["items"]!.AsArray().Select(item => item!)];
    }

    /// <summary>All items of a list, page by page.</summary>
    public async Task<List<JsonNode>> AllItemsAsync(string path, string? token = null)
    {
        var items = new List<JsonNode>();
        for (string? page = null; ;)
        {
            var question = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=1000";
            var reply = await V2Async("GET", page is null ? question : $"{question}&page_token={Uri.EscapeDataString(page)}", token: token);
            reply.Status.ShouldBe(200, reply.Body);
            items.AddRange(reply.Json["items"]!.AsArray().Select(item => item!));
            page = (string?)reply.Json["next_page_token"];
            if (page is null) return items;
        }
    }

    /// <summary>One pass of the reconciler, now.</summary>
    public Task ReconcileAsync() => Services.GetRequiredService<InventoryReconciler>().PassAsync(TestContext.Current.CancellationToken);

    /// <summary>A user of an account; returns the token.</summary>
    public async Task<string> UserAsync(string name, string? account = null, string role = "admin", bool hasAccess = true)
    {
        if (account is not null) await V2Async("POST", "/v2/accounts", new JsonObject { ["name"] = account });
        var made = await V2Async("POST", "/v2/users", new JsonObject
        {
            ["name"] = name,
            ["account"] = account,
            ["role"] = role,
            ["api_access"] = hasAccess,
        });
        made.Status.ShouldBe(201, made.Body);
        return (string)made.Json["token"]!;
    }

    /// <summary>After <see cref="StopAsync"/>.</summary>
    public Task RestartedAsync() => RunAsync(true, null);

    async Task RunAsync(bool hasFormSignIn, Action<WebApplicationBuilder>? configure)
    {
        app = await OctavoServer.BuildAsync(
            new ServerOptions(Folder, "http://127.0.0.1:0", hasFormSignIn, TimeSpan.FromSeconds(60), UndoWindow, 0.99, Aws, MasterKey, null), Output, builder =>
            {
                builder.Logging.ClearProviders();
                configure?.Invoke(builder);
            });
        await app.StartAsync();
        Address = new Uri(app.Urls.Single());
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
    }

    public async Task StopAsync()
    {
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>An answer.</summary>
sealed record Reply(int Status, string Body, string? Type, HttpResponseMessage Raw)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string? Header(string name) =>
        Raw.Headers.TryGetValues(name, out var values) || Raw.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;
}
