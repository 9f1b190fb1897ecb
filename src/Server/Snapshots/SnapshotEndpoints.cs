using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Octavo.Server.Volumes;

namespace Octavo.Server.Snapshots;

/// <summary><c>/v2/snapshots</c>, and the taking of one under its volume.</summary>
static class SnapshotEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapPost("/volumes/{id}/snapshots", CreateAsync).WithName("CreateSnapshot").WithQuery(Change.Parameters).Accepts<SnapshotAccepted>().WithIfMatch();
        v2.MapGet("/snapshots", ListAsync).WithName("ListSnapshots").WithQuery(SnapshotQuery.Parameters).Answers<SnapshotPage>().WithEtag();
        v2.MapGet("/snapshots/totals", TotalsAsync).WithName("TotalSnapshots")
            .WithQuery([.. SnapshotFilters.Parameters, Grouping.Parameter(SnapshotTotals.Words.Keys)])
            .Answers<Totals>().WithEtag();
        v2.MapPost("/snapshots", CreateManyAsync).WithName("CreateSnapshots").WithQuery(Change.Parameters)
            .Accepts<OperationAccepted, SnapshotPlan>().Fails(ErrorCode.NotFound);
        v2.MapGet("/snapshots/{id}", ShowAsync).WithName("ShowSnapshot").Answers<Snapshot>().WithEtag();
        v2.MapDelete("/snapshots/{id}", DeleteAsync).WithName("DeleteSnapshot").WithQuery(Change.Parameters).Accepts<OperationAccepted>().WithIfMatch();
        v2.MapPost("/snapshots/delete", DeleteManyAsync).WithName("DeleteSnapshots").WithQuery(Change.Parameters)
            .Accepts<OperationAccepted, SnapshotDeletePlan>().Fails(ErrorCode.NotFound);
        v2.MapPost("/snapshots/{id}/restore", RestoreAsync).WithName("RestoreSnapshot").WithQuery(Change.Parameters).Accepts<VolumeAccepted>();
        v2.MapGet("/snapshots/{id}/export", ExportAsync).WithName("ExportSnapshot")
            .Streams("application/octet-stream", "The raw image.").Fails(ErrorCode.Conflict, ErrorCode.Unsupported, ErrorCode.Unavailable);
    }

    /// <summary>Takes a snapshot of a volume.</summary>
    public static Task<IResult> CreateAsync(
        Operator caller, string id, Change change, SnapshotStore snapshots, VolumeStore volumes, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var volume = await volumes.ShowAsync(caller.Account, id, cancellation);
            change.Require(VolumeWire.Tagged(volume), ApiJson.Wire.Volume);
            var (snapshot, operation) = await snapshots.EnqueueCreateAsync(transaction, caller.Account, id, cancellation);
            return Outcome.Accepted(
                operation, VolumeEndpoints.Told(volume, $"snapshot {snapshot.Id}"), new SnapshotAccepted(snapshot, OperationStore.Wire(operation)),
                async (now, later) => new SnapshotAccepted(await snapshots.ShowAsync(caller.Account, snapshot.Id, later), now),
                ApiJson.Wire.SnapshotAccepted, operations);
        });

    /// <summary>Takes a snapshot of each volume of a selection.</summary>
    /// <remarks>One operation with an item for each volume. Volumes of one instance that is selected whole are taken at one instant.</remarks>
    public static async Task<IResult> CreateManyAsync(
        Operator caller, Body<CreateSnapshotsRequest> body, Change change, CreateSnapshots create, AccountInventories inventories,
        OperationStore operations, CancellationToken cancellation)
    {
        var selection = await Selection.OfVolumesAsync(inventories.Of(caller.Account), body.Value.VolumeIds, body.Value.Filter, cancellation);
        if (body.Value.DryRun)
            return TypedResults.Json(await create.PlanAsync(caller.Account, selection, cancellation), ApiJson.Wire.SnapshotPlan);
        return await change.RunAsync(async transaction =>
        {
            var (operation, count) = await create.EnqueueAsync(transaction, caller.Account, selection, cancellation);
            return Many(operation, $"{count} {(count == 1 ? "volume" : "volumes")}", operations);
        });
    }

    /// <summary>Deletes many snapshots, after a plan.</summary>
    /// <remarks>
    /// For admins. Without <c>confirm</c> it answers with the plan and changes nothing; with the plan's <c>confirm</c> it carries it out, if it
    /// would be the same plan again.
    /// </remarks>
    public static async Task<IResult> DeleteManyAsync(
        Admin caller, Body<DeleteSnapshotsRequest> body, Change change, DeleteSnapshots delete, AccountInventories inventories,
        OperationStore operations, CancellationToken cancellation)
    {
        var selection = await Selection.OfSnapshotsAsync(inventories.Of(caller.Account), body.Value.SnapshotIds, body.Value.Filter, cancellation);
        if (body.Value.Confirm is not { } confirm)
            return TypedResults.Json(await delete.PlanAsync(caller.Account, selection, cancellation), ApiJson.Wire.SnapshotDeletePlan);
        return await change.RunAsync(async transaction =>
        {
            var (operation, count) = await delete.EnqueueAsync(transaction, caller.Account, selection, confirm, cancellation);
            return Many(operation, $"{count} {(count == 1 ? "snapshot" : "snapshots")}", operations);
        });
    }

    /// <summary>Lists snapshots.</summary>
    /// <remarks>Which, in what order, a page at a time.</remarks>
    public static async Task<IResult> ListAsync(
        Caller caller, SnapshotQuery query, AccountInventories inventories, SnapshotStore snapshots, HttpContext context, CancellationToken cancellation) =>
        await InventoryAnswer.OfAsync(
            context, inventories.Of(caller.Account), inventory => query.AskAsync(inventory, snapshots, cancellation), ApiJson.Wire.SnapshotPage, cancellation);

    /// <summary>Counts and adds up snapshots, in groups.</summary>
    public static async Task<IResult> TotalsAsync(
        Caller caller, AccountInventories inventories, HttpContext context, CancellationToken cancellation) =>
        await InventoryAnswer.OfAsync(
            context, inventories.Of(caller.Account),
            inventory => SnapshotTotals.OfAsync(inventory, SnapshotFilters.Read(context), Grouping.Read(context), cancellation),
            ApiJson.Wire.Totals, cancellation);

    /// <summary>Shows a snapshot.</summary>
    /// <remarks>By Octavo's id or the provider's.</remarks>
    public static async Task<IResult> ShowAsync(
        Caller caller, string id, SnapshotStore snapshots, HttpContext context, CancellationToken cancellation) =>
        await Etag.AnswerAsync(context, await snapshots.ShowAsync(caller.Account, id, cancellation), ApiJson.Wire.Snapshot);

    /// <summary>Deletes a snapshot.</summary>
    /// <remarks>For admins. It is off the list at once.</remarks>
    public static Task<IResult> DeleteAsync(
        Admin caller, string id, Change change, SnapshotStore snapshots, OperationStore operations, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            change.Require(await snapshots.ShowAsync(caller.Account, id, cancellation), ApiJson.Wire.Snapshot);
            var snapshot = await snapshots.GetAsync(caller.Account, id, cancellation);
            return OperationEndpoints.Accepted(
                await snapshots.EnqueueDeleteAsync(transaction, caller.Account, snapshot, cancellation),
                new Subject("snapshot", snapshot.Id, snapshot.ProviderSnapshotId), operations);
        });

    /// <summary>Makes a volume from a snapshot.</summary>
    public static Task<IResult> RestoreAsync(
        Operator caller, string id, Body<RestoreSnapshotRequest> body, Change change, CreateVolume create, VolumeStore volumes,
        OperationStore operations, CancellationToken cancellation) =>
        change.RunAsync(async transaction => VolumeEndpoints.Accepted(
            caller.Account, await create.EnqueueAsync(
                transaction, caller.Account,
                new CreateVolumeRequest(body.Value.Name, body.Value.SizeGib, body.Value.AvailabilityZone, id), cancellation), volumes, operations));

    /// <summary>Streams a snapshot as a raw disk image.</summary>
    public static async Task ExportAsync(
        Operator caller, string id, SnapshotStore snapshots, Exports exports, HttpContext context, CancellationToken cancellation) =>
        await exports.SnapshotAsync(await snapshots.GetAsync(caller.Account, id, cancellation), context);

    static Outcome Many(Operations.Operation operation, FormattableString what, OperationStore operations) => OperationEndpoints.Accepted(
        operation, new Subject("operation", operation.Id.Value, null, FormattableString.Invariant(what)), operations);
}
