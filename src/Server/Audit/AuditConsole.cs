using Octavo.Server.Accounts;
using Octavo.Server.Console;
using Octavo.Server.Http;

namespace Octavo.Server.Audit;

/// <summary>The console's page of the audit log.</summary>
static class AuditConsole
{
    const int PageSize = 50;

    public static void Map(IEndpointRouteBuilder console)
    {
        console.MapGet("/audit", ListAsync).WithName("ConsoleListAudit").WithQuery([.. PageOf.Parameters, .. AuditFilter.Parameters]);
        console.MapGet("/audit/export", AuditEndpoints.ExportAsync).WithName("ConsoleExportAudit").WithQuery(AuditFilter.Parameters);
    }

    static async Task<IResult> ListAsync(
        Admin caller, Frame frame, PageOf page, AuditFilter filter, AuditLog audit, HttpContext context, CancellationToken cancellation)
    {
        var (items, next) = await audit.ListAsync(caller.Account, filter, page with { Limit = PageSize }, cancellation);
        return Show.Page<AuditPage>(new { Frame = frame, Items = items, Next = next, Address = ListAddress.Of(context) });
    }
}
