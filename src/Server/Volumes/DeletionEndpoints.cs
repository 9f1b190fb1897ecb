using System.Globalization;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Volumes;

/// <summary>Deleting volumes, one or many, after a look at what would go; and bringing them back.</summary>
static class DeletionEndpoints
{
    static readonly QueryParameter[] Wishes =
    [
        new("dry_run", "Only tell what would be deleted, and what is in the way.", QueryForm.Flag),
        new("final_snapshot", "Take a snapshot first; where that does not complete, the volume is not deleted.", QueryForm.Flag),
        new("purge", "Free the space at once: no way back. Of a volume that is deleted already, what is kept of it.", QueryForm.Flag),
    ];

    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapDelete("/volumes/{id}", DeleteAsync).WithName("DeleteVolume").WithQuery([.. Wishes, .. Change.Parameters])
            .Accepts<OperationAccepted, DeletePlan>().WithIfMatch();
        v2.MapPost("/volumes/{id}/undelete", UndeleteAsync).WithName("UndeleteVolume").WithQuery(Change.Parameters)
            .Accepts<OperationAccepted>().WithIfMatch();
        v2.MapPost("/volumes/delete", DeleteManyAsync).WithName("DeleteVolumes").WithQuery(Change.Parameters)
            .Accepts<OperationAccepted, DeletePlan>().Fails(ErrorCode.NotFound);
    }

    /// <summary>Deletes a volume, or tells what that would do.</summary>
    /// <remarks>
    /// For admins. It is off the list at once. In the embedded store it can be brought back for a while, and takes its space so long.
    /// </remarks>
    public static async Task<IResult> DeleteAsync(
        Admin caller, string id, Change change, DeleteVolume delete, PurgeVolume purge, DeletePlans plans, VolumeStore volumes,
        OperationStore operations, HttpContext context, CancellationToken cancellation)
    {
        var wish = new DeleteWish(Query.Flag(context, "final_snapshot") ?? false, Query.Flag(context, "purge") ?? false);
        if (Query.Flag(context, "dry_run") == true)
        {
            // Unknown, malformed and another account's are told alike.
            await volumes.GetAsync(caller.Account, id, cancellation);
            return TypedResults.Json(
                await plans.OfAsync(caller.Account, new Selection([id], true), wish, cancellation), ApiJson.Wire.DeletePlan);
        }
        return await DeleteAsWishedAsync(caller, id, wish, change, delete, purge, volumes, operations, cancellation);
    }

    /// <summary>Deletes a volume as it is wished; of one that is deleted already, what is kept of it.</summary>
    public static Task<IResult> DeleteAsWishedAsync(
        Admin caller, string id, DeleteWish wish, Change change, DeleteVolume delete, PurgeVolume purge, VolumeStore volumes, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var volume = await volumes.ShowAsync(caller.Account, id, cancellation);
            change.Require(VolumeWire.Tagged(volume), ApiJson.Wire.Volume);
            var operation = volume.State == "deleted" && wish.Purge
                ? await purge.EnqueueAsync(transaction, caller.Account, id, cancellation)
                : await delete.EnqueueAsync(transaction, caller.Account, id, wish, cancellation);
            return OperationEndpoints.Accepted(operation, VolumeEndpoints.Told(volume, Told(wish)), operations);
        });

    /// <summary>Brings back a deleted volume.</summary>
    /// <remarks>Until its <c>restorable_until</c>.</remarks>
    public static Task<IResult> UndeleteAsync(
        Operator caller, string id, Change change, UndeleteVolume undelete, VolumeStore volumes, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var before = await volumes.ShowAsync(caller.Account, id, cancellation);
            change.Require(VolumeWire.Tagged(before), ApiJson.Wire.Volume);
            var operation = await undelete.EnqueueAsync(transaction, caller.Account, id, cancellation);
            return OperationEndpoints.Accepted(operation, VolumeEndpoints.Told(before), operations);
        });

    /// <summary>Deletes many volumes, after a plan.</summary>
    /// <remarks>
    /// For admins. Without <c>confirm</c> it answers with the plan and changes nothing; with the plan's <c>confirm</c> it carries it out, if it
    /// would be the same plan again.
    /// </remarks>
    public static async Task<IResult> DeleteManyAsync(
        Admin caller, Body<DeleteVolumesRequest> body, Change change, DeleteVolumes delete, DeletePlans plans, AccountInventories inventories,
        OperationStore operations, CancellationToken cancellation)
    {
        var request = body.Value;
        var selection = await Selection.OfVolumesAsync(inventories.Of(caller.Account), request.VolumeIds, request.Filter, cancellation);
        var wish = new DeleteWish(request.FinalSnapshot, request.Purge);
        if (request.Confirm is not { } confirm)
            return TypedResults.Json(await plans.OfAsync(caller.Account, selection, wish, cancellation), ApiJson.Wire.DeletePlan);
        return await change.RunAsync(async transaction =>
        {
            var (operation, count) = await delete.EnqueueAsync(transaction, caller.Account, selection, wish, confirm, cancellation);
            return OperationEndpoints.Accepted(
                operation,
                new Subject("operation", operation.Id.Value, null, string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "volume" : "volumes")}, {Told(wish)}")), operations);
        });
    }

    static string Told(DeleteWish wish) => (wish.FinalSnapshot ? "after a final snapshot" : "without a final snapshot") + (wish.Purge ? ", purged" : "");
}
