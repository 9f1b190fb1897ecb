namespace Octavo.Api;

/// <content>Operations.</content>
public sealed partial class OctavoClient
{
    /// <summary>Every operation that is still kept, newest first.</summary>
    public IAsyncEnumerable<Operation> ListOperationsAsync(CancellationToken cancellation) =>
        ListOperationsAsync(null, null, null, null, cancellation);

    /// <summary>Those of a state, of a kind, on a volume or on a snapshot, newest first; null for any.</summary>
    public IAsyncEnumerable<Operation> ListOperationsAsync(
        string? state, string? kind, string? volumeId, string? snapshotId, CancellationToken cancellation) => ListAsync(
        "/v2/operations", Word("state", state) + Word("kind", kind) + Word("volume_id", volumeId) + Word("snapshot_id", snapshotId),
        ApiJson.Wire.PageOperation, cancellation);

    /// <summary>One operation.</summary>
    public Task<Operation> GetOperationAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/operations/{Escape(id)}", ApiJson.Wire.Operation, cancellation);

    /// <summary>What came of each volume of an operation on many.</summary>
    public IAsyncEnumerable<OperationItem> ListItemsAsync(string operation, CancellationToken cancellation) =>
        ListAsync($"/v2/operations/{Escape(operation)}/items", "", ApiJson.Wire.PageOperationItem, cancellation);

    /// <summary>Asks for an operation to stop; what it began is undone.</summary>
    public Task<OperationAccepted> CancelAsync(string operation, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/operations/{Escape(operation)}/cancel", NoBody, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Asks once more for what failed in an operation on many.</summary>
    public Task<OperationAccepted> RetryAsync(string operation, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/operations/{Escape(operation)}/retry", NoBody, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Asks for a check of the account's pools.</summary>
    public Task<OperationAccepted> CheckAsync(bool repair, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/fsck", Json(new CheckRequest(repair), ApiJson.Wire.CheckRequest), ApiJson.Wire.OperationAccepted,
            cancellation);
}
