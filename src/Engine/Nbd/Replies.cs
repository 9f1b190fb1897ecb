using System.Buffers.Binary;
using System.Text;

namespace Octavo.Engine.Nbd;

/// <summary>
/// Writes answers. Where structured replies were agreed on, reads and failures are told in chunks; other successes stay simple, which the protocol allows and is shorter.
/// Each method returns how many bytes it wrote.
/// </summary>
sealed class Replies(bool isStructured)
{
    /// <summary>The longest sentence to a client; the rest of one is left out.</summary>
    const int MaxSentenceBytes = 256;

    /// <summary>Room for any answer that has no data.</summary>
    public const int MaxShortBytes = Wire.ChunkBytes + 6 + MaxSentenceBytes;

    /// <summary>What stands before the data of a read.</summary>
    public int ReadHeaderBytes { get; } = isStructured ? Wire.ChunkBytes + Wire.ContentOffsetBytes : Wire.SimpleReplyBytes;

    public static int Success(in Request request, Span<byte> reply) => Simple(request, Errno.None, reply);

    /// <summary>A read of no bytes.</summary>
    public int NoData(in Request request, Span<byte> reply) => isStructured ? ChunkHeader(request, Chunk.None, 0, reply) : Success(request, reply);

    public int Failure(in Request request, Errno error, string sentence, Span<byte> reply)
    {
        if (!isStructured) return Simple(request, error, reply);
        Encoding.UTF8.GetEncoder().Convert(sentence, reply.Slice(Wire.ChunkBytes + 6, MaxSentenceBytes), flush: true, out _, out var length, out _);
        ChunkHeader(request, Chunk.Error, 6 + length, reply);
        BinaryPrimitives.WriteUInt32BigEndian(reply[Wire.ChunkBytes..], (uint)error);
        BinaryPrimitives.WriteUInt16BigEndian(reply[(Wire.ChunkBytes + 4)..], (ushort)length);
        return Wire.ChunkBytes + 6 + length;
    }

    /// <summary>What goes before the data of a read that succeeded.</summary>
    public void ReadHeader(in Request request, Span<byte> reply)
    {
        if (!isStructured)
        {
            Simple(request, Errno.None, reply);
            return;
        }
        ChunkHeader(request, Chunk.OffsetData, Wire.ContentOffsetBytes + (int)request.Length, reply);
        BinaryPrimitives.WriteUInt64BigEndian(reply[Wire.ChunkBytes..], request.Offset);
    }

    /// <summary>A read that found only zeros.</summary>
    public static int Hole(in Request request, Span<byte> reply)
    {
        ChunkHeader(request, Chunk.OffsetHole, 12, reply);
        BinaryPrimitives.WriteUInt64BigEndian(reply[Wire.ChunkBytes..], request.Offset);
        BinaryPrimitives.WriteUInt32BigEndian(reply[(Wire.ChunkBytes + 8)..], request.Length);
        return Wire.ChunkBytes + 12;
    }

    /// <summary>Room for so many extents.</summary>
    public static int ExtentsBytes(int count) => Wire.ChunkBytes + 4 + count * 8;

    /// <summary>What a range is made of.</summary>
    public static int Extents(in Request request, ReadOnlySpan<BlockExtent> extents, Span<byte> reply)
    {
        ChunkHeader(request, Chunk.BlockStatus, 4 + extents.Length * 8, reply);
        BinaryPrimitives.WriteUInt32BigEndian(reply[Wire.ChunkBytes..], Wire.AllocationId);
        for (var i = 0; i < extents.Length; i++)
        {
            var extent = reply[ExtentsBytes(i)..];
            BinaryPrimitives.WriteUInt32BigEndian(extent, (uint)extents[i].LengthBytes);
            BinaryPrimitives.WriteUInt32BigEndian(extent[4..], extents[i].IsHole ? Wire.HoleAndZero : 0);
        }
        return ExtentsBytes(extents.Length);
    }

    /// <summary>A failure as the protocol tells it. What is no failure of the engine is a bug of ours, and told to the operator only.</summary>
    public static (Errno Error, string Sentence) Of(Exception e, Action<string> warn)
    {
        if (e is not EngineException engine)
        {
            warn($"A request over NBD failed in a way that nobody thought of: {e}");
            return (Errno.Io, "The engine failed; the log tells how.");
        }
        var error = engine.Error switch
        {
            EngineError.NoSpace => Errno.NoSpace,
            EngineError.Invalid => Errno.Invalid,
            EngineError.Conflict => Errno.NotPermitted,
            _ => Errno.Io,
        };
        return (error, engine.Message);
    }

    static int Simple(in Request request, Errno error, Span<byte> reply)
    {
        BinaryPrimitives.WriteUInt32BigEndian(reply, Wire.SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(reply[4..], (uint)error);
        BinaryPrimitives.WriteUInt64BigEndian(reply[8..], request.Handle);
        return Wire.SimpleReplyBytes;
    }

    /// <summary>Every answer of ours is one chunk, the last.</summary>
    static int ChunkHeader(in Request request, Chunk type, int payloadBytes, Span<byte> reply)
    {
        BinaryPrimitives.WriteUInt32BigEndian(reply, Wire.StructuredReplyMagic);
        BinaryPrimitives.WriteUInt16BigEndian(reply[4..], Wire.Done);
        BinaryPrimitives.WriteUInt16BigEndian(reply[6..], (ushort)type);
        BinaryPrimitives.WriteUInt64BigEndian(reply[8..], request.Handle);
        BinaryPrimitives.WriteInt32BigEndian(reply[16..], payloadBytes);
        return Wire.ChunkBytes;
    }
}
