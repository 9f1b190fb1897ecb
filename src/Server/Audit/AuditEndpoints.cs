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
        v2.MapGet("/audit", ListAsync).WithName("ListAudit").WithQuery([.. PageOf.Parameters, .. AuditFilter.Parameters]).Answers<Page<AuditEntry>>();
        v2.MapGet("/audit/export", ExportAsync).WithName("ExportAudit").WithQuery(AuditFilter.Parameters)
            .Streams<AuditEntry>("application/x-ndjson", "Lines, each an `AuditEntry` as JSON.");
    }

    /// <summary>Lists what was changed and refused in the account, newest first.</summary>
    /// <remarks>For admins.</remarks>
    public static async Task<Page<AuditEntry>> ListAsync(
        Admin caller, PageOf page, AuditFilter filter, AuditLog audit, CancellationToken cancellation) =>
        await audit.ListAsync(caller.Account, filter, page, cancellation);

    /// <summary>Exports the same as JSON lines, newest first.</summary>
    /// <remarks>For admins. As many entries as fit the filter, each one line.</remarks>
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
