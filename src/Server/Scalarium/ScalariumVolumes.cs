using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Http;
using Octavo.Server.Operations;
using Octavo.Server.Snapshots;
using Octavo.Server.Volumes;

namespace Octavo.Server.Scalarium;

/// <summary>The page's calls on volumes and their snapshots.</summary>
sealed class ScalariumVolumes(
    AccountListing listing, VolumeStore volumes, DeleteVolume delete, SnapshotStore snapshots, OperationStore operations, AuditLog audit)
{
    /// <summary>A client of 2011 has no way to poll an operation: it waits, but not longer than this.</summary>
    static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    static readonly ReadOnlyMemory<byte> EmptyObject = "{}"u8.ToArray();

    public async Task ListAsync(Caller caller, HttpContext context)
    {
        var list = await listing.OfAsync(caller.Account, context.RequestAborted);
        var response = context.Response;
        response.Headers.ETag = list.ETag;
        if (Etag.IsKnown(context.Request, list.ETag))
        {
            response.Headers.Vary = "Accept";
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        await ScalariumDialect.WriteAsync(response, list.Bytes);
    }

    public async Task ShowAsync(Caller caller, string id, HttpContext context)
    {
        var list = await listing.OfAsync(caller.Account, context.RequestAborted);
        if (!list.TryGetVolume(id, out var json))
            throw new VolumeException(ErrorCode.NotFound, "There is no such volume in this account.");
        await ScalariumDialect.WriteAsync(context.Response, json);
    }

    public async Task DeleteAsync(Caller caller, string id, HttpContext context)
    {
        var volume = await volumes.GetAsync(caller.Account, id, context.RequestAborted);
        var operation = await audit.RunAsync(
            context, transaction => delete.EnqueueAsync(transaction, caller.Account, id, new DeleteWish(false, false), context.RequestAborted),
            enqueued => (Told(volume), enqueued.Id));
        // Past the bound the deletion goes on by itself; the volume is off the list already.
        var ended = await WaitAsync(operation.Id, _ => false, context);
        ThrowIfFailed(ended);
        await ScalariumDialect.WriteAsync(context.Response, EmptyObject);
    }

    public async Task ListSnapshotsAsync(Caller caller, string id, HttpContext context)
    {
        var volume = await volumes.GetAsync(caller.Account, id, context.RequestAborted);
        var found = await snapshots.OfVolumeAsync(volume, context.RequestAborted);
        await ScalariumDialect.WriteAsync(
            context.Response, ScalariumJson.Bytes(json => ScalariumJson.List(json, found, ScalariumJson.Snapshot)));
    }

    public async Task ShowSnapshotAsync(Caller caller, string id, string snapshotId, HttpContext context)
    {
        var volume = await volumes.GetAsync(caller.Account, id, context.RequestAborted);
        var found = (await snapshots.OfVolumeAsync(volume, context.RequestAborted))
            .FirstOrDefault(s => s.ProviderSnapshotId == snapshotId)
            ?? throw new VolumeException(ErrorCode.NotFound, "This volume has no such snapshot.");
        await ScalariumDialect.WriteAsync(context.Response, ScalariumJson.Bytes(json => ScalariumJson.Snapshot(json, found)));
    }

    /// <summary>Takes a snapshot; the reply carries the provider's id, so it waits for that. The body, if any, is ignored.</summary>
    public async Task CreateSnapshotAsync(Caller caller, string id, HttpContext context)
    {
        var volume = await volumes.GetAsync(caller.Account, id, context.RequestAborted);
        var (snapshot, operation) = await audit.RunAsync(
            context, transaction => snapshots.EnqueueCreateAsync(transaction, caller.Account, id, context.RequestAborted),
            enqueued => (Told(volume), enqueued.Operation.Id));
        var reached = await WaitAsync(operation.Id, o => o.Step == Operation.CopyingStep, context)
            ?? throw new VolumeException(ErrorCode.Unavailable,
                "The snapshot was accepted, but its id is not known yet. It will appear among the volume's snapshots; do not ask for another one.");
        ThrowIfFailed(reached);
        var taken = await snapshots.GetAsync(caller.Account, snapshot.Id, context.RequestAborted);
        context.Response.Headers.Location = $"{ScalariumRoutes.Base}/volumes/{id}/snapshots/{taken.ProviderSnapshotId}";
        await ScalariumDialect.WriteAsync(context.Response, ScalariumJson.Bytes(json => ScalariumJson.Snapshot(json, taken)));
    }

    Task<Operation?> WaitAsync(OperationId operation, Func<Operation, bool> until, HttpContext context) =>
        operations.WaitAsync(operation, until, MaxWait, context.RequestAborted);

    static Subject Told(VolumeRow volume) => new("volume", volume.Id, volume.Name, volume.ProviderVolumeId);

    static void ThrowIfFailed(Operation? operation)
    {
        if (operation is { State: OperationState.Failed or OperationState.Cancelled, ErrorMessage: { } message })
            throw new VolumeException(
                operation.ErrorCode == "internal" ? ErrorCode.Internal
                : operation.ErrorCode == "unavailable" ? ErrorCode.Unavailable
                : ErrorCode.Conflict, message);
    }
}
