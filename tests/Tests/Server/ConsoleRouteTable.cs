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
        // What takes away what the rows above need comes last.
        new("POST", "/sign-out", Who.Viewer, 303, 303),
    ];
}
