namespace Octavo.Api;

/// <summary>Something changed: the data of one event of <c>GET /v2/events</c>.</summary>
/// <param name="Seq">Its place among all changes; the event's id.</param>
/// <param name="Kind">volume, snapshot, operation or cell; the event's type.</param>
/// <param name="Id">Octavo's id; of a cell the credential's, a slash and the region.</param>
/// <param name="What">created: listed from now on; updated; deleted: no longer listed.</param>
/// <param name="State">Its state from then on; of a cell new, fresh or stale.</param>
/// <param name="At">When.</param>
public sealed record ChangeEvent(long Seq, string Kind, string Id, string What, string? State, DateTimeOffset At);
