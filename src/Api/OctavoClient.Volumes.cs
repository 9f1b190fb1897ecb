using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Octavo.Api;

/// <content>Volumes.</content>
public sealed partial class OctavoClient
{
    /// <summary>Every volume of the account.</summary>
    public IAsyncEnumerable<Volume> ListVolumesAsync(CancellationToken cancellation) => ListVolumesAsync(new VolumeFilter(), null, cancellation);

    /// <summary>Every volume that passes a filter, page after page as they are taken.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="sort">By what, with a hyphen before it for the largest first; null for the oldest first.</param>
    /// <param name="cancellation">Ends it.</param>
    public IAsyncEnumerable<Volume> ListVolumesAsync(VolumeFilter filter, string? sort, CancellationToken cancellation) => ListAsync(
        "/v2/volumes", Words(filter, ApiJson.Wire.VolumeFilter) + Word("sort", sort), ApiJson.Wire.VolumePage, page => (page.Items, page.NextPageToken),
        cancellation);

    /// <summary>How many volumes pass a filter.</summary>
    public async Task<long> CountVolumesAsync(VolumeFilter filter, CancellationToken cancellation) =>
        (await GetAsync("/v2/volumes?limit=1&count=true" + Words(filter, ApiJson.Wire.VolumeFilter), ApiJson.Wire.VolumePage, cancellation)).Count ?? 0;

    /// <summary>What the volumes that pass a filter come to.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="groupBy">By what, up to three with commas between; null for one group of all.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task<Totals> TotalVolumesAsync(VolumeFilter filter, string? groupBy, CancellationToken cancellation) => GetAsync(
        First("/v2/volumes/totals", Words(filter, ApiJson.Wire.VolumeFilter) + Word("group_by", groupBy)), ApiJson.Wire.Totals, cancellation);

    /// <summary>One volume.</summary>
    public Task<Volume> GetVolumeAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/volumes/{Escape(id)}", ApiJson.Wire.Volume, cancellation);

    /// <summary>What the provider itself says of a volume, now.</summary>
    public async Task<JsonNode> GetRawVolumeAsync(string id, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            HttpMethod.Get, $"/v2/volumes/{Escape(id)}/raw", NoBody, HttpCompletionOption.ResponseContentRead, mayRepeat: true, cancellation);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation))
            ?? throw new OctavoException((int)response.StatusCode, "unknown", "The provider said nothing of it.", null);
    }

    /// <summary>Asks for a volume, empty or from a snapshot.</summary>
    public Task<VolumeAccepted> CreateVolumeAsync(CreateVolumeRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/volumes", Json(request, ApiJson.Wire.CreateVolumeRequest), ApiJson.Wire.VolumeAccepted, cancellation);

    /// <summary>Sends a raw disk image, exactly so many bytes; returns when all of them are durable. Is never repeated: a stream can be read once.</summary>
    public async Task<VolumeAccepted> ImportVolumeAsync(string name, Stream image, long length, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            HttpMethod.Post, $"/v2/volumes/import?name={Uri.EscapeDataString(name)}", () =>
            {
                var content = new StreamContent(image, 1 << 20);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                content.Headers.ContentLength = length;
                return content;
            }, HttpCompletionOption.ResponseContentRead, mayRepeat: false, cancellation);
        return await ReadAsync(response, ApiJson.Wire.VolumeAccepted, cancellation);
    }

    /// <summary>Asks for the import of an image on the server's own machine.</summary>
    public Task<VolumeAccepted> ImportVolumeAsync(ImportVolumeRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/volumes/import", Json(request, ApiJson.Wire.ImportVolumeRequest), ApiJson.Wire.VolumeAccepted, cancellation);

    /// <summary>Changes what people give a volume.</summary>
    public Task<VolumeUpdated> UpdateVolumeAsync(string id, UpdateVolumeRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Patch, $"/v2/volumes/{Escape(id)}", Json(request, ApiJson.Wire.UpdateVolumeRequest), ApiJson.Wire.VolumeUpdated, cancellation);

    /// <summary>Tells what the deletion of a volume would do.</summary>
    public Task<DeletePlan> PlanDeletionAsync(string id, bool finalSnapshot, bool purge, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, DeletionOf(id, finalSnapshot, purge) + "&dry_run=true", NoBody, ApiJson.Wire.DeletePlan, cancellation);

    /// <summary>Asks for the deletion of a volume.</summary>
    /// <param name="finalSnapshot">Take a snapshot first.</param>
    /// <param name="purge">Free the space at once; also of one that was deleted before and is still kept.</param>
    public Task<OperationAccepted> DeleteVolumeAsync(string id, bool finalSnapshot, bool purge, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, DeletionOf(id, finalSnapshot, purge), NoBody, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Tells what the deletion of a selection of volumes would do.</summary>
    public Task<DeletePlan> PlanDeletionAsync(DeleteVolumesRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/volumes/delete", Json(request with { Confirm = null }, ApiJson.Wire.DeleteVolumesRequest), ApiJson.Wire.DeletePlan,
            cancellation);

    /// <summary>Asks for the deletion that a plan showed; the request has the plan's word.</summary>
    public Task<OperationAccepted> DeleteVolumesAsync(DeleteVolumesRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/volumes/delete", Json(request, ApiJson.Wire.DeleteVolumesRequest), ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Asks for a deleted volume back.</summary>
    public Task<OperationAccepted> UndeleteVolumeAsync(string id, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/volumes/{Escape(id)}/undelete", NoBody, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>The image of a volume: its bytes and their number.</summary>
    public Task<(Stream Image, long Length)> ExportVolumeAsync(string id, CancellationToken cancellation) =>
        DownloadAsync($"/v2/volumes/{Escape(id)}/export", cancellation);
}
