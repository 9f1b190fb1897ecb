using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Octavo.Ec2;
using Octavo.Server.Scalarium;

namespace Octavo.Tests.Server;

/// <summary>
/// Every route and what it answers to whom. A route that is missing here fails a test, and so does a body that names another account's ids.
/// </summary>
public sealed partial class AuthorizationTableTests
{
    /// <summary>Who may: the account's admins, any user with API access, or the operator.</summary>
    enum Who
    {
        Admin,
        Anyone,
        Operator,
    }

    /// <summary>What an admin gets, of their own account's things, and what the admin of another account gets for the same ids.</summary>
    sealed record Row(string Method, string Route, Who Who, int Own, int Foreign, string? Body = null);

    static readonly Row[] Table =
    [
        new("GET", "/api/volumes", Who.Admin, 200, 200),
        new("GET", "/api/volumes/{id}", Who.Admin, 200, 404),
        new("GET", "/api/volumes/{id}/snapshots", Who.Admin, 200, 404),
        new("GET", "/api/volumes/{id}/snapshots/{snapshot_id}", Who.Admin, 200, 404),
        new("POST", "/api/volumes/{id}/snapshots", Who.Admin, 200, 404),
        new("POST", "/api/volumes/{id}/snapshot", Who.Admin, 200, 404),
        new("GET", "/api/credentials", Who.Admin, 200, 200),
        new("POST", "/api/credentials", Who.Admin, 200, 200,
            """{"name":"n","aws_access_key_id":"KEY","aws_secret_access_key":"SECRET"}"""),
        new("GET", "/api/credentials/{id}", Who.Admin, 200, 404),
        new("DELETE", "/api/credentials/{id}", Who.Admin, 412, 404),
        new("GET", "/v2/volumes", Who.Admin, 200, 200),
        new("POST", "/v2/volumes", Who.Admin, 202, 202, """{"name":"n","size_gib":1}"""),
        new("POST", "/v2/volumes/import", Who.Admin, 202, 403, """{"name":"n","path":"/does/not/exist"}"""),
        new("GET", "/v2/volumes/{id}", Who.Admin, 200, 404),
        new("GET", "/v2/volumes/{id}/export", Who.Admin, 200, 404),
        new("POST", "/v2/volumes/{id}/snapshots", Who.Admin, 202, 404),
        new("GET", "/v2/snapshots", Who.Admin, 200, 200),
        new("POST", "/v2/snapshots", Who.Admin, 202, 202, """{"filter":{}}"""),
        new("GET", "/v2/snapshots/{id}", Who.Admin, 200, 404),
        new("GET", "/v2/snapshots/{id}/export", Who.Admin, 200, 404),
        new("POST", "/v2/snapshots/{id}/restore", Who.Admin, 202, 404, """{"name":"n"}"""),
        new("GET", "/v2/operations", Who.Admin, 200, 200),
        new("GET", "/v2/operations/{id}", Who.Admin, 200, 404),
        new("GET", "/v2/operations/{id}/items", Who.Admin, 200, 404),
        new("POST", "/v2/operations/{id}/retry", Who.Admin, 409, 404),
        new("POST", "/v2/fsck", Who.Admin, 202, 202, """{"repair":false}"""),
        new("GET", "/v2/credentials", Who.Admin, 200, 200),
        new("POST", "/v2/credentials", Who.Admin, 201, 201,
            """{"name":"n","aws_access_key_id":"KEY","aws_secret_access_key":"SECRET"}"""),
        new("GET", "/v2/credentials/{id}", Who.Admin, 200, 404),
        new("POST", "/v2/credentials/{id}/refresh", Who.Admin, 202, 404),
        new("DELETE", "/v2/credentials/{id}", Who.Admin, 409, 404),
        new("GET", "/v2/user", Who.Anyone, 200, 200),
        new("GET", "/v2/users", Who.Admin, 200, 200),
        new("POST", "/v2/users", Who.Admin, 201, 201, """{"name":"NEW"}"""),
        new("GET", "/v2/users/{id}", Who.Admin, 200, 404),
        new("PATCH", "/v2/users/{id}", Who.Admin, 200, 404, "{}"),
        new("GET", "/v2/accounts", Who.Operator, 200, 403),
        new("POST", "/v2/accounts", Who.Operator, 201, 403, """{"name":"NEW"}"""),
        // What takes away what the rows above need comes last.
        new("POST", "/v2/users/{id}/token", Who.Admin, 200, 404),
        new("DELETE", "/v2/users/{id}", Who.Admin, 204, 404),
        new("DELETE", "/v2/snapshots/{id}", Who.Admin, 202, 404),
        new("DELETE", "/api/volumes/{id}", Who.Admin, 200, 404),
        new("DELETE", "/v2/volumes/{id}", Who.Admin, 202, 404),
    ];

    /// <summary>The routes that name something, with a body that they take.</summary>
    public static IEnumerable<(string Method, string Route, string? Body)> RoutesWithIds =>
        Table.Where(row => row.Route.Contains("{id}", StringComparison.Ordinal)).Select(row => (row.Method, row.Route, row.Body));

    [Fact]
    public async Task Every_route_answers_each_kind_of_caller_as_the_table_says_and_names_nothing_of_another_account()
    {
        await using var aws = await Ec2Endpoint.StartAsync();
        var key = aws.Cloud.AddKey(aws.Cloud.AddAccount("111122223333").Id);
        await using var host = await ServerHost.StartAsync(aws: aws.Address);
        var mine = await ThingsAsync(host, host.Token);
        var stranger = await host.UserAsync("stranger", "other");
        var theirs = await ThingsAsync(host, stranger);
        var reader = await host.UserAsync("reader", isAdmin: false);
        var disabled = await host.UserAsync("disabled", hasAccess: false);
        var faults = new List<string>();
        var fresh = 0;

        async Task ExpectAsync(Row row, string who, string? token, int expected, Things things, HashSet<string>? secret = null)
        {
            var path = things.Fill(row.Route);
            using var request = new HttpRequestMessage(new HttpMethod(row.Method), path);
            var isV1 = row.Route.StartsWith("/api", StringComparison.Ordinal);
            if (token is not null)
                request.Headers.TryAddWithoutValidation(isV1 ? "X-Scalarium-Token" : "Authorization", isV1 ? token : $"Bearer {token}");
            var reply = await host.SendAsync(
                request,
                row.Body?.Replace("NEW", $"new-{++fresh}", StringComparison.Ordinal).Replace("KEY", key.Id, StringComparison.Ordinal)
                    .Replace("SECRET", key.Secret, StringComparison.Ordinal), "application/json");
            if (reply.Status != expected) faults.Add($"{row.Method} {row.Route} as {who}: {reply.Status} instead of {expected}: {reply.Body}");
            if (reply.Status >= 400 && !reply.Type!.Contains(isV1 ? "application/json" : "problem+json", StringComparison.Ordinal))
                faults.Add($"{row.Method} {row.Route} as {who}: the error has type {reply.Type}");
            if (secret is not null && row.Route.EndsWith("/export", StringComparison.Ordinal) is false)
                foreach (var id in Ids(reply.Body).Where(secret.Contains).Where(id => !path.Contains(id, StringComparison.Ordinal)))
                    faults.Add($"{row.Method} {row.Route} as {who}: the body names {id} of another account");
        }

        foreach (var row in Table)
        {
            var foreignMine = await AllIdsAsync(host, host.Token);
            await ExpectAsync(row, "nobody", null, 401, mine, foreignMine);
            await ExpectAsync(row, "a wrong token", "0123456789abcdef", 401, mine, foreignMine);
            await ExpectAsync(row, "a user without access", disabled, 401, mine, foreignMine);
            await ExpectAsync(row, "a user who is no admin", reader, row.Who == Who.Anyone ? 200 : 403, mine, theirs.All);
            await ExpectAsync(row, "another account's admin", stranger, row.Foreign, mine, foreignMine);
            await ExpectAsync(row, "the admin", host.Token, row.Own, mine, theirs.All);
            // Deleting by v1 and by v2 needs a volume each.
            if (row.Route == "/api/volumes/{id}" && row.Method == "DELETE") mine = await ThingsAsync(host, host.Token);
        }

        faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_route_of_the_server_is_in_the_table()
    {
        await using var host = await ServerHost.StartAsync();
        var v1 = ScalariumRoutes.All.Values.SelectMany(route => route.Methods.Select(method => $"{method} {route.Pattern}"));
        var v2 = host.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Select(method => $"{method} {endpoint.RoutePattern.RawText}"));

        v1.Concat(v2).Order().ShouldBe(Table.Select(row => $"{row.Method} {row.Route}").Order());
    }

    [Fact]
    public async Task The_operator_makes_accounts_and_their_users_and_sees_nothing_inside_them()
    {
        await using var host = await ServerHost.StartAsync();
        var stranger = await host.UserAsync("stranger", "other");
        var theirs = await ThingsAsync(host, stranger);

        foreach (var path in new[] { "/v2/volumes", "/v2/snapshots", "/v2/operations", "/v2/credentials", "/v2/users", "/api/volumes" })
        {
            var reply = path.StartsWith("/v2", StringComparison.Ordinal) ? await host.V2Async("GET", path) : await host.V1Async("GET", path);
            Ids(reply.Body).Intersect(theirs.All).ShouldBeEmpty(path);
        }
        (await host.V2Async("POST", "/v2/users", new JsonObject { ["name"] = "x", ["account"] = "default" }, stranger)).Status.ShouldBe(403);
    }

    static async Task<Things> ThingsAsync(ServerHost host, string token)
    {
        var volume = await host.ImportAsync(new byte[4096], token: token);
        var snapshot = await host.SnapshotAsync(volume, token);
        var operation = (await host.V2Async("GET", "/v2/operations", token: token)).Json["items"]![0]!;
        var credential = (await host.V2Async("GET", "/v2/credentials", token: token)).Json["items"]![0]!;
        var user = (await host.V2Async("POST", "/v2/users", new JsonObject { ["name"] = $"extra-{volume}" }, token)).Json["user"]!;
        return new Things(
            volume, (string)snapshot["id"]!, (string)snapshot["provider_snapshot_id"]!, (string)operation["id"]!, (string)credential["id"]!,
            (string)user["id"]!, await AllIdsAsync(host, token));
    }

    static async Task<HashSet<string>> AllIdsAsync(ServerHost host, string token)
    {
        var ids = new HashSet<string>();
        foreach (var path in new[] { "/v2/volumes", "/v2/snapshots", "/v2/operations", "/v2/credentials", "/v2/users" })
            ids.UnionWith(Ids((await host.V2Async("GET", path + "?limit=1000", token: token)).Body));
        return ids;
    }

    static IEnumerable<string> Ids(string body) => IdForm().Matches(body).Select(match => match.Value);

    [GeneratedRegex("[0-9a-f]{32}|(vol|snap)-[0-9a-f]{17}")]
    private static partial Regex IdForm();

    sealed record Things(
        string Volume, string Snapshot, string ProviderSnapshot, string Operation, string Credential, string User, HashSet<string> All)
    {
        public string Fill(string route) => route
            .Replace("{snapshot_id}", ProviderSnapshot, StringComparison.Ordinal)
            .Replace("{id}",
                route.Contains("/snapshots/{id}", StringComparison.Ordinal) ? Snapshot
                : route.Contains("/volumes/", StringComparison.Ordinal) ? Volume
                : route.Contains("/operations/", StringComparison.Ordinal) ? Operation
                : route.Contains("/credentials/", StringComparison.Ordinal) ? Credential
                : User, StringComparison.Ordinal);
    }
}
