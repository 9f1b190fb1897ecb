namespace Octavo.Api;

/// <content>Snapshots.</content>
public sealed partial class OctavoClient
{
    /// <summary>Every snapshot of the account, or of one volume, newest first.</summary>
    public IAsyncEnumerable<Snapshot> ListSnapshotsAsync(string? volumeId, CancellationToken cancellation) =>
        ListSnapshotsAsync(new SnapshotFilter(VolumeId: volumeId), null, cancellation);

    /// <summary>Every snapshot that passes a filter, page after page as they are taken.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="sort">By what, with a hyphen before it for the largest first; null for the newest first.</param>
    /// <param name="cancellation">Ends it.</param>
    public IAsyncEnumerable<Snapshot> ListSnapshotsAsync(SnapshotFilter filter, string? sort, CancellationToken cancellation) => ListAsync(
        "/v2/snapshots", Words(filter, ApiJson.Wire.SnapshotFilter) + Word("sort", sort), ApiJson.Wire.SnapshotPage,
        page => (page.Items, page.NextPageToken), cancellation);

    /// <summary>How many snapshots pass a filter.</summary>
    public async Task<long> CountSnapshotsAsync(SnapshotFilter filter, CancellationToken cancellation) => (await GetAsync(
        "/v2/snapshots?limit=1&count=true" + Words(filter, ApiJson.Wire.SnapshotFilter), ApiJson.Wire.SnapshotPage, cancellation)).Count ?? 0;

    /// <summary>What the snapshots that pass a filter come to.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="groupBy">By what, up to three with commas between; null for one group of all.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task<Totals> TotalSnapshotsAsync(SnapshotFilter filter, string? groupBy, CancellationToken cancellation) => GetAsync(
        First("/v2/snapshots/totals", Words(filter, ApiJson.Wire.SnapshotFilter) + Word("group_by", groupBy)), ApiJson.Wire.Totals, cancellation);

    /// <summary>One snapshot.</summary>
    public Task<Snapshot> GetSnapshotAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/snapshots/{Escape(id)}", ApiJson.Wire.Snapshot, cancellation);

    /// <summary>Asks for a snapshot of a volume.</summary>
    public Task<SnapshotAccepted> CreateSnapshotAsync(string volumeId, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/volumes/{Escape(volumeId)}/snapshots", NoBody, ApiJson.Wire.SnapshotAccepted, cancellation);

    /// <summary>Asks for a snapshot of each volume of a selection.</summary>
    public Task<OperationAccepted> CreateSnapshotsAsync(CreateSnapshotsRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/snapshots", Json(request, ApiJson.Wire.CreateSnapshotsRequest), ApiJson.Wire.OperationAccepted,
            cancellation);

    /// <summary>Tells what taking a snapshot of each volume of a selection would do.</summary>
    public Task<SnapshotPlan> PlanSnapshotsAsync(CreateSnapshotsRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/snapshots", Json(request with { DryRun = true }, ApiJson.Wire.CreateSnapshotsRequest), ApiJson.Wire.SnapshotPlan,
            cancellation);

    /// <summary>Asks for a volume made from a snapshot.</summary>
    public Task<VolumeAccepted> RestoreSnapshotAsync(string id, RestoreSnapshotRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/snapshots/{Escape(id)}/restore", Json(request, ApiJson.Wire.RestoreSnapshotRequest),
            ApiJson.Wire.VolumeAccepted, cancellation);

    /// <summary>Asks for the deletion of a snapshot.</summary>
    public Task<OperationAccepted> DeleteSnapshotAsync(string id, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, $"/v2/snapshots/{Escape(id)}", NoBody, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Tells what the deletion of a selection of snapshots would do.</summary>
    public Task<SnapshotDeletePlan> PlanDeletionAsync(DeleteSnapshotsRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/snapshots/delete", Json(request with { Confirm = null }, ApiJson.Wire.DeleteSnapshotsRequest),
            ApiJson.Wire.SnapshotDeletePlan, cancellation);

    /// <summary>Asks for the deletion that a plan showed; the request has the plan's word.</summary>
    public Task<OperationAccepted> DeleteSnapshotsAsync(DeleteSnapshotsRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/snapshots/delete", Json(request, ApiJson.Wire.DeleteSnapshotsRequest), ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>The image of a snapshot: its bytes and their number.</summary>
    public Task<(Stream Image, long Length)> ExportSnapshotAsync(string id, CancellationToken cancellation) =>
        DownloadAsync($"/v2/snapshots/{Escape(id)}/export", cancellation);
}
