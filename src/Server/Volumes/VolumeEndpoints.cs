using Microsoft.AspNetCore.Http.Features;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Http;
using Octavo.Server.Inventory;

namespace Octavo.Server.Volumes;

/// <summary><c>/v2/volumes</c>.</summary>
static class VolumeEndpoints
{
    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapGet("/volumes", ListAsync).WithName("ListVolumes");
        v2.MapPost("/volumes", CreateAsync).WithName("CreateVolume");
        v2.MapPost("/volumes/import", ImportAsync).WithName("ImportVolume");
        v2.MapGet("/volumes/{id}", ShowAsync).WithName("ShowVolume");
        v2.MapDelete("/volumes/{id}", DeleteAsync).WithName("DeleteVolume");
        v2.MapGet("/volumes/{id}/export", ExportAsync).WithName("ExportVolume");
    }

    static async Task<VolumePage> ListAsync(
        Admin caller, PageOf page, string? state, VolumeStore volumes, Cells cells, CellProgress progress, CancellationToken cancellation)
    {
        var found = await volumes.ListAsync(caller.Account, state, page, cancellation);
        return new VolumePage(
            found.Items, found.NextPageToken, progress.Of(await cells.StatusAsync(caller.Account, credential: null, cancellation)));
    }

    static async Task<IResult> CreateAsync(
        Admin caller, Body<CreateVolumeRequest> body, CreateVolume create, CancellationToken cancellation)
    {
        var request = body.Value;
        return Answer(await create.EnqueueAsync(
            caller.Account, request.Name, request.SizeGib, request.AvailabilityZone, request.SnapshotId, cancellation));
    }

    static async Task<IResult> ImportAsync(Admin caller, HttpContext context, ImportVolume import, CancellationToken cancellation)
    {
        if (context.Request.HasJsonContentType())
        {
            var request = (await Body<ImportVolumeRequest>.BindAsync(context)).Value;
            if (!caller.IsOperator)
                throw new VolumeException(ErrorCode.Forbidden, "Only the service's operator may read files of the server's machine. Upload the image instead.");
            return Answer(await import.EnqueueAsync(caller.Account, request.Name, request.Path, cancellation));
        }
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        return Answer(await import.ReceiveAsync(
            caller.Account, context.Request.Query["name"], context.Request.Body, context.Request.ContentLength, cancellation));
    }

    static async Task<Volume> ShowAsync(Admin caller, string id, VolumeStore volumes, CancellationToken cancellation) =>
        await volumes.ShowAsync(caller.Account, id, cancellation);

    static async Task<IResult> DeleteAsync(Admin caller, string id, VolumeStore volumes, CancellationToken cancellation) =>
        Accepted.Json(await volumes.EnqueueDeleteAsync(caller.Account, id, cancellation), o => new OperationAccepted(o),
            ApiJson.Wire.OperationAccepted);

    static async Task ExportAsync(
        Admin caller, string id, VolumeStore volumes, Exports exports, HttpContext context, CancellationToken cancellation) =>
        await exports.VolumeAsync(await volumes.GetAsync(caller.Account, id, cancellation), context);

    /// <summary>The answer to every way of asking for a volume.</summary>
    public static IResult Answer((Volume Volume, Operations.Operation Operation) made) =>
        Accepted.Json(made.Operation, o => new VolumeAccepted(made.Volume, o), ApiJson.Wire.VolumeAccepted);
}
