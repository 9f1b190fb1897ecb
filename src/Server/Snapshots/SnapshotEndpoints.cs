using Octavo.Api;
using Octavo.Server.Accounts;
using Octavo.Server.Http;
using Octavo.Server.Volumes;

namespace Octavo.Server.Snapshots;

/// <summary><c>/v2/snapshots</c>, the taking of one under its volume, and of many with what came of each.</summary>
static class SnapshotEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapPost("/volumes/{id}/snapshots", CreateAsync).WithName("CreateSnapshot");
        v2.MapGet("/snapshots", ListAsync).WithName("ListSnapshots");
        v2.MapPost("/snapshots", CreateManyAsync).WithName("CreateSnapshots");
        v2.MapGet("/operations/{id}/items", ListItemsAsync).WithName("ListOperationItems");
        v2.MapPost("/operations/{id}/retry", RetryAsync).WithName("RetryOperation");
        v2.MapGet("/snapshots/{id}", ShowAsync).WithName("ShowSnapshot");
        v2.MapDelete("/snapshots/{id}", DeleteAsync).WithName("DeleteSnapshot");
        v2.MapPost("/snapshots/{id}/restore", RestoreAsync).WithName("RestoreSnapshot");
        v2.MapGet("/snapshots/{id}/export", ExportAsync).WithName("ExportSnapshot");
    }

    static async Task<IResult> CreateAsync(Admin caller, string id, SnapshotStore snapshots, CancellationToken cancellation)
    {
        var (snapshot, operation) = await snapshots.EnqueueCreateAsync(caller.Account, id, cancellation);
        return Accepted.Json(operation, o => new SnapshotAccepted(snapshot.Wire(), o), ApiJson.Wire.SnapshotAccepted);
    }

    static async Task<IResult> CreateManyAsync(
        Admin caller, Body<CreateSnapshotsRequest> body, CreateSnapshots create, CancellationToken cancellation) =>
        Accepted.Json(await create.EnqueueAsync(caller.Account, body.Value, cancellation), o => new OperationAccepted(o),
            ApiJson.Wire.OperationAccepted);

    static async Task<Page<OperationItem>> ListItemsAsync(
        Admin caller, string id, PageOf page, CreateSnapshots create, CancellationToken cancellation) =>
        await create.ItemsAsync(caller.Account, id, page, cancellation);

    static async Task<IResult> RetryAsync(Admin caller, string id, CreateSnapshots create, CancellationToken cancellation) =>
        Accepted.Json(await create.RetryAsync(caller.Account, id, cancellation), o => new OperationAccepted(o),
            ApiJson.Wire.OperationAccepted);

    static async Task<Page<Snapshot>> ListAsync(
        Admin caller, PageOf page, string? volume_id, SnapshotStore snapshots, CancellationToken cancellation) =>
        await snapshots.ListAsync(caller.Account, volume_id, page, cancellation);

    static async Task<Snapshot> ShowAsync(Admin caller, string id, SnapshotStore snapshots, CancellationToken cancellation) =>
        (await snapshots.GetAsync(caller.Account, id, cancellation)).Wire();

    static async Task<IResult> DeleteAsync(Admin caller, string id, SnapshotStore snapshots, CancellationToken cancellation) =>
        Accepted.Json(await snapshots.EnqueueDeleteAsync(caller.Account, id, cancellation), o => new OperationAccepted(o),
            ApiJson.Wire.OperationAccepted);

    static async Task<IResult> RestoreAsync(
        Admin caller, string id, Body<RestoreSnapshotRequest> body, CreateVolume create, CancellationToken cancellation) =>
        VolumeEndpoints.Answer(await create.EnqueueAsync(
            caller.Account, body.Value.Name, body.Value.SizeGib, body.Value.AvailabilityZone, id, cancellation));

    static async Task ExportAsync(
        Admin caller, string id, SnapshotStore snapshots, Exports exports, HttpContext context, CancellationToken cancellation) =>
        await exports.SnapshotAsync(await snapshots.GetAsync(caller.Account, id, cancellation), context);
}
