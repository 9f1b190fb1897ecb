using Octavo.Api;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Credentials;

/// <summary><c>/v2/credentials</c>.</summary>
static class CredentialEndpoints
{
    static readonly QueryParameter Forget = new("forget", "Also take what is listed through it off the list.", QueryForm.Flag);

    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/credentials", ListAsync).WithName("ListCredentials").WithQuery(PageOf.Parameters).Answers<Page<Credential>>();
        v2.MapPost("/credentials", CreateAsync).WithName("CreateCredential").Answers<Credential>(StatusCodes.Status201Created, hasLocation: true);
        v2.MapGet("/credentials/{id}", ShowAsync).WithName("ShowCredential").Answers<Credential>().WithEtag();
        v2.MapDelete("/credentials/{id}", DeleteAsync).WithName("DeleteCredential")
            .WithQuery(Forget)
            .AnswersNothing().WithIfMatch();
        v2.MapPost("/credentials/{id}/refresh", RefreshAsync).WithName("RefreshCredential").WithQuery(Change.Parameters).Accepts<OperationAccepted>();
    }

    /// <summary>Lists the credentials of the account.</summary>
    /// <remarks>Never a secret.</remarks>
    public static async Task<Page<Credential>> ListAsync(
        Caller caller, PageOf page, CredentialStore credentials, CancellationToken cancellation) =>
        await credentials.ListAsync(caller.Account, page, cancellation);

    /// <summary>Adds a credential, once the provider has told what it opens.</summary>
    /// <remarks>For admins. What the provider refuses is refused with its own words, and nothing is kept.</remarks>
    public static async Task<IResult> CreateAsync(
        Admin caller, Body<CreateCredentialRequest> body, Change change, AddCredential add, CancellationToken cancellation)
    {
        if (await change.BeforeAsync() is { } before) return before;
        var proven = await add.ProveAsync(caller, body.Value, mayBeUnproven: false, cancellation);
        return await change.RunAsync(async transaction =>
        {
            var added = await add.AddAsync(transaction, caller.Account, proven, cancellation);
            return Outcome.Done(
                added, ApiJson.Wire.Credential, Told(added), StatusCodes.Status201Created, $"/v2/credentials/{added.Id}",
                Etag.Of(added, ApiJson.Wire.Credential));
        });
    }

    /// <summary>Shows a credential, and how fresh each of its regions is.</summary>
    public static async Task<IResult> ShowAsync(
        Caller caller, string id, CredentialStore credentials, Cells cells, CellProgress progress, HttpContext context,
        CancellationToken cancellation)
    {
        var credential = await credentials.GetAsync(caller.Account, id, cancellation);
        // How fresh its cells are moves all the time and is no part of what it is.
        return await Etag.AnswerAsync(
            context, credential with { Cells = progress.Of(await cells.StatusAsync(caller.Account, id, cancellation)) }, ApiJson.Wire.Credential,
            tagged: credential);
    }

    /// <summary>Deletes a credential.</summary>
    /// <remarks>
    /// For admins. Refused while something is listed through it, unless that shall be forgotten: at the provider nothing is deleted.
    /// </remarks>
    public static Task<IResult> DeleteAsync(
        Admin caller, string id, Change change, CredentialStore credentials, HttpContext context, CancellationToken cancellation) =>
        EndAsync(caller, id, Query.Flag(context, Forget.Name) ?? false, change, credentials, cancellation);

    /// <summary>The same for who has read already whether to forget.</summary>
    public static Task<IResult> EndAsync(
        Admin caller, string id, bool forget, Change change, CredentialStore credentials, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var credential = await credentials.GetAsync(caller.Account, id, cancellation);
            change.Require(credential, ApiJson.Wire.Credential);
            await CredentialStore.DeleteAsync(transaction, caller.Account, credential, forget, cancellation);
            return Outcome.Done(Told(credential));
        });

    /// <summary>Looks at everything that a credential opens, now.</summary>
    /// <remarks>The operation ends with the last region.</remarks>
    public static Task<IResult> RefreshAsync(
        Operator caller, string id, Change change, RefreshCredential refresh, CredentialStore credentials, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var credential = await credentials.GetAsync(caller.Account, id, cancellation);
            return OperationEndpoints.Accepted(
                await refresh.EnqueueAsync(transaction, caller.Account, id, cancellation), Told(credential), operations);
        });

    /// <summary>What the audit log says of a credential.</summary>
    public static Subject Told(Credential credential) => new(
        "credential", credential.Id, credential.Name, $"{credential.Provider}, {credential.RoleArn ?? credential.AwsAccessKeyId ?? credential.Source}");
}
