using System.Text.Json;
using Octavo.Engine.Io;

namespace Octavo.Engine.Snapshots;

/// <summary>
/// <c>snapshots/ID.pending</c>: a snapshot whose instant is fixed and whose blocks are not all stored, or never will be. Its presence is the
/// acknowledgement.
/// </summary>
/// <param name="Id">The same as in the file's name.</param>
/// <param name="Tag">What its maker gave.</param>
/// <param name="VolumeId">The volume.</param>
/// <param name="SizeBytes">The volume's size at the instant.</param>
/// <param name="StartedAt">The instant, UTC.</param>
/// <param name="Inode">
/// The image's signature at the instant, or, where blocks are kept, when the engine was closed; all four zero where it is not to be trusted.
/// </param>
/// <param name="Length">See <paramref name="Inode"/>.</param>
/// <param name="ModifiedNs">See <paramref name="Inode"/>.</param>
/// <param name="ChangedNs">See <paramref name="Inode"/>.</param>
/// <param name="IsCloned">The file system made a clone of the image at the instant, <c>snapshots/ID.clone</c>, to copy from.</param>
/// <param name="Error">Why it will never be complete; absent while it may.</param>
/// <param name="Kept">The number of the layer from which on overwritten blocks are kept for it; absent where none are.</param>
/// <param name="BootId">The machine's boot during which they are kept: after another one, what was not synced may be lost.</param>
sealed record PendingRecord(
    string Id, string Tag, string VolumeId, long SizeBytes, DateTimeOffset StartedAt, ulong Inode, long Length, long ModifiedNs, long ChangedNs,
    bool IsCloned, string? Error, int? Kept = null, string? BootId = null)
{
    public const string Suffix = ".pending";
    public const string CloneSuffix = ".clone";

    /// <summary>The file of a pending snapshot.</summary>
    public static string PathOf(string id) => Manifest.PathOf(id) + Suffix;

    /// <summary>The clone of its image.</summary>
    public static string ClonePathOf(string id) => Manifest.PathOf(id) + CloneSuffix;

    public FileSignature Signature => new(Inode, Length, ModifiedNs, ChangedNs);

    /// <summary>The file's content.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, EngineJson.Default.PendingRecord);

    /// <summary>The record in these bytes; null where they are none.</summary>
    public static PendingRecord? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, EngineJson.Default.PendingRecord) is
            { Id: not null, Tag: not null, VolumeId: not null, SizeBytes: > 0 } record
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
