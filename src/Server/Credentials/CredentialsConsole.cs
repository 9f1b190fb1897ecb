using Octavo.Api;
using Octavo.Server.Accounts;
using Octavo.Server.Console;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Credentials;

/// <summary>The console's pages of credentials.</summary>
static class CredentialsConsole
{
    static readonly char[] Separators = [' ', ',', '\r', '\n', '\t'];

    public static void Map(IEndpointRouteBuilder console)
    {
        console.MapGet("/credentials", ListAsync).WithName("ConsoleListCredentials").WithQuery(PageOf.Parameters);
        console.MapGet("/credentials/new", ShowNewAsync).WithName("ConsoleShowNewCredential");
        console.MapPost("/credentials/new", CreateAsync).WithName("ConsoleCreateCredential");
        console.MapGet("/credentials/{id}", ShowAsync).WithName("ConsoleShowCredential");
        console.MapPost("/credentials/{id}/refresh", RefreshAsync).WithName("ConsoleRefreshCredential");
        console.MapPost("/credentials/{id}/delete", DeleteAsync).WithName("ConsoleDeleteCredential");
    }

    static async Task<IResult> ListAsync(
        Caller caller, Frame frame, PageOf page, CredentialStore credentials, Cells cells, CellProgress progress, HttpContext context,
        CancellationToken cancellation)
    {
        var (items, next) = await credentials.ListAsync(caller.Account, page, cancellation);
        var fresh = progress.Of(await cells.StatusAsync(caller.Account, credential: null, cancellation)).ToLookup(cell => cell.CredentialId);
        return Show.Page<CredentialsPage>(new
        {
            Frame = frame,
            Items = items.Select(credential => credential with { Cells = [.. fresh[credential.Id]] }).ToList(),
            Next = next,
            Address = ListAddress.Of(context),
        });
    }

    static IResult ShowNewAsync(Admin caller, Frame frame) => NewPage(frame, Form.Empty, null, StatusCodes.Status200OK);

    static IResult NewPage(Frame frame, Form form, Refusal? refusal, int status) =>
        Show.Page<NewCredentialPage>(new { Frame = frame, Form = form, Refusal = refusal }, status);

    static Task<IResult> CreateAsync(
        Admin caller, Frame frame, Form form, Change change, AddCredential add, HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () =>
            {
                var regions = form.Text("regions")?.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
                var request = new CreateCredentialRequest(
                    form.Trimmed("name"), form.Trimmed("aws_access_key_id"), form.Trimmed("aws_secret_access_key"), Source: form.Text("source"),
                    AwsSessionToken: form.Trimmed("aws_session_token"), Profile: form.Trimmed("profile"), RoleArn: form.Trimmed("role_arn"),
                    ExternalId: form.Trimmed("external_id"), Regions: regions is { Length: > 0 } ? regions : null, Endpoint: form.Trimmed("endpoint"));
                return Show.Then(
                    await CredentialEndpoints.CreateAsync(caller, new Body<CreateCredentialRequest>(request), change, add, cancellation),
                    added => $"/credentials/{Show.Answered(added, ApiJson.Wire.Credential).Id}");
            },
            (refusal, status) => Task.FromResult(NewPage(frame, form, refusal, status)));

    static async Task<IResult> ShowAsync(
        Caller caller, Frame frame, string id, CredentialStore credentials, Cells cells, CellProgress progress, CancellationToken cancellation)
    {
        var credential = await credentials.GetAsync(caller.Account, id, cancellation);
        return Show.Page<CredentialDetailPage>(new
        {
            Frame = frame,
            Credential = credential with { Cells = progress.Of(await cells.StatusAsync(caller.Account, id, cancellation)) },
        });
    }

    static async Task<IResult> RefreshAsync(
        Operator caller, string id, Change change, RefreshCredential refresh, CredentialStore credentials, OperationStore operations,
        CancellationToken cancellation) =>
        Show.Then(await CredentialEndpoints.RefreshAsync(caller, id, change, refresh, credentials, operations, cancellation), _ => $"/credentials/{id}");

    static async Task<IResult> DeleteAsync(
        Admin caller, string id, Form form, Change change, CredentialStore credentials, CancellationToken cancellation) =>
        Show.Then(await CredentialEndpoints.EndAsync(caller, id, form.IsTicked("forget"), change, credentials, cancellation), _ => "/credentials");
}
