using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Http;

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
    }

    static async Task<Page<Credential>> ListAsync(
        Admin caller, PageOf page, CredentialStore credentials, CancellationToken cancellation) =>
        await credentials.ListAsync(caller.Account, page, cancellation);

    static async Task<IResult> CreateAsync(
        Admin caller, Body<CreateCredentialRequest> body, CredentialStore credentials, CancellationToken cancellation)
    {
        var credential = await credentials.CreateAsync(caller.Account, body.Value, cancellation);
        return TypedResults.Json(credential, ApiJson.Wire.Credential, statusCode: StatusCodes.Status201Created);
    }

    static async Task<Credential> ShowAsync(
        Admin caller, string id, CredentialStore credentials, CancellationToken cancellation) =>
        await credentials.FindAsync(caller.Account, id, cancellation) ?? throw NotFound();

    static async Task<IResult> DeleteAsync(
        Admin caller, string id, CredentialStore credentials, CancellationToken cancellation) =>
        await credentials.DeleteAsync(caller.Account, id, cancellation) ? TypedResults.NoContent() : throw NotFound();

    static VolumeException NotFound() => new(ErrorCode.NotFound, "There is no such credential in this account.");
}
