using System.Security.Cryptography;
using System.Text;

namespace Octavo.Server.Console;

/// <summary>
/// What tells a form of ours from one that another site made: a text that only a page of the same session can know. It is made from the session's secret,
/// so that nothing has to be kept, and tells nothing about it.
/// </summary>
static class FormToken
{
    /// <summary>The hidden field.</summary>
    public const string Field = "form_token";

    /// <summary>The token of a session.</summary>
    public static string Of(string secret) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), "octavo form"u8));

    /// <summary>Whether a form is of that session.</summary>
    public static bool Fits(string secret, string? given) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Of(secret)), Encoding.UTF8.GetBytes(given));
}
