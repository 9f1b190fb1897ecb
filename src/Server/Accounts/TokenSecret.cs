using System.Security.Cryptography;
using System.Text;

namespace Octavo.Server.Accounts;

/// <summary>
/// A user's token: 256 random bits as 64 hexadecimal digits. It is shown once, when it is made; only its SHA-256 is kept,
/// which needs no salt because the token is random already.
/// </summary>
static class TokenSecret
{
    /// <summary>Longer texts are not looked at.</summary>
    public const int MaxLength = 256;

    const int Bits = 256;

    /// <summary>A new token.</summary>
    public static string New() => RandomNumberGenerator.GetHexString(Bits / 4, lowercase: true);

    /// <summary>What is kept of a token.</summary>
    public static byte[] Hash(string token)
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        Hash(token, hash);
        return hash;
    }

    /// <summary>The same, without an allocation. The token is at most <see cref="MaxLength"/> characters.</summary>
    public static void Hash(string token, Span<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[MaxLength * 3];
        var length = Encoding.UTF8.GetBytes(token, bytes);
        SHA256.HashData(bytes[..length], hash);
    }
}
