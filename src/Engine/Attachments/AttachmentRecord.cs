using System.Security.Cryptography;
using System.Text.Json;

namespace Octavo.Engine.Attachments;

/// <summary>
/// <c>attachments/ID.json</c>: who may use a volume or a snapshot as a block device. Its presence is the attachment; the secret that opens it is not in it.
/// </summary>
/// <param name="Id">The same as in the file's name.</param>
/// <param name="Tag">What its maker gave.</param>
/// <param name="VolumeId">The volume; absent where it is a snapshot's.</param>
/// <param name="SnapshotId">The snapshot; absent where it is a volume's.</param>
/// <param name="Client">Whose it is, in the words of whoever attached it.</param>
/// <param name="IsReadOnly">Whether its client may only read.</param>
/// <param name="IsMultiAttach">Whether others may be beside it that write, or it may write beside others.</param>
/// <param name="TokenSha256">SHA-256 of the export token, lower-case hexadecimal digits.</param>
/// <param name="LeaseSeconds">Without a connection for so long, it is detached; 0 for never.</param>
/// <param name="AttachedAt">UTC.</param>
sealed record AttachmentRecord(
    string Id, string Tag, string? VolumeId, string? SnapshotId, string Client, bool IsReadOnly, bool IsMultiAttach, string TokenSha256,
    int LeaseSeconds, DateTimeOffset AttachedAt)
{
    /// <summary>Where attachments are.</summary>
    public const string Root = "attachments";

    /// <summary>How the names of their files end.</summary>
    public const string Suffix = ".json";

    /// <summary>The file of an attachment.</summary>
    public static string PathOf(string id) => $"{Root}/{id}{Suffix}";

    /// <summary>The file's content.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, EngineJson.Default.AttachmentRecord);

    /// <summary>The record in these bytes; null where they are none.</summary>
    public static AttachmentRecord? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, EngineJson.Default.AttachmentRecord) is
            { Id: not null, Tag: not null, Client.Length: > 0, TokenSha256.Length: SHA256.HashSizeInBytes * 2 } record
                && record.VolumeId is null != record.SnapshotId is null && record.TokenSha256.All(char.IsAsciiHexDigitLower)
                && record.LeaseSeconds >= 0 && record.LeaseSeconds <= AttachmentWish.LongestLease.TotalSeconds
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
