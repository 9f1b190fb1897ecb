using System.Text.Json;
using Octavo.Api;
using Octavo.Server.Accounts;
using Octavo.Server.Http;

namespace Octavo.Server.Audit;

/// <summary><c>/v2/audit</c>: for the account's admins.</summary>
static class AuditEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/audit", ListAsync).WithName("ListAudit").WithQuery([.. PageOf.Parameters, .. AuditFilter.Parameters]);
        v2.MapGet("/audit/export", ExportAsync).WithName("ExportAudit").WithQuery(AuditFilter.Parameters);
    }

    static async Task<Page<AuditEntry>> ListAsync(
        Admin caller, PageOf page, AuditFilter filter, AuditLog audit, CancellationToken cancellation) =>
        await audit.ListAsync(caller.Account, filter, page, cancellation);

    /// <summary>All of it, newest first, a JSON object a line.</summary>
    public static async Task ExportAsync(Admin caller, AuditFilter filter, AuditLog audit, HttpContext context, CancellationToken cancellation)
    {
        context.Response.ContentType = "application/x-ndjson";
        string? token = null;
        do
        {
            var page = await audit.ListAsync(caller.Account, filter, new PageOf(PageOf.MaxLimit, token), cancellation);
            foreach (var entry in page.Items)
            {
                await JsonSerializer.SerializeAsync(context.Response.Body, entry, ApiJson.Wire.AuditEntry, cancellation);
                await context.Response.Body.WriteAsync("\n"u8.ToArray(), cancellation);
            }
            token = page.NextPageToken;
        }
        while (token is not null);
    }
}
