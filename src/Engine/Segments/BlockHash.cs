using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Octavo.Engine.Segments;

/// <summary>The SHA-256 of a block's plain bytes: its name. Two blocks of one name are one block.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly record struct BlockHash(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Bytes in a hash.</summary>
    public const int Length = 32;

    /// <summary>The hash of a block.</summary>
    public static BlockHash Of(ReadOnlySpan<byte> block)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(block, hash);
        return Read(hash);
    }

    /// <summary>From its 64 hexadecimal digits; null where it is something else.</summary>
    public static BlockHash? TryParse(string? digits)
    {
        Span<byte> bytes = stackalloc byte[Length];
        return Convert.FromHexString(digits.AsSpan(), bytes, out _, out var written) == System.Buffers.OperationStatus.Done && written == Length ? Read(bytes) : null;
    }

    /// <summary>From its 32 bytes, in their usual order.</summary>
    public static BlockHash Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<BlockHash>(bytes);

    /// <summary>To its 32 bytes.</summary>
    public void Write(Span<byte> bytes) => MemoryMarshal.Write(bytes, this);

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
