namespace Octavo.Server.Console;

/// <summary>The console: pages for people at <c>/</c>. Each slice maps its own.</summary>
static class ConsoleRoutes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var open = app.MapGroup("").WithMetadata(new ConsoleRoute(NeedsSession: false)).ExcludeFromDescription();
        var console = app.MapGroup("").WithMetadata(new ConsoleRoute(NeedsSession: true)).ExcludeFromDescription();
        Files.Map(open);
        SignInConsole.Map(open, console);
        OverviewConsole.Map(console);
    }
}
