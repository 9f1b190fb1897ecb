namespace Octavo.Core;

/// <summary>How a client is to be attached. Exactly one of volume and snapshot is given.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Snapshot">The snapshot, which can only be read.</param>
/// <param name="Client">Whose it is: any name, 1 to 255 printable characters.</param>
/// <param name="IsReadOnly">Whether the client may only read.</param>
/// <param name="IsMultiAttach">Whether others that ask for the same may use the volume beside it, each of them writing.</param>
/// <param name="TokenSha256">SHA-256 of the token that the client shows, 64 lower-case hexadecimal digits. No provider is told the token.</param>
/// <param name="Lease">Without a connection for so long, the client is detached: 10 s to 24 h in whole seconds; zero for never.</param>
public sealed record AttachSpec(
    ProviderVolumeId? Volume, ProviderSnapshotId? Snapshot, string Client, bool IsReadOnly, bool IsMultiAttach, string TokenSha256, TimeSpan Lease);

/// <summary>A client that is attached, as observed.</summary>
/// <param name="Id">The provider's id: <c>att-</c> and hexadecimal digits.</param>
/// <param name="CreatedBy">The operation that made it.</param>
/// <param name="Volume">The volume; null where it is a snapshot's.</param>
/// <param name="Snapshot">The snapshot; null where it is a volume's.</param>
/// <param name="Client">Whose it is.</param>
/// <param name="IsReadOnly">Whether the client may only read.</param>
/// <param name="IsMultiAttach">Whether others may use the volume beside it.</param>
/// <param name="Lease">Without a connection for so long, it is detached; zero for never.</param>
/// <param name="AttachedAt">Since when.</param>
/// <param name="Device">Where the client connects to, without the token.</param>
/// <param name="IsConnected">Whether it has a connection now.</param>
public sealed record ClientAttachment(
    string Id, OperationId? CreatedBy, ProviderVolumeId? Volume, ProviderSnapshotId? Snapshot, string Client, bool IsReadOnly, bool IsMultiAttach,
    TimeSpan Lease, DateTimeOffset AttachedAt, string? Device, bool IsConnected);
