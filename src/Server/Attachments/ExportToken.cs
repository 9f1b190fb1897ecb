using System.Security.Cryptography;
using System.Text;

namespace Octavo.Server.Attachments;

/// <summary>
/// The token of an attachment, which a client gives as the name of its export: 256 random bits behind a prefix of its own, so that who looks through files
/// for secrets finds it. Only its SHA-256 is kept.
/// </summary>
static class ExportToken
{
    const string Prefix = "octavo-nbd-";
    const int Bits = 256;

    /// <summary>A new token.</summary>
    public static string New() => Prefix + RandomNumberGenerator.GetHexString(Bits / 4, lowercase: true);

    /// <summary>What is kept of it: 64 lower-case hexadecimal digits.</summary>
    public static string Sha256(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
