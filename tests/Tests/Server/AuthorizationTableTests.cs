using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Octavo.Ec2;
using Octavo.Server.Scalarium;
using static Octavo.Tests.Server.RouteTable;

namespace Octavo.Tests.Server;

/// <summary>
/// Every route and what it answers to whom. A route that is missing here fails a test, and so does a body that names another account's ids.
/// </summary>
public sealed class AuthorizationTableTests
{
    [Fact]
    public async Task Every_route_answers_each_kind_of_caller_as_the_table_says_and_names_nothing_of_another_account()
    {
        await using var aws = await Ec2Endpoint.StartAsync();
        var key = aws.Cloud.AddKey(aws.Cloud.AddAccount("111122223333").Id);
        await using var host = await ServerHost.StartAsync(aws: aws.Address);
        var mine = await MakeAsync(host, host.Token);
        var stranger = await host.UserAsync("stranger", "other");
        var theirs = await MakeAsync(host, stranger);
        var viewer = await host.UserAsync("viewer", role: "viewer");
        var operates = await host.UserAsync("operator", role: "operator");
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
            // The figures of the service name the cells of all, for who runs it.
            if (secret is not null && row.Route != "/metrics" && row.Route.EndsWith("/export", StringComparison.Ordinal) is false)
                foreach (var id in Ids(reply.Body).Where(secret.Contains).Where(id => !path.Contains(id, StringComparison.Ordinal)))
                    faults.Add($"{row.Method} {row.Route} as {who}: the body names {id} of another account");
        }

        foreach (var row in All)
        {
            var foreignMine = await AllIdsAsync(host, host.Token);
            var stranded = row.Who == Who.Anyone ? row.Own : 401;
            await ExpectAsync(row, "nobody", null, stranded, mine, foreignMine);
            await ExpectAsync(row, "a wrong token", "0123456789abcdef", stranded, mine, foreignMine);
            await ExpectAsync(row, "a user without access", disabled, stranded, mine, foreignMine);
            await ExpectAsync(row, "a viewer", viewer, row.Who <= Who.Viewer ? row.Own : 403, mine, theirs.All);
            // Files of the machine are the service operator's, whatever the role.
            await ExpectAsync(row, "an operator", operates, row.Who is Who.Admin or Who.ServiceOperator || row.Route == "/v2/volumes/import" ? 403 : row.Own, mine, theirs.All);
            await ExpectAsync(row, "another account's admin", stranger, row.Foreign, mine, foreignMine);
            await ExpectAsync(row, "the admin", host.Token, row.Own, mine, theirs.All);
            // Deleting by v1 and by v2 needs a volume each.
            if (row.Route == "/api/volumes/{id}" && row.Method == "DELETE") mine = await MakeAsync(host, host.Token);
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

        v1.Concat(v2).Order().ShouldBe(
            All.Concat(ConsoleRouteTable.All).Select(row => $"{row.Method} {row.Route}").Concat(ConsoleRouteTable.Open).Order());
    }

    [Fact]
    public async Task The_operator_makes_accounts_and_their_users_and_sees_nothing_inside_them()
    {
        await using var host = await ServerHost.StartAsync();
        var stranger = await host.UserAsync("stranger", "other");
        var theirs = await MakeAsync(host, stranger);

        foreach (var path in new[] { "/v2/volumes", "/v2/snapshots", "/v2/operations", "/v2/credentials", "/v2/users", "/api/volumes" })
        {
            var reply = path.StartsWith("/v2", StringComparison.Ordinal) ? await host.V2Async("GET", path) : await host.V1Async("GET", path);
            Ids(reply.Body).Intersect(theirs.All).ShouldBeEmpty(path);
        }
        (await host.V2Async("POST", "/v2/users", new JsonObject { ["name"] = "x", ["account"] = "default" }, stranger)).Status.ShouldBe(403);
    }
}
