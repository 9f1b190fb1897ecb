namespace Octavo.Engine;

/// <summary>What an attachment is to be. Exactly one of the two ids is given.</summary>
/// <param name="VolumeId">The volume.</param>
/// <param name="SnapshotId">The snapshot, which can only be read.</param>
/// <param name="Client">Whose it is: any name, 1 to 255 printable characters.</param>
/// <param name="IsReadOnly">Whether the client may only read.</param>
/// <param name="IsMultiAttach">Whether others that ask for the same may use the volume beside it, each of them writing.</param>
/// <param name="TokenSha256">SHA-256 of the token that opens it, 32 bytes. The token itself is not kept anywhere.</param>
/// <param name="Lease">
/// Without a connection for so long, it is detached: 10 s to 24 h in whole seconds, or zero for never. It begins anew when the pool is opened.
/// </param>
public sealed record AttachmentWish(
    string? VolumeId, string? SnapshotId, string Client, bool IsReadOnly, bool IsMultiAttach, ReadOnlyMemory<byte> TokenSha256, TimeSpan Lease)
{
    /// <summary>The shortest lease: a client needs a moment to connect again.</summary>
    public static TimeSpan ShortestLease { get; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest lease, short of none.</summary>
    public static TimeSpan LongestLease { get; } = TimeSpan.FromDays(1);

    /// <summary>Characters in a client's name.</summary>
    public const int MaxClientLength = 255;
}

/// <summary>An attachment: who uses a volume or a snapshot as a block device.</summary>
/// <param name="Id"><c>att-</c> and hexadecimal digits.</param>
/// <param name="Tag">What its maker gave.</param>
/// <param name="VolumeId">The volume; null where it is a snapshot's.</param>
/// <param name="SnapshotId">The snapshot; null where it is a volume's.</param>
/// <param name="Client">Whose it is.</param>
/// <param name="IsReadOnly">Whether the client may only read.</param>
/// <param name="IsMultiAttach">Whether others may use the volume beside it.</param>
/// <param name="Lease">Without a connection for so long, it is detached; zero for never.</param>
/// <param name="AttachedAt">Since when, UTC.</param>
/// <param name="Connections">Connections that have it open now.</param>
public sealed record EngineAttachment(
    string Id, string Tag, string? VolumeId, string? SnapshotId, string Client, bool IsReadOnly, bool IsMultiAttach, TimeSpan Lease,
    DateTimeOffset AttachedAt, int Connections);
