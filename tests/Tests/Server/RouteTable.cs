using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Octavo.Tests.Server;

/// <summary>Every route, what it answers to whom, and the things that its ids can name.</summary>
static partial class RouteTable
{
    /// <summary>Who may, each and all behind: anybody, without a token; any user with API access, those who change, the account's admins; or the service's operator.</summary>
    internal enum Who
    {
        Anyone,
        Viewer,
        Operator,
        Admin,
        ServiceOperator,
    }

    /// <summary>What an admin gets, of their own account's things, and what the admin of another account gets for the same ids.</summary>
    internal sealed record Row(string Method, string Route, Who Who, int Own, int Foreign, string? Body = null);

    public static IReadOnlyList<Row> All { get; } =
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
        // What describes the API tells no more than the source does.
        new("GET", "/v2/openapi.json", Who.Anyone, 200, 200),
        new("GET", "/docs", Who.Anyone, 200, 200),
        new("GET", "/docs/style.css", Who.Anyone, 200, 200),
        new("GET", "/v2/volumes", Who.Viewer, 200, 200),
        new("POST", "/v2/volumes", Who.Operator, 202, 202, """{"name":"n","size_gib":1}"""),
        new("POST", "/v2/volumes/import", Who.Operator, 202, 403, """{"name":"n","path":"/does/not/exist"}"""),
        new("GET", "/v2/volumes/{id}", Who.Viewer, 200, 404),
        new("PATCH", "/v2/volumes/{id}", Who.Operator, 200, 404, """{"mount_point":"/vol/data"}"""),
        new("POST", "/v2/volumes/{id}/grow", Who.Operator, 400, 404, """{"size_gib":0}"""),
        new("GET", "/v2/volumes/{id}/raw", Who.Viewer, 200, 404),
        new("GET", "/v2/volumes/{id}/export", Who.Operator, 200, 404),
        new("POST", "/v2/volumes/{id}/undelete", Who.Operator, 409, 404),
        new("POST", "/v2/volumes/delete", Who.Admin, 409, 409, """{"filter":{},"confirm":"x"}"""),
        new("POST", "/v2/volumes/{id}/snapshots", Who.Operator, 202, 404),
        new("GET", "/v2/volumes/totals", Who.Viewer, 200, 200),
        new("GET", "/v2/snapshots/totals", Who.Viewer, 200, 200),
        new("GET", "/v2/snapshots", Who.Viewer, 200, 200),
        new("POST", "/v2/snapshots", Who.Operator, 202, 202, """{"filter":{}}"""),
        new("POST", "/v2/snapshots/delete", Who.Admin, 409, 409, """{"filter":{},"confirm":"x"}"""),
        new("GET", "/v2/snapshots/{id}", Who.Viewer, 200, 404),
        new("GET", "/v2/snapshots/{id}/export", Who.Operator, 200, 404),
        new("POST", "/v2/snapshots/{id}/restore", Who.Operator, 202, 404, """{"name":"n"}"""),
        // Attaching goes on in the background, and what is attached cannot be deleted: the volume is wanted for the rows below.
        new("POST", "/v2/volumes/{id}/attachments", Who.Operator, 400, 404, """{"client":"c","lease_seconds":1}"""),
        new("GET", "/v2/volumes/{id}/attachments", Who.Viewer, 200, 404),
        new("POST", "/v2/snapshots/{id}/attachments", Who.Operator, 400, 404, """{"client":"c","lease_seconds":1}"""),
        new("GET", "/v2/attachments", Who.Viewer, 200, 200),
        new("GET", "/v2/attachments/{id}", Who.Viewer, 200, 404),
        new("DELETE", "/v2/attachments/{id}", Who.Operator, 409, 404),
        new("GET", "/v2/events", Who.Viewer, 200, 200),
        new("GET", "/v2/operations", Who.Viewer, 200, 200),
        new("GET", "/v2/operations/{id}", Who.Viewer, 200, 404),
        new("GET", "/v2/operations/{id}/items", Who.Viewer, 200, 404),
        new("POST", "/v2/operations/{id}/cancel", Who.Operator, 409, 404),
        new("POST", "/v2/operations/{id}/retry", Who.Operator, 409, 404),
        new("POST", "/v2/fsck", Who.Operator, 202, 202, """{"repair":false}"""),
        new("GET", "/v2/credentials", Who.Viewer, 200, 200),
        new("POST", "/v2/credentials", Who.Admin, 201, 201,
            """{"name":"n","aws_access_key_id":"KEY","aws_secret_access_key":"SECRET"}"""),
        new("GET", "/v2/credentials/{id}", Who.Viewer, 200, 404),
        new("POST", "/v2/credentials/{id}/refresh", Who.Operator, 202, 404),
        new("DELETE", "/v2/credentials/{id}", Who.Admin, 409, 404),
        new("GET", "/v2/user", Who.Viewer, 200, 200),
        new("GET", "/v2/users", Who.Admin, 200, 200),
        new("POST", "/v2/users", Who.Admin, 201, 201, """{"name":"NEW"}"""),
        new("GET", "/v2/users/{id}", Who.Admin, 200, 404),
        new("PATCH", "/v2/users/{id}", Who.Admin, 200, 404, "{}"),
        new("GET", "/v2/user/tokens", Who.Viewer, 200, 200),
        new("POST", "/v2/user/tokens", Who.Viewer, 201, 201, """{"name":"NEW"}"""),
        new("DELETE", "/v2/user/tokens/{id}", Who.Viewer, 404, 404),
        new("GET", "/v2/users/{id}/tokens", Who.Admin, 200, 404),
        new("POST", "/v2/users/{id}/tokens", Who.Admin, 201, 404, """{"name":"NEW"}"""),
        new("DELETE", "/v2/users/{id}/tokens/{token_id}", Who.Admin, 404, 404),
        new("GET", "/v2/audit", Who.Admin, 200, 200),
        new("GET", "/v2/audit/export", Who.Admin, 200, 200),
        new("GET", "/health/live", Who.Anyone, 200, 200),
        new("GET", "/health/ready", Who.Anyone, 200, 200),
        new("GET", "/metrics", Who.ServiceOperator, 200, 403),
        new("GET", "/v2/accounts", Who.ServiceOperator, 200, 403),
        new("POST", "/v2/accounts", Who.ServiceOperator, 201, 403, """{"name":"NEW"}"""),
        // What takes away what the rows above need comes last.
        new("POST", "/v2/users/{id}/token", Who.Admin, 200, 404),
        new("DELETE", "/v2/users/{id}", Who.Admin, 204, 404),
        new("DELETE", "/v2/snapshots/{id}", Who.Admin, 202, 404),
        new("DELETE", "/api/volumes/{id}", Who.Admin, 200, 404),
        new("DELETE", "/v2/volumes/{id}", Who.Admin, 202, 404),
    ];

    /// <summary>The routes that name something, with a body that they take.</summary>
    public static IEnumerable<(string Method, string Route, string? Body)> RoutesWithIds =>
        All.Where(row => row.Route.Contains("{id}", StringComparison.Ordinal)).Select(row => (row.Method, row.Route, row.Body));

    /// <summary>An account with one of each.</summary>
    public static async Task<Things> MakeAsync(ServerHost host, string token)
    {
        var volume = await host.ImportAsync(new byte[4096], token: token);
        var snapshot = await host.SnapshotAsync(volume, token);
        var attached = await host.V2Async("POST", $"/v2/volumes/{volume}/attachments?wait=30", new JsonObject { ["client"] = "c" }, token);
        var attachment = (string)attached.Json["attachment"]!["id"]!;
        var detached = await host.V2Async("DELETE", $"/v2/attachments/{attachment}?wait=30", token: token);
        detached.Status.ShouldBe(200, attached.Body + detached.Body);
        var operation = (await host.V2Async("GET", "/v2/operations", token: token)).Json["items"]![0]!;
        var credential = (await host.V2Async("GET", "/v2/credentials", token: token)).Json["items"]![0]!;
        var user = (await host.V2Async("POST", "/v2/users", new JsonObject { ["name"] = $"extra-{volume}" }, token)).Json["user"]!;
        return new Things(
            volume, (string)snapshot["id"]!, (string)snapshot["provider_snapshot_id"]!, (string)operation["id"]!, (string)credential["id"]!,
            (string)user["id"]!, attachment, await AllIdsAsync(host, token));
    }

    /// <summary>Every id that the account shows.</summary>
    public static async Task<HashSet<string>> AllIdsAsync(ServerHost host, string token)
    {
        var ids = new HashSet<string>();
        foreach (var path in new[] { "/v2/volumes", "/v2/snapshots", "/v2/operations", "/v2/credentials", "/v2/users", "/v2/attachments" })
            foreach (var item in await host.AllItemsAsync(path, token)) ids.UnionWith(Ids(item.ToJsonString()));
        return ids;
    }

    /// <summary>Every id in a body.</summary>
    public static IEnumerable<string> Ids(string body) => IdForm().Matches(body).Select(match => match.Value);

    [GeneratedRegex("[0-9a-f]{32}|(vol|snap|att)-[0-9a-f]{17}")]
    private static partial Regex IdForm();

    internal sealed record Things(
        string Volume, string Snapshot, string ProviderSnapshot, string Operation, string Credential, string User, string Attachment, HashSet<string> All)
    {
        public string Fill(string route) => route
            .Replace("{snapshot_id}", ProviderSnapshot, StringComparison.Ordinal)
            .Replace("{token_id}", "0123456789abcdef0123456789abcdef", StringComparison.Ordinal)
            .Replace("{id}",
                route.Contains("/snapshots/{id}", StringComparison.Ordinal) ? Snapshot
                : route.Contains("/volumes/", StringComparison.Ordinal) ? Volume
                : route.Contains("/attachments/{id}", StringComparison.Ordinal) ? Attachment
                : route.Contains("/operations/", StringComparison.Ordinal) ? Operation
                : route.Contains("/credentials/", StringComparison.Ordinal) ? Credential
                : User, StringComparison.Ordinal);
    }
}
