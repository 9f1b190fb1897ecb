using Microsoft.AspNetCore.Http.Features;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Volumes;

/// <summary><c>/v2/volumes</c>.</summary>
static class VolumeEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/volumes", ListAsync).WithName("ListVolumes").WithQuery(VolumeQuery.Parameters);
        v2.MapGet("/volumes/totals", TotalsAsync).WithName("TotalVolumes")
            .WithQuery([.. VolumeFilters.Parameters, Grouping.Parameter(VolumeTotals.Words.Keys)]);
        v2.MapPost("/volumes", CreateAsync).WithName("CreateVolume").WithQuery(Change.Parameters);
        v2.MapPost("/volumes/import", ImportAsync).WithName("ImportVolume")
            .WithQuery([.. Change.Parameters, new QueryParameter("name", "With an upload: the volume's name.")]);
        v2.MapGet("/volumes/{id}", ShowAsync).WithName("ShowVolume");
        v2.MapDelete("/volumes/{id}", DeleteAsync).WithName("DeleteVolume").WithQuery(Change.Parameters);
        v2.MapGet("/volumes/{id}/export", ExportAsync).WithName("ExportVolume");
    }

    static async Task<IResult> ListAsync(
        Caller caller, VolumeQuery query, AccountInventories inventories, VolumeStore volumes, Cells cells, CellProgress progress, HttpContext context,
        CancellationToken cancellation) =>
        await InventoryAnswer.OfAsync(
            context, inventories.Of(caller.Account),
            async inventory =>
            {
                var (items, next, count) = await query.AskAsync(inventory, volumes, cancellation);
                // How fresh the list is as a whole need not be told with each of its pages.
                var fresh = query.Page.Token is null ? progress.Of(await cells.StatusAsync(caller.Account, credential: null, cancellation)) : null;
                return new VolumePage(items, next, count, fresh);
            }, ApiJson.Wire.VolumePage, cancellation);

    static async Task<IResult> TotalsAsync(
        Caller caller, AccountInventories inventories, HttpContext context, CancellationToken cancellation) =>
        await InventoryAnswer.OfAsync(
            context, inventories.Of(caller.Account),
            inventory => VolumeTotals.OfAsync(inventory, VolumeFilters.Read(context), Grouping.Read(context), cancellation),
            ApiJson.Wire.Totals, cancellation);

    static Task<IResult> CreateAsync(
        Operator caller, Body<CreateVolumeRequest> body, Change change, CreateVolume create, VolumeStore volumes, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction => Accepted(
            caller.Account, await create.EnqueueAsync(
                transaction, caller.Account, body.Value.Name, body.Value.SizeGib, body.Value.AvailabilityZone, body.Value.SnapshotId, cancellation),
            volumes, operations));

    static async Task<IResult> ImportAsync(
        Operator caller, HttpContext context, Change change, ImportVolume import, VolumeStore volumes, OperationStore operations,
        CancellationToken cancellation)
    {
        if (context.Request.HasJsonContentType())
        {
            var request = (await Body<ImportVolumeRequest>.BindAsync(context)).Value;
            if (!caller.IsServiceOperator)
                throw new VolumeException(ErrorCode.Forbidden, "Only the service's operator may read files of the server's machine. Upload the image instead.");
            return await change.RunAsync(async transaction => Accepted(
                caller.Account, await import.EnqueueAsync(transaction, caller.Account, request.Name, request.Path, cancellation), volumes, operations));
        }
        var length = context.Request.ContentLength;
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        return await change.RunAsync(
            async transaction => Accepted(
                caller.Account, await import.AnnounceAsync(transaction, caller.Account, Query.Text(context, "name"), length, cancellation), volumes,
                operations),
            announced => import.ReceiveAsync(caller.Account, announced, context.Request.Body, length!.Value, cancellation));
    }

    static async Task<IResult> ShowAsync(Caller caller, string id, VolumeStore volumes, HttpContext context, CancellationToken cancellation)
    {
        var volume = await volumes.ShowAsync(caller.Account, id, cancellation);
        return await Etag.AnswerAsync(context, volume, ApiJson.Wire.Volume, tagged: VolumeWire.Tagged(volume));
    }

    static Task<IResult> DeleteAsync(
        Admin caller, string id, Change change, VolumeStore volumes, OperationStore operations, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var volume = await volumes.ShowAsync(caller.Account, id, cancellation);
            change.Require(VolumeWire.Tagged(volume), ApiJson.Wire.Volume);
            return OperationEndpoints.Accepted(
                await volumes.EnqueueDeleteAsync(transaction, caller.Account, id, cancellation), Told(volume), operations);
        });

    static async Task ExportAsync(
        Operator caller, string id, VolumeStore volumes, Exports exports, HttpContext context, CancellationToken cancellation) =>
        await exports.VolumeAsync(await volumes.GetAsync(caller.Account, id, cancellation), context);

    /// <summary>The answer to every way of asking for a volume.</summary>
    public static Outcome Accepted(
        AccountId account, (Volume Volume, Operation Operation) made, VolumeStore volumes, OperationStore operations) => Outcome.Accepted(
        made.Operation, Told(made.Volume, $"{made.Volume.SizeGib} GiB" + (made.Volume.SnapshotId is { } source ? $" from {source}" : "")),
        new VolumeAccepted(made.Volume, OperationStore.Wire(made.Operation)),
        async (now, cancellation) => new VolumeAccepted(await volumes.ShowAsync(account, made.Volume.Id, cancellation), now),
        ApiJson.Wire.VolumeAccepted, operations);

    /// <summary>What the audit log says of a volume.</summary>
    public static Subject Told(Volume volume, string? detail = null) => new("volume", volume.Id, volume.Name, detail ?? volume.ProviderVolumeId);
}
