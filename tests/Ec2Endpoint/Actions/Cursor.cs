using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Octavo.Ec2.Http;

namespace Octavo.Ec2.Actions;

/// <summary>
/// Where a listing goes on. Its token is opaque to clients: base64url of these numbers, a hash of what the listing asks for and a
/// checksum, so that a token that was damaged, or taken to another listing, is refused as AWS refuses it.
/// </summary>
/// <param name="After">The sequence number of the last item given.</param>
/// <param name="IsDescending">This listing goes from the newest to the oldest.</param>
readonly record struct Cursor(long After, bool IsDescending)
{
    const int Length = 8 + 1 + 8 + 4 + 4;

    public string Encode(Call call)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, After);
        bytes[8] = IsDescending ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(bytes[9..], call.NowTicks);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[17..], Asked(call));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[21..], Sum(bytes[..21]));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a token.</summary>
    /// <exception cref="Ec2Failure">It is none of this listing's, or is too old.</exception>
    public static Cursor Decode(string token, Call call)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (!Base64Url.IsValid(token, out var length) || length != Length
            || !Base64Url.TryDecodeFromChars(token, bytes, out _)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[21..]) != Sum(bytes[..21])
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[17..]) != Asked(call))
            throw Ec2Failure.Bad("InvalidPaginationToken", "The pagination token is not valid for this request.");
        var age = TimeSpan.FromTicks(call.NowTicks - BinaryPrimitives.ReadInt64LittleEndian(bytes[9..]));
        if (call.Switches.PageTokenLifetime is { } lifetime && age > lifetime)
            throw Ec2Failure.Bad("InvalidPaginationToken", "The pagination token has expired.");
        return new Cursor(BinaryPrimitives.ReadInt64LittleEndian(bytes), bytes[8] == 1);
    }

    static uint Asked(Call call)
    {
        var text = new StringBuilder(call.Account.Id).Append(call.Region.Name);
        foreach (var (name, value) in call.Form.All.OrderBy(p => p.Key, StringComparer.Ordinal))
            if (name is not ("NextToken" or "MaxResults"))
                text.Append('\n').Append(name).Append('=').Append(value);
        return Sum(Encoding.UTF8.GetBytes(text.ToString()));
    }

    static uint Sum(ReadOnlySpan<byte> bytes)
    {
        // FNV-1a: good enough against accidents, and this endpoint has no enemies.
        var sum = 2166136261u;
        foreach (var b in bytes) sum = (sum ^ b) * 16777619;
        return sum;
    }
}
