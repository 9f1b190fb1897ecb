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
        v2.MapGet("/volumes", ListAsync).WithName("ListVolumes").WithQuery(VolumeQuery.Parameters).Answers<VolumePage>().WithEtag();
        v2.MapGet("/volumes/totals", TotalsAsync).WithName("TotalVolumes")
            .WithQuery([.. VolumeFilters.Parameters, Grouping.Parameter(VolumeTotals.Words.Keys)])
            .Answers<Totals>().WithEtag();
        v2.MapPost("/volumes", CreateAsync).WithName("CreateVolume").WithQuery(Change.Parameters).Accepts<VolumeAccepted>().Fails(ErrorCode.NotFound);
        v2.MapPost("/volumes/import", ImportAsync).WithName("ImportVolume")
            .WithQuery([.. Change.Parameters, new QueryParameter("name", "With an upload: the volume's name.")])
            .Takes<ImportVolumeRequest>().Accepts<VolumeAccepted>();
        v2.MapGet("/volumes/{id}", ShowAsync).WithName("ShowVolume").Answers<Volume>().WithEtag();
        v2.MapPatch("/volumes/{id}", UpdateAsync).WithName("UpdateVolume").WithQuery(Change.Parameters).Accepts<VolumeUpdated>().WithIfMatch();
        v2.MapPost("/volumes/{id}/grow", GrowAsync).WithName("GrowVolume").WithQuery(Change.Parameters).Accepts<VolumeAccepted>().WithIfMatch()
            .Fails(ErrorCode.Unsupported);
        v2.MapGet("/volumes/{id}/raw", ShowRawAsync).WithName("ShowRawVolume")
            .AnswersAnyJson("The provider's own record, as it came.").Fails(ErrorCode.Conflict, ErrorCode.Unsupported, ErrorCode.Unavailable);
        v2.MapGet("/volumes/{id}/export", ExportAsync).WithName("ExportVolume")
            .Streams("application/octet-stream", "The raw image.").Fails(ErrorCode.Conflict, ErrorCode.Unsupported, ErrorCode.Unavailable);
    }

    /// <summary>Lists volumes.</summary>
    /// <remarks>Which, in what order, a page at a time. The first page also tells how fresh each part of the list is.</remarks>
    public static async Task<IResult> ListAsync(
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

    /// <summary>Counts and adds up volumes, in groups.</summary>
    public static async Task<IResult> TotalsAsync(
        Caller caller, AccountInventories inventories, HttpContext context, CancellationToken cancellation) =>
        await InventoryAnswer.OfAsync(
            context, inventories.Of(caller.Account),
            inventory => VolumeTotals.OfAsync(inventory, VolumeFilters.Read(context), Grouping.Read(context), cancellation),
            ApiJson.Wire.Totals, cancellation);

    /// <summary>Makes a volume, empty or from a snapshot.</summary>
    public static Task<IResult> CreateAsync(
        Operator caller, Body<CreateVolumeRequest> body, Change change, CreateVolume create, VolumeStore volumes, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction => Accepted(
            caller.Account, await create.EnqueueAsync(transaction, caller.Account, body.Value, cancellation), volumes, operations));

    /// <summary>Makes a volume from an image.</summary>
    /// <remarks>
    /// The raw image is the body, with <c>Content-Length</c>; or JSON names a file on the server's machine (the service's operator only). Answered
    /// once every byte is durable.
    /// </remarks>
    public static async Task<IResult> ImportAsync(
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

    /// <summary>Shows a volume, also one that is gone.</summary>
    /// <remarks>What was deleted is shown for 30 days.</remarks>
    public static async Task<IResult> ShowAsync(Caller caller, string id, VolumeStore volumes, HttpContext context, CancellationToken cancellation)
    {
        var volume = await volumes.ShowAsync(caller.Account, id, cancellation);
        return await Etag.AnswerAsync(context, volume, ApiJson.Wire.Volume, tagged: VolumeWire.Tagged(volume));
    }

    /// <summary>Changes a volume's name, mount point, protection or tags.</summary>
    /// <remarks>What is left out stays. 200 where it is done; 202 where the provider has to be told, too. Only admins lift the protection.</remarks>
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
                ? Outcome.Done(
                    new VolumeUpdated(volume, null), ApiJson.Wire.VolumeUpdated, subject, tag: Etag.Of(VolumeWire.Tagged(volume), ApiJson.Wire.Volume))
                : Outcome.Accepted(
                    operation, subject, new VolumeUpdated(volume, OperationStore.Wire(operation)),
                    async (now, later) => new VolumeUpdated(await volumes.ShowAsync(caller.Account, id, later), now), ApiJson.Wire.VolumeUpdated, operations);
        });

    /// <summary>Makes a volume larger.</summary>
    /// <remarks>Also while a client is attached, which sees the new size when it connects again, or sooner where its protocol tells it. What is added reads as zeros.</remarks>
    public static Task<IResult> GrowAsync(
        Operator caller, string id, Body<GrowVolumeRequest> body, Change change, GrowVolume grow, VolumeStore volumes, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var before = await volumes.ShowAsync(caller.Account, id, cancellation);
            change.Require(VolumeWire.Tagged(before), ApiJson.Wire.Volume);
            var operation = await grow.EnqueueAsync(transaction, caller.Account, id, body.Value, cancellation);
            return Outcome.Accepted(
                operation, Told(before, $"{new ByteSize(before.SizeBytes)} to {body.Value.SizeGib} GiB"), new VolumeAccepted(before, OperationStore.Wire(operation)),
                async (now, later) => new VolumeAccepted(await volumes.ShowAsync(caller.Account, id, later), now), ApiJson.Wire.VolumeAccepted, operations);
        });

    /// <summary>Shows what the provider itself says of a volume, now.</summary>
    /// <remarks>The one read, beside exports, that has to ask it.</remarks>
    public static async Task<IResult> ShowRawAsync(
        Caller caller, string id, VolumeStore volumes, RawVolumes raw, CancellationToken cancellation) =>
        TypedResults.Text(await raw.OfAsync(await volumes.GetAsync(caller.Account, id, cancellation), cancellation), "application/json");

    /// <summary>Streams a volume as a raw disk image.</summary>
    /// <remarks>The connection is cut where the volume changes meanwhile.</remarks>
    public static async Task ExportAsync(
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
