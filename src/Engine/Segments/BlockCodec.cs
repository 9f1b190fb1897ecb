using System.IO.Hashing;
using ZstdSharp;

namespace Octavo.Engine.Segments;

/// <summary>Turns blocks into records: zstd level 1 where that saves at least a sixteenth, else raw. One per thread.</summary>
sealed class BlockCodec : IDisposable
{
    const int Level = 1;

    readonly Compressor compressor = new(Level);

    /// <summary>Bytes that a record of any block needs at the most.</summary>
    public const int MaxRecordBytes = RecordHeader.Length + PoolFormat.BlockBytes;

    /// <summary>Puts the payload behind the room for the header, and gives the header.</summary>
    public RecordHeader Encode(BlockHash hash, ReadOnlySpan<byte> plain, Span<byte> record)
    {
        var payload = record[RecordHeader.Length..];
        var codec = RecordHeader.Zstd;
        if (!compressor.TryWrap(plain, payload[..(plain.Length - plain.Length / 16)], out var length))
        {
            plain.CopyTo(payload);
            codec = RecordHeader.Raw;
            length = plain.Length;
        }
        return new RecordHeader(codec, plain.Length, length, hash, XxHash3.HashToUInt64(payload[..length]));
    }

    /// <summary>The plain bytes of a payload; false where it is not what its header says.</summary>
    public static bool TryDecode(RecordHeader header, ReadOnlySpan<byte> payload, Span<byte> plain)
    {
        if (plain.Length < header.PlainLength) return false;
        if (header.Codec == RecordHeader.Raw)
        {
            payload.CopyTo(plain);
            return true;
        }
        try
        {
            decompressor ??= new Decompressor();
            return decompressor.TryUnwrap(payload, plain[..header.PlainLength], out var length) && length == header.PlainLength;
        }
        catch (ZstdException)
        {
            return false;
        }
    }

    // Decompressors hold native-sized tables: one per thread serves every pool.
    [ThreadStatic] static Decompressor? decompressor;

    public void Dispose() => compressor.Dispose();
}
