namespace Octavo.Api;

/// <summary>
/// A client that uses a volume, or reads a snapshot, as a block device over NBD. The token that opens it is shown once, when it is attached. Times are UTC.
/// </summary>
/// <param name="Id">Octavo's own id: 32 hexadecimal digits.</param>
/// <param name="ProviderAttachmentId">The provider's id, <c>att-…</c>; null until the provider has attached it.</param>
/// <param name="VolumeId">The volume; null where it is a snapshot's.</param>
/// <param name="SnapshotId">The snapshot, by Octavo's id; null where it is a volume's.</param>
/// <param name="Client">Whose it is, in the words of whoever attached it.</param>
/// <param name="IsReadOnly">Whether the client may only read.</param>
/// <param name="IsMultiAttach">Whether others that are attached so, too, may use the volume beside it.</param>
/// <param name="LeaseSeconds">Without a connection for so long, it is detached; 0 for never.</param>
/// <param name="State">attaching, attached, detaching or detached. A detached one is shown for 30 days and not listed.</param>
/// <param name="StateReason">A sentence where it was detached and nobody asked for that, or not cleanly.</param>
/// <param name="Device">Where the client connects to, without the token.</param>
/// <param name="IsConnected">Whether it had a connection when that was last looked at, seconds ago.</param>
/// <param name="AttachedAt">Since when; null before.</param>
/// <param name="DetachedAt">Until when; null before.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="UpdatedAt">When this entry last changed.</param>
public sealed record AttachedClient(
    string Id,
    string? ProviderAttachmentId,
    string? VolumeId,
    string? SnapshotId,
    string Client,
    bool IsReadOnly,
    bool IsMultiAttach,
    int LeaseSeconds,
    string State,
    string? StateReason,
    string? Device,
    bool IsConnected,
    DateTimeOffset? AttachedAt,
    DateTimeOffset? DetachedAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>Body of <c>POST /v2/volumes/ID/attachments</c>.</summary>
/// <param name="Client">Whose it is: any name, 1 to 255 characters, no control characters.</param>
/// <param name="ReadOnly">Whether the client may only read.</param>
/// <param name="MultiAttach">Whether others that are attached so, too, may use the volume beside it. They must know how to share a disk.</param>
/// <param name="LeaseSeconds">Without a connection for so long, it is detached: 10 to 86,400, or 0 for never; 300 if left out.</param>
public sealed record AttachVolumeRequest(string? Client, bool ReadOnly = false, bool MultiAttach = false, int? LeaseSeconds = null);

/// <summary>Body of <c>POST /v2/snapshots/ID/attachments</c>: a snapshot is only read, by any number of clients.</summary>
/// <param name="Client">Whose it is: any name, 1 to 255 characters, no control characters.</param>
/// <param name="LeaseSeconds">Without a connection for so long, it is detached: 10 to 86,400, or 0 for never; 300 if left out.</param>
public sealed record AttachSnapshotRequest(string? Client, int? LeaseSeconds = null);

/// <summary>What is answered when a client is being attached: the only time that its token is shown.</summary>
/// <param name="Attachment">As it is now.</param>
/// <param name="Operation">What attaches it; the token opens nothing before that has succeeded.</param>
/// <param name="Token">The name of the export, which is the secret: <c>octavo-nbd-</c> and 64 hexadecimal digits.</param>
/// <param name="Uris">Where to connect to, the token included, as nbdcopy, qemu-img and others take it; the best one first. None where nothing listens.</param>
public sealed record AttachAccepted(AttachedClient Attachment, Operation Operation, string Token, IReadOnlyList<string> Uris);

/// <summary>What is answered when a client is being detached.</summary>
/// <param name="Attachment">As it is now.</param>
/// <param name="Operation">What detaches it.</param>
public sealed record DetachAccepted(AttachedClient Attachment, Operation Operation);
