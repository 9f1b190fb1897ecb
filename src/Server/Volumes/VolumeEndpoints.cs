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
        v2.MapPatch("/volumes/{id}", UpdateAsync).WithName("UpdateVolume").WithQuery(Change.Parameters);
        v2.MapGet("/volumes/{id}/raw", ShowRawAsync).WithName("ShowRawVolume");
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

    public static Task<IResult> CreateAsync(
        Operator caller, Body<CreateVolumeRequest> body, Change change, CreateVolume create, VolumeStore volumes, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction => Accepted(
            caller.Account, await create.EnqueueAsync(transaction, caller.Account, body.Value, cancellation), volumes, operations));

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

    public static Task<IResult> UpdateAsync(
        Operator caller, string id, Body<UpdateVolumeRequest> body, Change change, UpdateVolume update, VolumeStore volumes,
        OperationStore operations, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var before = await volumes.ShowAsync(caller.Account, id, cancellation);
            change.Require(VolumeWire.Tagged(before), ApiJson.Wire.Volume);
            // Who may not delete may not clear the way for it either.
            if (before.IsProtected && body.Value.Protected == false) caller.Require(Role.Admin);
            var (volume, operation) = await update.EnqueueAsync(transaction, caller.Account, id, body.Value, cancellation);
            var subject = Told(volume, Changes(before, volume, body.Value));
            return operation is null
                ? Outcome.Done(new VolumeUpdated(volume, null), ApiJson.Wire.VolumeUpdated, subject)
                : Outcome.Accepted(
                    operation, subject, new VolumeUpdated(volume, OperationStore.Wire(operation)),
                    async (now, later) => new VolumeUpdated(await volumes.ShowAsync(caller.Account, id, later), now), ApiJson.Wire.VolumeUpdated, operations);
        });

    /// <summary>What the provider itself says, now: the one read, beside exports, that has to ask it.</summary>
    static async Task<IResult> ShowRawAsync(
        Caller caller, string id, VolumeStore volumes, RawVolumes raw, CancellationToken cancellation) =>
        TypedResults.Text(await raw.OfAsync(await volumes.GetAsync(caller.Account, id, cancellation), cancellation), "application/json");

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

    static string Changes(Volume before, Volume after, UpdateVolumeRequest asked) => string.Join(", ", new[]
    {
        asked.Name is { } name ? $"name \"{before.Name}\" to \"{name}\"" : null,
        asked.MountPoint is not null ? $"mount point {before.MountPoint ?? "none"} to {after.MountPoint ?? "none"}" : null,
        asked.Protected is { } isProtected ? isProtected ? "protected" : "protection lifted" : null,
        asked.Tags is { Count: > 0 } tags ? $"tags {string.Join(", ", tags.Keys)}" : null,
    }.OfType<string>());

    /// <summary>What the audit log says of a volume.</summary>
    public static Subject Told(Volume volume, string? detail = null) => new("volume", volume.Id, volume.Name, detail ?? volume.ProviderVolumeId);
}
