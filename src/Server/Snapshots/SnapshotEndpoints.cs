using System.Globalization;
using Octavo.Api;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Http;
using Octavo.Server.Operations;
using Octavo.Server.Volumes;

namespace Octavo.Server.Snapshots;

/// <summary><c>/v2/snapshots</c>, the taking of one under its volume, and of many with what came of each.</summary>
static class SnapshotEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapPost("/volumes/{id}/snapshots", CreateAsync).WithName("CreateSnapshot").WithQuery(Change.Parameters);
        v2.MapGet("/snapshots", ListAsync).WithName("ListSnapshots").WithQuery([.. PageOf.Parameters, new QueryParameter("volume_id", "")]);
        v2.MapPost("/snapshots", CreateManyAsync).WithName("CreateSnapshots").WithQuery(Change.Parameters);
        v2.MapGet("/operations/{id}/items", ListItemsAsync).WithName("ListOperationItems").WithQuery(PageOf.Parameters);
        v2.MapPost("/operations/{id}/retry", RetryAsync).WithName("RetryOperation").WithQuery(Change.Parameters);
        v2.MapGet("/snapshots/{id}", ShowAsync).WithName("ShowSnapshot");
        v2.MapDelete("/snapshots/{id}", DeleteAsync).WithName("DeleteSnapshot").WithQuery(Change.Parameters);
        v2.MapPost("/snapshots/{id}/restore", RestoreAsync).WithName("RestoreSnapshot").WithQuery(Change.Parameters);
        v2.MapGet("/snapshots/{id}/export", ExportAsync).WithName("ExportSnapshot");
    }

    static Task<IResult> CreateAsync(
        Operator caller, string id, Change change, SnapshotStore snapshots, VolumeStore volumes, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var volume = await volumes.ShowAsync(caller.Account, id, cancellation) with { Stale = null };
            change.Require(volume, ApiJson.Wire.Volume);
            var (snapshot, operation) = await snapshots.EnqueueCreateAsync(transaction, caller.Account, id, cancellation);
            return Outcome.Accepted(
                operation, VolumeEndpoints.Told(volume, $"snapshot {snapshot.Id}"), new SnapshotAccepted(snapshot.Wire(), OperationStore.Wire(operation)),
                async (now, later) => new SnapshotAccepted((await snapshots.GetAsync(caller.Account, snapshot.Id, later)).Wire(), now),
                ApiJson.Wire.SnapshotAccepted, operations);
        });

    static Task<IResult> CreateManyAsync(
        Operator caller, Body<CreateSnapshotsRequest> body, Change change, CreateSnapshots create, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction => Many(
            await create.EnqueueAsync(transaction, caller.Account, body.Value, cancellation), operations));

    static async Task<Page<OperationItem>> ListItemsAsync(
        Caller caller, string id, PageOf page, CreateSnapshots create, CancellationToken cancellation) =>
        await create.ItemsAsync(caller.Account, id, page, cancellation);

    static Task<IResult> RetryAsync(
        Operator caller, string id, Change change, CreateSnapshots create, OperationStore operations, CancellationToken cancellation) =>
        change.RunAsync(async transaction => Many(await create.RetryAsync(transaction, caller.Account, id, cancellation), operations));

    static async Task<Page<Snapshot>> ListAsync(
        Caller caller, PageOf page, string? volume_id, SnapshotStore snapshots, CancellationToken cancellation) =>
        await snapshots.ListAsync(caller.Account, volume_id, page, cancellation);

    static async Task<IResult> ShowAsync(
        Caller caller, string id, SnapshotStore snapshots, HttpContext context, CancellationToken cancellation) =>
        Etag.Answer(context, (await snapshots.GetAsync(caller.Account, id, cancellation)).Wire(), ApiJson.Wire.Snapshot);

    static Task<IResult> DeleteAsync(
        Admin caller, string id, Change change, SnapshotStore snapshots, OperationStore operations, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var snapshot = await snapshots.GetAsync(caller.Account, id, cancellation);
            change.Require(snapshot.Wire(), ApiJson.Wire.Snapshot);
            return OperationEndpoints.Accepted(
                await snapshots.EnqueueDeleteAsync(transaction, caller.Account, snapshot, cancellation),
                new Subject("snapshot", snapshot.Id, snapshot.ProviderSnapshotId), operations);
        });

    static Task<IResult> RestoreAsync(
        Operator caller, string id, Body<RestoreSnapshotRequest> body, Change change, CreateVolume create, VolumeStore volumes,
        OperationStore operations, CancellationToken cancellation) =>
        change.RunAsync(async transaction => VolumeEndpoints.Accepted(
            caller.Account, await create.EnqueueAsync(
                transaction, caller.Account, body.Value.Name, body.Value.SizeGib, body.Value.AvailabilityZone, id, cancellation), volumes, operations));

    static async Task ExportAsync(
        Operator caller, string id, SnapshotStore snapshots, Exports exports, HttpContext context, CancellationToken cancellation) =>
        await exports.SnapshotAsync(await snapshots.GetAsync(caller.Account, id, cancellation), context);

    static Outcome Many((Operations.Operation Operation, int Volumes) enqueued, OperationStore operations) => OperationEndpoints.Accepted(
        enqueued.Operation,
        new Subject("operation", enqueued.Operation.Id.Value, null, string.Create(CultureInfo.InvariantCulture, $"{enqueued.Volumes} volumes")), operations);
}
