using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;

namespace Octavo.Engine.Snapshots;

/// <summary>
/// A completed snapshot: <c>snapshots/ID</c>. Its presence is the commit: every block that it names was durable before it was renamed
/// into place. Little-endian:
/// <code>
///   0  u32    magic "OCTM"
///   4  u16    version, 1
///   6  u16    zero
///   8  u32    block bytes, 524,288
///  12  u32    number of blocks: volume size divided by block bytes, rounded up
///  16  i64    volume size in bytes
///  24  i64    instant, milliseconds since 1970 UTC
///  32  i64    bytes that the snapshot added to the segments
///  40  u64    signature of the image at the instant: inode, all four zero where unknown
///  48  i64      length
///  56  i64      modification time, nanoseconds since 1970
///  64  i64      change time, nanoseconds since 1970
///  72  u8+n   volume id, UTF-8 with its length before it
///   …  u8+n   tag, the same; empty for none
///   …         the blocks in order: u8 0 for a hole, or u8 1 and the 32 bytes of its SHA-256
///   …  u64    XxHash3 (64 bits, seed 0) of everything before
/// </code>
/// </summary>
sealed record Manifest(
    string VolumeId, string Tag, long VolumeSize, DateTimeOffset StartedAt, long StoredBytes, FileSignature Signature, BlockMap Blocks)
{
    /// <summary>Where snapshots are.</summary>
    public const string Root = "snapshots";

    const uint Magic = 0x4D54434F; // "OCTM"
    const ushort Version = 1;
    const int FixedLength = 72;

    /// <summary>The file of a completed snapshot.</summary>
    public static string PathOf(string id) => $"{Root}/{id}";

    /// <summary>The number of blocks of a volume.</summary>
    public static int BlockCount(long volumeSize) => checked((int)((volumeSize + PoolFormat.BlockBytes - 1) / PoolFormat.BlockBytes));

    /// <summary>The length of a block: the last one may be shorter.</summary>
    public static int BlockLength(long volumeSize, int block) =>
        (int)Math.Min(PoolFormat.BlockBytes, volumeSize - (long)block * PoolFormat.BlockBytes);

    /// <summary>The blocks that are no holes.</summary>
    public IEnumerable<BlockHash> Stored => Blocks.Stored.Select(stored => stored.Hash);

    /// <summary>The file's content.</summary>
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(FixedLength + 256 + Blocks.Length);
        var head = buffer.GetSpan(FixedLength)[..FixedLength];
        head.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(head[4..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], PoolFormat.BlockBytes);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], Blocks.Length);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], VolumeSize);
        BinaryPrimitives.WriteInt64LittleEndian(head[24..], StartedAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64LittleEndian(head[32..], StoredBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(head[40..], Signature.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(head[48..], Signature.Length);
        BinaryPrimitives.WriteInt64LittleEndian(head[56..], Signature.ModifiedNs);
        BinaryPrimitives.WriteInt64LittleEndian(head[64..], Signature.ChangedNs);
        buffer.Advance(FixedLength);
        WriteText(buffer, VolumeId);
        WriteText(buffer, Tag);
        var next = 0;
        foreach (var (block, hash) in Blocks.Stored)
        {
            WriteHoles(buffer, block - next);
            var entry = buffer.GetSpan(1 + BlockHash.Length);
            entry[0] = 1;
            hash.Write(entry[1..]);
            buffer.Advance(1 + BlockHash.Length);
            next = block + 1;
        }
        WriteHoles(buffer, Blocks.Length - next);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(8), XxHash3.HashToUInt64(buffer.WrittenSpan));
        buffer.Advance(8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The manifest in these bytes.</summary>
    /// <exception cref="EngineException">Damaged: they are not a manifest that verifies.</exception>
    public static Manifest Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedLength + 10 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            throw Damaged("it is no manifest");
        var checkedPart = bytes[..^8];
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]) != XxHash3.HashToUInt64(checkedPart)) throw Damaged("its checksum is wrong");
        var size = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) != Version
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) != PoolFormat.BlockBytes
            || size <= 0 || size > (long)int.MaxValue * PoolFormat.BlockBytes || count != BlockCount(size) || count > checkedPart.Length)
            throw Damaged("its header makes no sense");
        var milliseconds = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
        if (milliseconds is < 0 or > 253_402_300_799_999) throw Damaged("its instant makes no sense");
        var rest = checkedPart[FixedLength..];
        var volumeId = ReadText(ref rest);
        var tag = ReadText(ref rest);
        var blocks = new BlockMap(count);
        for (var i = 0; i < count; i++)
        {
            // The holes before it, all at once: a large volume is hardly anything else.
            var holes = rest[..Math.Min(rest.Length, count - i)].IndexOfAnyExcept((byte)0);
            if (holes < 0) holes = Math.Min(rest.Length, count - i);
            i += holes;
            rest = rest[holes..];
            if (i == count) break;
            if (rest.Length < 1 + BlockHash.Length || rest[0] != 1) throw Damaged("it ends early");
            blocks[i] = BlockHash.Read(rest[1..]);
            rest = rest[(1 + BlockHash.Length)..];
        }
        if (!rest.IsEmpty) throw Damaged("it has too many blocks");
        return new Manifest(
            volumeId, tag, size, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            new FileSignature(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[56..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[64..])),
            blocks);
    }

    static void WriteHoles(ArrayBufferWriter<byte> buffer, int count)
    {
        buffer.GetSpan(count)[..count].Clear();
        buffer.Advance(count);
    }

    static void WriteText(ArrayBufferWriter<byte> buffer, string text)
    {
        var span = buffer.GetSpan(256);
        var length = Encoding.UTF8.GetBytes(text, span[1..256]);
        span[0] = (byte)length;
        buffer.Advance(1 + length);
    }

    static string ReadText(ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest.Length < 1 + rest[0]) throw Damaged("it ends early");
        var text = Encoding.UTF8.GetString(rest.Slice(1, rest[0]));
        rest = rest[(1 + rest[0])..];
        return text;
    }

    static EngineException Damaged(string why) => new(EngineError.Damaged, $"The snapshot's manifest is damaged: {why}.");
}
