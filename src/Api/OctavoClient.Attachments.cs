namespace Octavo.Api;

/// <content>Attached clients.</content>
public sealed partial class OctavoClient
{
    /// <summary>Every attached client of the account, or of one volume, the newest first.</summary>
    public IAsyncEnumerable<AttachedClient> ListAttachmentsAsync(string? volumeId, CancellationToken cancellation) =>
        ListAsync("/v2/attachments", Word("volume_id", volumeId), ApiJson.Wire.PageAttachedClient, cancellation);

    /// <summary>One attached client, also one that was detached.</summary>
    public Task<AttachedClient> GetAttachmentAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/attachments/{Escape(id)}", ApiJson.Wire.AttachedClient, cancellation);

    /// <summary>Asks for a client of a volume. The answer has the token, this once.</summary>
    public Task<AttachAccepted> AttachVolumeAsync(string id, AttachVolumeRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/volumes/{Escape(id)}/attachments", Json(request, ApiJson.Wire.AttachVolumeRequest), ApiJson.Wire.AttachAccepted, cancellation);

    /// <summary>Asks for a client that reads a snapshot. The answer has the token, this once.</summary>
    public Task<AttachAccepted> AttachSnapshotAsync(string id, AttachSnapshotRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/snapshots/{Escape(id)}/attachments", Json(request, ApiJson.Wire.AttachSnapshotRequest), ApiJson.Wire.AttachAccepted, cancellation);

    /// <summary>Asks for the end of an attachment.</summary>
    /// <param name="force">Cut the client off where it does not end by itself within seconds.</param>
    public Task<DetachAccepted> DetachAsync(string id, bool force, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, $"/v2/attachments/{Escape(id)}{(force ? "?force=true" : "")}", NoBody, ApiJson.Wire.DetachAccepted, cancellation);

    /// <summary>Asks for more room on a volume.</summary>
    public Task<VolumeAccepted> GrowVolumeAsync(string id, GrowVolumeRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/volumes/{Escape(id)}/grow", Json(request, ApiJson.Wire.GrowVolumeRequest), ApiJson.Wire.VolumeAccepted, cancellation);
}
