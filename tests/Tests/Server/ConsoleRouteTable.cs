using static Octavo.Tests.Server.RouteTable;

namespace Octavo.Tests.Server;

/// <summary>Every route of the console, and what it answers to whom. Strangers get 401 and the sign-in.</summary>
static class ConsoleRouteTable
{
    /// <summary>Routes that need nobody to have signed in.</summary>
    public static IReadOnlyList<string> Open { get; } = ["GET /assets/{hash}/{name}", "GET /sign-in", "POST /sign-in"];

    public static IReadOnlyList<Row> All { get; } =
    [
        new("GET", "/", Who.Viewer, 200, 200),
        new("GET", "/volumes", Who.Viewer, 200, 200),
        new("GET", "/volumes/deleted", Who.Viewer, 200, 200),
        new("GET", "/volumes/new", Who.Operator, 200, 200),
        new("POST", "/volumes/new", Who.Operator, 303, 303, "name=n&size_gib=1"),
        new("GET", "/volumes/{id}", Who.Viewer, 200, 404),
        new("POST", "/volumes/{id}", Who.Operator, 303, 404, "mount_point=/vol/data"),
        new("GET", "/volumes/{id}/raw", Who.Viewer, 200, 404),
        new("POST", "/volumes/{id}/snapshots", Who.Operator, 303, 404),
        new("POST", "/volumes/{id}/grow", Who.Operator, 400, 404, "size_gib=0"),
        new("POST", "/volumes/{id}/attachments", Who.Operator, 400, 404, "client=c&lease_seconds=1"),
        new("POST", "/attachments/{id}/detach", Who.Operator, 409, 404, "sure=on"),
        new("POST", "/volumes/{id}/undelete", Who.Operator, 409, 404),
        new("POST", "/volumes/{id}/purge", Who.Admin, 409, 404, "sure=on"),
        new("POST", "/volumes/snapshots", Who.Operator, 303, 303, "all=on&filter={}&sure=on"),
        new("POST", "/volumes/delete-plan", Who.Admin, 200, 200, "all=on&filter={}"),
        new("POST", "/volumes/delete", Who.Admin, 409, 409, "all=on&filter={}&confirm=x"),
        new("GET", "/snapshots", Who.Viewer, 200, 200),
        new("GET", "/snapshots/{id}", Who.Viewer, 200, 404),
        new("GET", "/snapshots/{id}/restore", Who.Operator, 200, 404),
        new("POST", "/snapshots/{id}/restore", Who.Operator, 303, 404, "name=n"),
        new("POST", "/snapshots/delete-plan", Who.Admin, 200, 200, "all=on&filter={}"),
        new("POST", "/snapshots/delete", Who.Admin, 409, 409, "all=on&filter={}&confirm=x"),
        new("GET", "/operations", Who.Viewer, 200, 200),
        new("GET", "/operations/{id}", Who.Viewer, 200, 404),
        new("POST", "/operations/{id}/cancel", Who.Operator, 409, 404),
        new("POST", "/operations/{id}/retry", Who.Operator, 409, 404),
        new("GET", "/credentials", Who.Viewer, 200, 200),
        new("GET", "/credentials/new", Who.Admin, 200, 200),
        new("POST", "/credentials/new", Who.Admin, 303, 303, "name=n&aws_access_key_id=KEY&aws_secret_access_key=SECRET"),
        new("GET", "/credentials/{id}", Who.Viewer, 200, 404),
        new("POST", "/credentials/{id}/refresh", Who.Operator, 303, 404),
        new("POST", "/credentials/{id}/delete", Who.Admin, 409, 404),
        new("GET", "/audit", Who.Admin, 200, 200),
        new("GET", "/audit/export", Who.Admin, 200, 200),
        new("GET", "/user", Who.Viewer, 200, 200),
        new("POST", "/user/tokens", Who.Viewer, 200, 200, "token_name=NEW"),
        new("POST", "/user/tokens/{token_id}/revoke", Who.Viewer, 404, 404),
        new("GET", "/users", Who.Admin, 200, 200),
        new("POST", "/users", Who.Admin, 200, 200, "name=NEW"),
        new("GET", "/users/{id}", Who.Admin, 200, 404),
        new("POST", "/users/{id}", Who.Admin, 303, 404, "role=viewer"),
        new("POST", "/users/{id}/tokens", Who.Admin, 200, 404, "token_name=NEW"),
        new("POST", "/users/{id}/tokens/{token_id}/revoke", Who.Admin, 404, 404),
        new("POST", "/accounts", Who.ServiceOperator, 303, 403, "account_name=NEW"),
        // What takes away what the rows above need comes last.
        new("POST", "/users/{id}/delete", Who.Admin, 303, 404, "sure=on"),
        new("POST", "/sign-out", Who.Viewer, 303, 303),
    ];
}
