using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using Octavo.Ec2;
using Octavo.Server.Description;
using Octavo.Server.Http;
using Octavo.Tests.Support;
using static Octavo.Tests.Server.RouteTable;

namespace Octavo.Tests.Server;

/// <summary><c>api/openapi.json</c> says what the server does: all of it, and nothing else.</summary>
public sealed class ApiDescriptionTests
{
    const string Checked = "api/openapi.json";

    [Fact]
    public async Task The_checked_in_document_is_what_the_routes_say()
    {
        await using var host = await ServerHost.StartAsync();

        var made = System.Text.Encoding.UTF8.GetString(await ApiDescription.MakeAsync(host.Services));

        if (made == Repository.Read(Checked)) return;
        var received = Path.Combine(Repository.Root, "api", "openapi.received.json");
        await File.WriteAllTextAsync(received, made, TestContext.Current.CancellationToken);
        Assert.Fail($"{Checked} is not what the routes say. Look at the difference; where it is meant: mv api/openapi.received.json {Checked}");
    }

    [Fact]
    public async Task What_is_served_to_anybody_is_the_checked_in_document()
    {
        await using var host = await ServerHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/openapi.json");

        var reply = await host.SendAsync(request);

        reply.Status.ShouldBe(200);
        reply.Type.ShouldBe("application/json");
        reply.Body.ShouldBe(Repository.Read(Checked));
    }

    [Fact]
    public async Task A_public_reader_finds_nothing_wrong_with_it()
    {
        await using var file = File.OpenRead(Path.Combine(Repository.Root, Checked));

        var read = await OpenApiDocument.LoadAsync(file, "json", new OpenApiReaderSettings(), TestContext.Current.CancellationToken);

        read.Diagnostic!.Errors.ShouldBeEmpty();
        read.Diagnostic.Warnings.ShouldBeEmpty();
        read.Diagnostic.SpecificationVersion.ShouldBe(OpenApiSpecVersion.OpenApi3_1);
    }

    [Fact]
    public async Task Every_route_of_v2_is_in_it_with_its_name_a_summary_and_what_it_answers_and_nothing_else_is()
    {
        await using var host = await ServerHost.StartAsync();
        var routes = host.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText!.StartsWith("/v2/", StringComparison.Ordinal) && route.RoutePattern.RawText != ApiDescription.Address)
            .ToList();

        Describing.Operations.Select(operation => $"{operation.Method} {operation.Path} {operation.Node["operationId"]}").Order().ShouldBe(
            routes.Select(route => $"{route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single()} {route.RoutePattern.RawText} "
                + route.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName).Order());
        routes.Where(route => route.Metadata.GetMetadata<DeclaredAnswer>() is null).Select(route => route.RoutePattern.RawText).ShouldBeEmpty();
        Describing.Operations.Where(operation => operation.Node["summary"] is null).Select(operation => operation.Path).ShouldBeEmpty();
    }

    [Fact]
    public void Every_field_parameter_and_slice_is_explained()
    {
        var faults = new List<string>();
        foreach (var (name, schema) in Describing.Document["components"]!["schemas"]!.AsObject())
            foreach (var (field, type) in schema!["properties"]!.AsObject())
                if ((type!["description"] ?? type["oneOf"]?[1]?["description"]) is null) faults.Add($"{name}.{field}");
        foreach (var operation in Describing.Operations)
        {
            faults.AddRange(
                from parameter in operation.Node["parameters"]?.AsArray() ?? []
                where parameter!["description"] is null
                select $"{operation.Path}?{parameter["name"]}");
            if (!Describing.Document["tags"]!.AsArray().Any(tag => (string)tag!["name"]! == (string)operation.Node["tags"]![0]!)) faults.Add(operation.Path);
        }
        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_answer_of_every_route_to_every_caller_is_as_described()
    {
        await using var aws = await Ec2Endpoint.StartAsync();
        var key = aws.Cloud.AddKey(aws.Cloud.AddAccount("111122223333").Id);
        await using var host = await ServerHost.StartAsync(aws: aws.Address);
        var mine = await MakeAsync(host, host.Token);
        var stranger = await host.UserAsync("stranger", "other");
        var viewer = await host.UserAsync("viewer", role: "viewer");
        var faults = new List<string>();
        var seen = new HashSet<string>();
        var fresh = 0;

        async Task TryAsync(string method, string route, string? body, string? token, string more = "", params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), mine.Fill(route) + more);
            if (token is not null) request.Headers.TryAddWithoutValidation("X-Scalarium-Token", token);
            foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
            var filled = body?.Replace("NEW", $"new-{++fresh}", StringComparison.Ordinal).Replace("KEY", key.Id, StringComparison.Ordinal)
                .Replace("SECRET", key.Secret, StringComparison.Ordinal);
            var reply = await host.SendAsync(request, filled, "application/json");
            var operation = Describing.Operations.Single(one => one.Method == method && one.Path == route);
            if (filled is not null && reply.Status < 300) Describing.CheckBody(operation, JsonNode.Parse(filled), faults);
            Describing.Check(operation, reply, faults);
            seen.Add($"{operation.Node["operationId"]} {reply.Status}");
        }

        foreach (var row in All.Where(row => row.Route.StartsWith("/v2/", StringComparison.Ordinal) && row.Who != Who.Anyone))
        {
            foreach (var token in new[] { null, "0123456789abcdef", viewer, stranger }) await TryAsync(row.Method, row.Route, row.Body, token);
            await TryAsync(row.Method, row.Route, row.Body, host.Token, "?nonsense=1");
            if (row.Method != "GET") await TryAsync(row.Method, row.Route, row.Body, host.Token, "", ("If-Match", "\"stale\""));
            await TryAsync(row.Method, row.Route, row.Body, host.Token, "", ("If-None-Match", "*"));
            await TryAsync(row.Method, row.Route, row.Body, host.Token);
            if (row.Body is not null) await TryAsync(row.Method, row.Route, """{"unknown":1}""", host.Token);
            if (row.Route == "/v2/users/{id}/token" || (row.Method == "DELETE" && row.Own < 300)) mine = await MakeAsync(host, host.Token);
        }
        await TryAsync("GET", "/v2/volumes", null, host.Token, "?count=true&sort=-size&limit=1");
        await TryAsync("GET", "/v2/volumes/totals", null, host.Token, "?group_by=provider,state");
        await TryAsync("GET", "/v2/snapshots", null, host.Token, "?count=true&limit=1");
        await TryAsync("POST", "/v2/snapshots", """{"volume_ids":null,"filter":{},"dry_run":true}""", host.Token);
        await TryAsync("POST", "/v2/volumes/delete", """{"filter":{"state":"available"}}""", host.Token);
        await TryAsync("POST", "/v2/snapshots/delete", """{"filter":{}}""", host.Token);
        await TryAsync("DELETE", "/v2/volumes/{id}", null, host.Token, "?dry_run=true");
        await TryAsync("POST", "/v2/volumes/{id}/snapshots", null, host.Token, "?wait=30");
        await TryAsync("DELETE", "/v2/volumes/{id}", null, host.Token, "?wait=30");
        await TryAsync("POST", "/v2/volumes/{id}/undelete", null, host.Token, "?wait=30");
        await TryAsync("PATCH", "/v2/volumes/{id}", """{"tags":{"env":"test","old":null}}""", host.Token, "?wait=30");
        await TryAsync("POST", "/v2/volumes/{id}/grow", """{"size_gib":1}""", host.Token, "?wait=30");
        await TryAsync("POST", "/v2/snapshots/{id}/attachments", """{"client":"reader"}""", host.Token, "?wait=30");
        await TryAsync("POST", "/v2/volumes/{id}/attachments", """{"client":"writer","multi_attach":true,"lease_seconds":0}""", host.Token, "?wait=30");
        mine = mine with { Attachment = (string)(await host.ItemsAsync("/v2/attachments")).First()["id"]! };
        await TryAsync("DELETE", "/v2/attachments/{id}", null, host.Token, "?wait=30&force=true");

        faults.ShouldBeEmpty();
        // What it stands on: each route succeeded, and each kind of failure was seen.
        Describing.Operations.Select(operation => (string)operation.Node["operationId"]!).Except(NeedOther)
            .Where(name => !seen.Any(one => one.StartsWith(name + " 2", StringComparison.Ordinal))).ShouldBeEmpty();
        foreach (var status in new[] { 200, 201, 202, 204, 304, 400, 401, 403, 404, 409, 412 }) seen.ShouldContain(one => one.EndsWith($" {status}", StringComparison.Ordinal));
    }

    /// <summary>These succeed only in states that other tests bring about, where every answer is held to the description as well.</summary>
    static readonly string[] NeedOther = ["CancelOperation", "RetryOperation", "DeleteCredential", "RevokeToken", "RevokeOwnToken"];

    [Fact]
    public async Task The_reference_page_shows_every_call_and_record_and_takes_nothing_from_elsewhere()
    {
        await using var host = await ServerHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/docs");
        using var ofStyle = new HttpRequestMessage(HttpMethod.Get, "/docs/style.css");

        var page = await host.SendAsync(request);
        var style = await host.SendAsync(ofStyle);

        page.Status.ShouldBe(200);
        page.Type.ShouldBe("text/html; charset=utf-8");
        foreach (var operation in Describing.Operations) page.Body.ShouldContain($"<article id=\"{operation.Node["operationId"]}\"");
        foreach (var (name, _) in Describing.Document["components"]!["schemas"]!.AsObject()) page.Body.ShouldContain($"<article id=\"{name}\"");
        page.Header("Content-Security-Policy")!.ShouldStartWith("default-src 'none'; style-src 'self'");
        foreach (var inline in new[] { "<script", "<style", " style=", " onclick=", "http://", "https://" }) page.Body.ShouldNotContain(inline);
        style.Status.ShouldBe(200);
        style.Type.ShouldBe("text/css; charset=utf-8");
        style.Body.ShouldNotContain("url(");
    }
}
