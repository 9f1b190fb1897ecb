using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Http;

namespace Octavo.Server.Operations;

/// <summary><c>/v2/operations</c>, and <c>/v2/fsck</c>, which begins one.</summary>
static class OperationEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/operations", ListAsync).WithName("ListOperations");
        v2.MapGet("/operations/{id}", ShowAsync).WithName("ShowOperation");
        v2.MapPost("/fsck", CheckAsync).WithName("CheckPool");
    }

    static async Task<Page<Api.Operation>> ListAsync(
        Admin caller, PageOf page, OperationStore operations, CancellationToken cancellation) =>
        await operations.ListAsync(caller.Account, page, cancellation);

    static async Task<Api.Operation> ShowAsync(
        Admin caller, string id, OperationStore operations, CancellationToken cancellation) =>
        OperationStore.Wire(await operations.FindAsync(caller.Account, id, cancellation)
            ?? throw new VolumeException(ErrorCode.NotFound, "There is no such operation in this account."));

    static async Task<IResult> CheckAsync(
        Admin caller, Body<CheckRequest> body, CheckPool check, CancellationToken cancellation) =>
        Accepted.Json(await check.EnqueueAsync(caller.Account, body.Value.Repair, cancellation), o => new OperationAccepted(o),
            ApiJson.Wire.OperationAccepted);
}
