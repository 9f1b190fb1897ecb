using Octavo.Server.Accounts;
using Octavo.Server.Attachments;
using Octavo.Server.Audit;
using Octavo.Server.Credentials;
using Octavo.Server.Operations;
using Octavo.Server.Snapshots;
using Octavo.Server.Volumes;

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
        VolumesConsole.Map(console);
        BulkConsole.Map(console);
        AttachmentsConsole.Map(console);
        SnapshotsConsole.Map(console);
        OperationsConsole.Map(console);
        CredentialsConsole.Map(console);
        AuditConsole.Map(console);
        UsersConsole.Map(console);
    }
}
