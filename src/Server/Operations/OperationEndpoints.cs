using Octavo.Api;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Http;

namespace Octavo.Server.Operations;

/// <summary><c>/v2/operations</c>, and <c>/v2/fsck</c>, which begins one.</summary>
static class OperationEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/operations", ListAsync).WithName("ListOperations").WithQuery(PageOf.Parameters);
        v2.MapGet("/operations/{id}", ShowAsync).WithName("ShowOperation");
        v2.MapPost("/fsck", CheckAsync).WithName("CheckPool").WithQuery(Change.Parameters);
    }

    static async Task<Page<Api.Operation>> ListAsync(
        Caller caller, PageOf page, OperationStore operations, CancellationToken cancellation) =>
        await operations.ListAsync(caller.Account, page, cancellation);

    static async Task<IResult> ShowAsync(
        Caller caller, string id, OperationStore operations, HttpContext context, CancellationToken cancellation) =>
        await Etag.AnswerAsync(context, OperationStore.Wire(await operations.GetAsync(caller.Account, id, cancellation)), ApiJson.Wire.Operation);

    static Task<IResult> CheckAsync(
        Operator caller, Body<CheckRequest> body, Change change, CheckPool check, OperationStore operations, CancellationToken cancellation) =>
        change.RunAsync(async transaction => Accepted(
            await check.EnqueueAsync(transaction, caller.Account, body.Value.Repair, cancellation),
            new Subject("account", caller.Account.Value, caller.AccountName, body.Value.Repair ? "with repair" : "without repair"), operations));

    /// <summary>The answer to a change that has nothing to show but its operation.</summary>
    public static Outcome Accepted(Operation operation, Subject subject, OperationStore operations) => Outcome.Accepted(
        operation, subject, new OperationAccepted(OperationStore.Wire(operation)), (now, _) => Task.FromResult(new OperationAccepted(now)),
        ApiJson.Wire.OperationAccepted, operations);
}
