using System.Buffers.Binary;
using System.IO.Hashing;

namespace Octavo.Engine.Segments;

/// <summary>
/// The first 64 bytes of a record in a segment; the payload follows at once, and the next record begins at the next multiple of 4,096.
/// Little-endian:
/// <code>
///  0  u32  magic "OCTR"
///  4  u8   codec: 0 raw, 1 zstd
///  5  u8×3 zero
///  8  u32  plain length, 1 to 524,288
/// 12  u32  stored length, 1 to 524,288; with codec 0 the same as the plain length
/// 16  u8×32 SHA-256 of the plain bytes
/// 48  u64  XxHash3 (64 bits, seed 0) of the payload
/// 56  u64  XxHash3 of bytes 0 to 55
/// </code>
/// The header has a check of its own so that lengths can be trusted before the payload is read.
/// </summary>
readonly record struct RecordHeader(byte Codec, int PlainLength, int StoredLength, BlockHash Hash, ulong PayloadCheck)
{
    /// <summary>Bytes in a header.</summary>
    public const int Length = 64;

    /// <summary>Records begin at multiples of this, so that a dead one can be punched out whole: a page of every file system.</summary>
    public const int Alignment = 4096;

    public const byte Raw = 0;
    public const byte Zstd = 1;

    const uint Magic = 0x5254434F; // "OCTR"

    /// <summary>What the record takes of its segment.</summary>
    public int Footprint => (int)Align(Length + StoredLength);

    /// <summary>The next position where a record can begin.</summary>
    public static long Align(long position) => (position + Alignment - 1) / Alignment * Alignment;

    public void Write(Span<byte> to)
    {
        to[..Length].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        to[4] = Codec;
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], PlainLength);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], StoredLength);
        Hash.Write(to[16..]);
        BinaryPrimitives.WriteUInt64LittleEndian(to[48..], PayloadCheck);
        BinaryPrimitives.WriteUInt64LittleEndian(to[56..], XxHash3.HashToUInt64(to[..56]));
    }

    /// <summary>The header in these bytes; null where there is none that verifies.</summary>
    public static RecordHeader? Read(ReadOnlySpan<byte> from)
    {
        if (from.Length < Length || BinaryPrimitives.ReadUInt32LittleEndian(from) != Magic) return null;
        if (BinaryPrimitives.ReadUInt64LittleEndian(from[56..]) != XxHash3.HashToUInt64(from[..56])) return null;
        var header = new RecordHeader(
            from[4], BinaryPrimitives.ReadInt32LittleEndian(from[8..]), BinaryPrimitives.ReadInt32LittleEndian(from[12..]),
            BlockHash.Read(from[16..]), BinaryPrimitives.ReadUInt64LittleEndian(from[48..]));
        var isSound = header.Codec is Raw or Zstd
            && header.PlainLength is > 0 and <= PoolFormat.BlockBytes
            && header.StoredLength is > 0 and <= PoolFormat.BlockBytes
            && (header.Codec != Raw || header.StoredLength == header.PlainLength);
        return isSound ? header : null;
    }
}
