using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Http;
using Octavo.Server.Inventory;

namespace Octavo.Server.Credentials;

/// <summary><c>/v2/credentials</c>.</summary>
static class CredentialEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/credentials", ListAsync).WithName("ListCredentials");
        v2.MapPost("/credentials", CreateAsync).WithName("CreateCredential");
        v2.MapGet("/credentials/{id}", ShowAsync).WithName("ShowCredential");
        v2.MapDelete("/credentials/{id}", DeleteAsync).WithName("DeleteCredential");
        v2.MapPost("/credentials/{id}/refresh", RefreshAsync).WithName("RefreshCredential");
    }

    static async Task<Page<Credential>> ListAsync(
        Admin caller, PageOf page, CredentialStore credentials, CancellationToken cancellation) =>
        await credentials.ListAsync(caller.Account, page, cancellation);

    static async Task<IResult> CreateAsync(
        Admin caller, Body<CreateCredentialRequest> body, AddCredential add, CancellationToken cancellation) =>
        TypedResults.Json(
            await add.AddAsync(caller, body.Value, mayBeUnproven: false, cancellation), ApiJson.Wire.Credential,
            statusCode: StatusCodes.Status201Created);

    static async Task<Credential> ShowAsync(
        Admin caller, string id, CredentialStore credentials, Cells cells, CellProgress progress, CancellationToken cancellation) =>
        (await credentials.FindAsync(caller.Account, id, cancellation) ?? throw NotFound()) with
        {
            Cells = progress.Of(await cells.StatusAsync(caller.Account, id, cancellation)),
        };

    static async Task<IResult> DeleteAsync(
        Admin caller, string id, bool? forget, CredentialStore credentials, CancellationToken cancellation) =>
        await credentials.DeleteAsync(caller.Account, id, forget ?? false, cancellation) ? TypedResults.NoContent() : throw NotFound();

    static async Task<IResult> RefreshAsync(Admin caller, string id, RefreshCredential refresh, CancellationToken cancellation) =>
        Accepted.Json(await refresh.EnqueueAsync(caller.Account, id, cancellation), o => new OperationAccepted(o),
            ApiJson.Wire.OperationAccepted);

    static VolumeException NotFound() => new(ErrorCode.NotFound, "There is no such credential in this account.");
}
