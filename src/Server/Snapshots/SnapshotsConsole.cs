using System.Text.Json;
using Octavo.Api;
using Octavo.Server.Accounts;
using Octavo.Server.Console;
using Octavo.Server.Credentials;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Octavo.Server.Volumes;

namespace Octavo.Server.Snapshots;

/// <summary>A page of the table of snapshots.</summary>
/// <param name="Address">How it is filtered and sorted.</param>
/// <param name="Filter">The filter as /v2 takes it in a body.</param>
/// <param name="Items">The snapshots.</param>
/// <param name="Next">The token of the next page.</param>
/// <param name="Totals">All that fit.</param>
/// <param name="Orphans">Of all snapshots those whose volume is gone.</param>
/// <param name="Regions">Every region.</param>
public sealed record SnapshotTable(
    ListAddress Address, string Filter, IReadOnlyList<Snapshot> Items, string? Next, Totals Totals, Totals Orphans, IReadOnlyList<string> Regions);

/// <summary>The console's pages of snapshots.</summary>
static class SnapshotsConsole
{
    const int PageSize = 50;

    public static void Map(IEndpointRouteBuilder console)
    {
        console.MapGet("/snapshots", ListAsync).WithName("ConsoleListSnapshots").WithQuery(SnapshotQuery.Parameters);
        console.MapGet("/snapshots/{id}", ShowAsync).WithName("ConsoleShowSnapshot");
        console.MapGet("/snapshots/{id}/restore", ShowRestoreAsync).WithName("ConsoleShowRestore");
        console.MapPost("/snapshots/{id}/restore", RestoreAsync).WithName("ConsoleRestoreSnapshot");
        console.MapPost("/snapshots/delete-plan", PlanAsync).WithName("ConsolePlanSnapshotDeletion");
        console.MapPost("/snapshots/delete", DeleteManyAsync).WithName("ConsoleDeleteSnapshots");
    }

    static async Task<IResult> ListAsync(
        Caller caller, Frame frame, SnapshotQuery query, AccountInventories inventories, SnapshotStore snapshots, Cells cells, HttpContext context,
        CancellationToken cancellation)
    {
        var inventory = inventories.Of(caller.Account);
        var page = query.Page with { Limit = Query.Text(context, "limit") is null ? PageSize : query.Page.Limit };
        var (items, next, _) = await (query with { Page = page }).AskAsync(inventory, snapshots, cancellation);
        var regions = (await cells.StatusAsync(caller.Account, credential: null, cancellation)).Select(cell => cell.Region).Distinct().Order();
        return Show.Page<SnapshotsPage>(new
        {
            Frame = frame,
            Table = new SnapshotTable(
                ListAddress.Of(context), JsonSerializer.Serialize(query.Filter, ApiJson.Wire.SnapshotFilter), items, next,
                await SnapshotTotals.OfAsync(inventory, query.Filter, [], cancellation),
                await SnapshotTotals.OfAsync(inventory, new SnapshotFilter(Orphan: true), [], cancellation), [.. regions]),
        });
    }

    static async Task<IResult> ShowAsync(
        Caller caller, Frame frame, string id, SnapshotStore snapshots, OperationStore operations, CredentialStore credentials, CancellationToken cancellation)
    {
        var snapshot = await snapshots.ShowAsync(caller.Account, id, cancellation);
        var (its, _) = await operations.ListAsync(
            caller.Account, new OperationFilter(null, null, null, snapshot.Id), new PageOf(PageSize, null), cancellation);
        var credential = await credentials.GetAsync(caller.Account, snapshot.CredentialId, cancellation);
        return Show.Page<SnapshotDetailPage>(new { Frame = frame, Snapshot = snapshot, Operations = its, CredentialName = credential.Name });
    }

    static async Task<IResult> ShowRestoreAsync(
        Operator caller, Frame frame, string id, SnapshotStore snapshots, Cells cells, CancellationToken cancellation) =>
        await RestorePageAsync(caller, frame, id, Form.Empty, null, StatusCodes.Status200OK, snapshots, cells, cancellation);

    static async Task<IResult> RestorePageAsync(
        Caller caller, Frame frame, string id, Form form, Refusal? refusal, int status, SnapshotStore snapshots, Cells cells, CancellationToken cancellation)
    {
        var snapshot = await snapshots.ShowAsync(caller.Account, id, cancellation);
        var cell = (await cells.OfAccountAsync(caller.Account, cancellation))
            .Find(known => known.Cell.Credential.Value == snapshot.CredentialId && known.Cell.Region == snapshot.Region);
        return Show.Page<RestorePage>(new { Frame = frame, Snapshot = snapshot, Zones = cell?.Zones ?? [], Form = form, Refusal = refusal }, status);
    }

    static Task<IResult> RestoreAsync(
        Operator caller, Frame frame, string id, Form form, Change change, CreateVolume create, VolumeStore volumes, SnapshotStore snapshots, Cells cells,
        OperationStore operations, HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () => Show.Then(
                await SnapshotEndpoints.RestoreAsync(
                    caller, id,
                    new Body<RestoreSnapshotRequest>(new RestoreSnapshotRequest(form.Trimmed("name"), form.Number("size_gib"), form.Text("availability_zone"))),
                    change, create, volumes, operations, cancellation),
                made => $"/volumes/{Show.Answered(made, ApiJson.Wire.VolumeAccepted).Volume.Id}"),
            (refusal, status) => RestorePageAsync(caller, frame, id, form, refusal, status, snapshots, cells, cancellation));

    static Task<IResult> PlanAsync(
        Admin caller, Frame frame, Form form, DeleteSnapshots delete, AccountInventories inventories, CancellationToken cancellation) =>
        PlannedAsync(caller, frame, form, null, StatusCodes.Status200OK, delete, inventories, cancellation);

    static async Task<IResult> PlannedAsync(
        Admin caller, Frame frame, Form form, Refusal? refusal, int status, DeleteSnapshots delete, AccountInventories inventories,
        CancellationToken cancellation)
    {
        var picked = Picked.Read(form);
        var selection = await Selection.OfSnapshotsAsync(
            inventories.Of(caller.Account), picked.Ids, picked.FilterAs(ApiJson.Strict.SnapshotFilter), cancellation);
        var plan = await delete.PlanAsync(caller.Account, selection, cancellation);
        return Show.Page<SnapshotDeletePlanPage>(new { Frame = frame, Picked = picked, Plan = plan, Refusal = refusal }, status);
    }

    static Task<IResult> DeleteManyAsync(
        Admin caller, Frame frame, Form form, Change change, DeleteSnapshots delete, AccountInventories inventories, OperationStore operations,
        HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () =>
            {
                var picked = Picked.Read(form);
                var request = new DeleteSnapshotsRequest(picked.Ids, picked.FilterAs(ApiJson.Strict.SnapshotFilter), form.Text("confirm") ?? "");
                return Show.Then(
                    await SnapshotEndpoints.DeleteManyAsync(
                        caller, new Body<DeleteSnapshotsRequest>(request), change, delete, inventories, operations, cancellation), Show.Operation);
            },
            (refusal, status) => PlannedAsync(caller, frame, form, refusal, status, delete, inventories, cancellation));
}
