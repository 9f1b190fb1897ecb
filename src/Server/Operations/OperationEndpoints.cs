using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Http;

namespace Octavo.Server.Operations;

/// <summary><c>/v2/operations</c>, and <c>/v2/fsck</c>, which begins one.</summary>
static class OperationEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/operations", ListAsync).WithName("ListOperations").WithQuery([.. PageOf.Parameters, .. OperationFilter.Parameters])
            .Answers<Page<Api.Operation>>();
        v2.MapGet("/operations/{id}", ShowAsync).WithName("ShowOperation").WithQuery(Change.Parameters).Answers<Api.Operation>().WithEtag();
        v2.MapPost("/operations/{id}/cancel", CancelAsync).WithName("CancelOperation").Accepts<OperationAccepted>();
        v2.MapGet("/operations/{id}/items", ListItemsAsync).WithName("ListOperationItems").WithQuery(PageOf.Parameters).Answers<Page<OperationItem>>();
        v2.MapPost("/operations/{id}/retry", RetryAsync).WithName("RetryOperation").WithQuery(Change.Parameters).Accepts<OperationAccepted>();
        v2.MapPost("/fsck", CheckAsync).WithName("CheckPool").WithQuery(Change.Parameters).Accepts<OperationAccepted>();
    }

    /// <summary>Lists operations, newest first.</summary>
    public static async Task<Page<Api.Operation>> ListAsync(
        Caller caller, OperationFilter filter, PageOf page, OperationStore operations, CancellationToken cancellation) =>
        await operations.ListAsync(caller.Account, filter, page, cancellation);

    /// <summary>Shows an operation.</summary>
    /// <remarks>With <c>wait</c>, once it has ended or the time is over.</remarks>
    public static async Task<IResult> ShowAsync(
        Caller caller, string id, OperationStore operations, HttpContext context, CancellationToken cancellation)
    {
        var operation = await operations.GetAsync(caller.Account, id, cancellation);
        if (Change.WaitOf(context) is { } wait && wait > TimeSpan.Zero)
        {
            await operations.WaitAsync(operation.Id, _ => false, wait, cancellation);
            operation = await operations.GetAsync(caller.Account, id, cancellation);
        }
        return await Etag.AnswerAsync(context, OperationStore.Wire(operation), ApiJson.Wire.Operation);
    }

    /// <summary>Stops an operation.</summary>
    /// <remarks>What it made is taken back; where that is not possible any more, it is refused. 202 while it is being stopped.</remarks>
    public static Task<IResult> CancelAsync(Operator caller, string id, Change change, OperationStore operations, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var operation = await operations.CancelAsync(transaction, caller.Account, id, cancellation);
            return Accepted(operation, new Subject("operation", operation.Id.Value, null, operation.Kind), operations);
        });

    /// <summary>Lists what came of each part of an operation on many.</summary>
    public static async Task<Page<OperationItem>> ListItemsAsync(
        Caller caller, string id, PageOf page, OperationStore operations, OperationItems items, CancellationToken cancellation)
    {
        await operations.GetAsync(caller.Account, id, cancellation);
        return await items.ListAsync(id, page, cancellation);
    }

    /// <summary>Repeats the parts of an operation on many that failed.</summary>
    /// <remarks>What deletes may only be repeated by admins.</remarks>
    public static Task<IResult> RetryAsync(
        Operator caller, string id, Change change, OperationStore operations, OperationItems items, IEnumerable<IOperationOnMany> kinds,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var before = await operations.GetAsync(caller.Account, id, cancellation);
            var onMany = kinds.FirstOrDefault(kind => kind.Kind == before.Kind)
                ?? throw new VolumeException(ErrorCode.Conflict, "Only an operation on many can be retried.");
            if (!before.IsFinished) throw new VolumeException(ErrorCode.Conflict, "The operation has not ended yet.");
            if ((await items.CountAsync(before.Id, cancellation)).Failed == 0) throw new VolumeException(ErrorCode.Conflict, "Nothing of it failed.");
            // What deletes may only be repeated by who may delete.
            if (before.Kind != OperationKind.CreateSnapshots) caller.Require(Role.Admin);
            return Accepted(
                await onMany.RetryAsync(transaction, before, cancellation), new Subject("operation", before.Id.Value, null, before.Kind), operations);
        });

    /// <summary>Checks the account's pool, and repairs it if asked.</summary>
    /// <remarks>The operation's <c>findings</c> tell, once it succeeded.</remarks>
    public static Task<IResult> CheckAsync(
        Operator caller, Body<CheckRequest> body, Change change, CheckPool check, OperationStore operations, CancellationToken cancellation) =>
        change.RunAsync(async transaction => Accepted(
            await check.EnqueueAsync(transaction, caller.Account, body.Value.Repair, cancellation),
            new Subject("account", caller.Account.Value, caller.AccountName, body.Value.Repair ? "with repair" : "without repair"), operations));

    /// <summary>The answer to a change that has nothing to show but its operation.</summary>
    public static Outcome Accepted(Operation operation, Subject subject, OperationStore operations) => Outcome.Accepted(
        operation, subject, new OperationAccepted(OperationStore.Wire(operation)), (now, _) => Task.FromResult(new OperationAccepted(now)),
        ApiJson.Wire.OperationAccepted, operations);
}
