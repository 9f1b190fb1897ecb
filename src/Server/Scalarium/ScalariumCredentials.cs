using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Credentials;
using Octavo.Server.Http;

namespace Octavo.Server.Scalarium;

/// <summary>The knowledge base's calls on credentials.</summary>
sealed class ScalariumCredentials(CredentialStore credentials, AddCredential add)
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
        await WriteAsync(caller, await credentials.FindAsync(caller.Account, id, context.RequestAborted) ?? throw NotFound(), context);

    /// <summary>Clients send JSON, also under the type of a form: the type is not looked at.</summary>
    public async Task CreateAsync(Caller caller, HttpContext context)
    {
        if (await Body<object>.ReadAsync(context.Request, MaxBodyBytes, context.RequestAborted) is not { } body)
        {
            await ScalariumErrors.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, $"The body is larger than {MaxBodyBytes} bytes.");
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
            await ScalariumErrors.WriteAsync(context, StatusCodes.Status400BadRequest,
                "The body must be a JSON object with the texts name, aws_access_key_id and aws_secret_access_key.");
            return;
        }
        var credential = await add.AddAsync(caller, request, mayBeUnproven: true, context.RequestAborted);
        context.Response.Headers.Location = $"{ScalariumRoutes.Base}/credentials/{credential.Id}";
        await WriteAsync(caller, credential, context);
    }

    public async Task DeleteAsync(Caller caller, string id, HttpContext context)
    {
        if (!await credentials.DeleteAsync(caller.Account, id, mayForget: false, context.RequestAborted)) throw NotFound();
        await ScalariumDialect.WriteAsync(context.Response, "{}"u8.ToArray());
    }

    static Task WriteAsync(Caller caller, Credential credential, HttpContext context) =>
        ScalariumDialect.WriteAsync(
            context.Response, ScalariumJson.Bytes(json => ScalariumJson.Credential(json, credential, caller.Account)));

    static VolumeException NotFound() => new(ErrorCode.NotFound, "There is no such credential in this account.");
}
