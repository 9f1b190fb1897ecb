using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Octavo.Engine.Io;
using Octavo.Engine.Snapshots;

namespace Octavo.Engine.Volumes;

/// <summary>
/// <c>volumes/ID/changed</c>: which blocks may have changed since a snapshot, written when nobody has the volume open any more, and true while the image has the
/// same signature. Little-endian: magic "OCTC", u32 zero, i64 the volume's size, the image's signature (u64 inode, i64 length, modification and change time),
/// u8 and as many bytes: the snapshot's id, then the bits of the blocks in 64-bit words, lowest first, then the XxHash3 (64 bits, seed 0) of everything before.
/// </summary>
sealed record ChangedRecord(string BaseId, FileSignature Signature, long VolumeSize, BlockSet Blocks)
{
    public const string Name = "changed";

    const uint Magic = 0x4354434F; // "OCTC"
    const int FixedLength = 49;

    /// <summary>The file of a volume.</summary>
    public static string PathOf(string volumeId) => $"{VolumeRecord.FolderOf(volumeId)}/{Name}";

    /// <summary>The file's content.</summary>
    public byte[] ToBytes()
    {
        var words = Blocks.Words;
        var bytes = new byte[FixedLength + BaseId.Length + words.Length * 8 + 8];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), VolumeSize);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Signature.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Signature.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), Signature.ModifiedNs);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), Signature.ChangedNs);
        bytes[48] = (byte)BaseId.Length;
        Encoding.ASCII.GetBytes(BaseId, bytes.AsSpan(FixedLength));
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(FixedLength + BaseId.Length + i * 8), words[i]);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8), XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
        return bytes;
    }

    /// <summary>The record of a volume whose image has that signature; null where there is none, or it is of another image.</summary>
    public static ChangedRecord? TryRead(IDisk disk, string volumeId, FileSignature signature)
    {
        if (disk.ReadAll(PathOf(volumeId)) is not { Length: > FixedLength + 8 } bytes
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(bytes.Length - 8)) != XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)))
            return null;
        var size = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8));
        var written = new FileSignature(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(16)), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(32)), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(40)));
        if (written != signature || size != signature.Length) return null;
        var baseId = Encoding.ASCII.GetString(bytes, FixedLength, bytes[48]);
        var blocks = new BlockSet(Manifest.BlockCount(size));
        var at = FixedLength + bytes[48];
        if (bytes.Length != at + blocks.Words.Length * 8 + 8) return null;
        for (var i = 0; i < blocks.Words.Length; i++) blocks.Words[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + i * 8));
        return new ChangedRecord(baseId, written, size, blocks);
    }
}
