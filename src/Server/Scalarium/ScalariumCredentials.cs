using System.Text.Json;
using Octavo.Api;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Credentials;
using Octavo.Server.Http;

namespace Octavo.Server.Scalarium;

/// <summary>The knowledge base's calls on credentials.</summary>
sealed class ScalariumCredentials(CredentialStore credentials, AddCredential add, AuditLog audit, ScalariumErrors errors)
{
    const int MaxBodyBytes = 64 * 1024;

    public async Task ListAsync(Caller caller, HttpContext context)
    {
        // v1 has no pages, and an account no more credentials than this.
        var all = await credentials.ListAsync(
            caller.Account, new PageOf(CredentialStore.MaxPerAccount, null), context.RequestAborted);
        await ScalariumDialect.WriteAsync(context.Response, ScalariumJson.Bytes(json =>
            ScalariumJson.List(json, all.Items, (j, c) => ScalariumJson.Credential(j, c, caller.Account))));
    }

    public async Task ShowAsync(Caller caller, string id, HttpContext context) =>
        await WriteAsync(caller, await credentials.GetAsync(caller.Account, id, context.RequestAborted), context);

    /// <summary>Clients send JSON, also under the type of a form: the type is not looked at.</summary>
    public async Task CreateAsync(Caller caller, HttpContext context)
    {
        if (await Body<object>.ReadAsync(context.Request, MaxBodyBytes, context.RequestAborted) is not { } body)
        {
            await errors.RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, $"The body is larger than {MaxBodyBytes} bytes.");
            return;
        }
        CreateCredentialRequest request;
        try
        {
            request = JsonSerializer.Deserialize(body.Span, ApiJson.Wire.CreateCredentialRequest)
                ?? throw new JsonException("null");
        }
        catch (JsonException)
        {
            await errors.RefuseAsync(context, StatusCodes.Status400BadRequest,
                "The body must be a JSON object with the texts name, aws_access_key_id and aws_secret_access_key.");
            return;
        }
        var proven = await add.ProveAsync(caller, request, mayBeUnproven: true, context.RequestAborted);
        var credential = await audit.RunAsync(
            context, transaction => add.AddAsync(transaction, caller.Account, proven, context.RequestAborted),
            added => (CredentialEndpoints.Told(added), null));
        context.Response.Headers.Location = $"{ScalariumRoutes.Base}/credentials/{credential.Id}";
        await WriteAsync(caller, credential, context);
    }

    public async Task DeleteAsync(Caller caller, string id, HttpContext context)
    {
        var credential = await credentials.GetAsync(caller.Account, id, context.RequestAborted);
        await audit.RunAsync(
            context, async transaction =>
            {
                await CredentialStore.DeleteAsync(transaction, caller.Account, credential, mayForget: false, context.RequestAborted);
                return credential;
            }, deleted => (CredentialEndpoints.Told(deleted), null));
        await ScalariumDialect.WriteAsync(context.Response, "{}"u8.ToArray());
    }

    static Task WriteAsync(Caller caller, Credential credential, HttpContext context) =>
        ScalariumDialect.WriteAsync(
            context.Response, ScalariumJson.Bytes(json => ScalariumJson.Credential(json, credential, caller.Account)));
}
