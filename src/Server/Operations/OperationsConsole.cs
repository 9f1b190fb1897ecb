using Octavo.Api;
using Octavo.Server.Accounts;
using Octavo.Server.Console;
using Octavo.Server.Http;

namespace Octavo.Server.Operations;

/// <summary>An operation with what came of its parts.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Items">One page of its parts.</param>
/// <param name="Next">The token of the next page of them.</param>
/// <param name="Address">Where that page is.</param>
/// <param name="Counted">All parts, those that failed, and those that were cancelled.</param>
/// <param name="Names">Names of volumes, by id.</param>
/// <param name="Deleted">Ids of volumes that were deleted and can be brought back.</param>
public sealed record OperationView(
    Api.Operation Operation, IReadOnlyList<OperationItem> Items, string? Next, ListAddress Address, (long All, long Failed, long Cancelled) Counted,
    IReadOnlyDictionary<string, string> Names, IReadOnlySet<string> Deleted);

/// <summary>The console's pages of operations.</summary>
static class OperationsConsole
{
    const int PageSize = 50;

    public static void Map(IEndpointRouteBuilder console)
    {
        console.MapGet("/operations", ListAsync).WithName("ConsoleListOperations").WithQuery([.. PageOf.Parameters, .. OperationFilter.Parameters]);
        console.MapGet("/operations/{id}", ShowAsync).WithName("ConsoleShowOperation").WithQuery(PageOf.Parameters);
        console.MapPost("/operations/{id}/cancel", CancelAsync).WithName("ConsoleCancelOperation");
        console.MapPost("/operations/{id}/retry", RetryAsync).WithName("ConsoleRetryOperation");
    }

    static async Task<IResult> ListAsync(
        Caller caller, Frame frame, OperationFilter filter, PageOf page, OperationStore operations, HttpContext context, CancellationToken cancellation)
    {
        var (items, next) = await operations.ListAsync(caller.Account, filter, page with { Limit = PageSize }, cancellation);
        return Show.Page<OperationsPage>(new { Frame = frame, Items = items, Next = next, Address = ListAddress.Of(context) });
    }

    static async Task<IResult> ShowAsync(
        Caller caller, Frame frame, string id, PageOf page, OperationStore operations, OperationItems items, Volumes.VolumeStore volumes,
        HttpContext context, CancellationToken cancellation)
    {
        var operation = await operations.GetAsync(caller.Account, id, cancellation);
        var (parts, next) = await items.ListAsync(id, page with { Limit = PageSize }, cancellation);
        var concerned = await volumes.ShowAsync(parts.Select(part => part.VolumeId).Append(operation.VolumeId).OfType<string>().Distinct(), cancellation);
        return Show.Page<OperationDetailPage>(new
        {
            Frame = frame,
            View = new OperationView(
                OperationStore.Wire(operation), parts, next, ListAddress.Of(context), await items.CountAsync(operation.Id, cancellation),
                concerned.ToDictionary(v => v.Id, v => v.Name),
                concerned.Where(v => v.State == "deleted" && v.RestorableUntil > frame.Now).Select(v => v.Id).ToHashSet()),
        });
    }

    static async Task<IResult> CancelAsync(
        Operator caller, string id, Change change, OperationStore operations, CancellationToken cancellation) =>
        Show.Then(await OperationEndpoints.CancelAsync(caller, id, change, operations, cancellation), _ => $"/operations/{id}");

    static async Task<IResult> RetryAsync(
        Operator caller, string id, Change change, OperationStore operations, OperationItems items, IEnumerable<IOperationOnMany> kinds,
        CancellationToken cancellation) =>
        Show.Then(await OperationEndpoints.RetryAsync(caller, id, change, operations, items, kinds, cancellation), Show.Operation);
}
