using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Octavo.Core;

namespace Octavo.Server.Inventory;

/// <summary>Ids as numbers: a sixth of the memory that their texts take.</summary>
static class Ids
{
    /// <summary>The number of an internal id.</summary>
    public static UInt128 Number(string id) => UInt128.Parse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>The same; false for what is no internal id.</summary>
    public static bool TryParse(ReadOnlySpan<char> id, out UInt128 number)
    {
        number = default;
        return InternalId.IsWellFormed(id) && UInt128.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The internal id of a number.</summary>
    public static string Text(UInt128 number) => number.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>A number for a provider's id of a credential: half of a SHA-256, which no two share.</summary>
    public static UInt128 OfProvider(string credential, string id)
    {
        Span<byte> text = stackalloc byte[Encoding.UTF8.GetMaxByteCount(credential.Length + id.Length)];
        var length = Encoding.UTF8.GetBytes(credential, text);
        length += Encoding.UTF8.GetBytes(id, text[length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}
