using System.Security.Cryptography;
using System.Text;

namespace Octavo.Server.Database;

/// <summary>
/// A key that the operator keeps elsewhere and that encrypts the key ring in the database (AES-256-GCM): without it, a stolen copy of the data
/// folder opens no cloud. 32 bytes in base64, from the file that <c>OCTAVO_MASTER_KEY_FILE</c> names or from <c>OCTAVO_MASTER_KEY</c>.
/// </summary>
sealed class MasterKey(byte[] key) : IDisposable
{
    const string Prefix = "aes-256-gcm:";
    const int KeyBytes = 32;
    const int NonceBytes = 12; // GCM's own size, and at most some keys a year are encrypted: chance makes no two alike.
    const int TagBytes = 16;

    readonly AesGcm aes = new(key, TagBytes);

    /// <summary>The key that the environment names; null where it names none.</summary>
    /// <exception cref="DataFolderException">It cannot be read, or is no key.</exception>
    public static MasterKey? Load(Func<string, string?> environment)
    {
        var text = environment("OCTAVO_MASTER_KEY");
        if (environment("OCTAVO_MASTER_KEY_FILE") is { Length: > 0 } path)
        {
            try
            {
                text = File.ReadAllText(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DataFolderException($"The master key cannot be read from {path}: {e.Message}", e);
            }
        }
        if (string.IsNullOrWhiteSpace(text)) return null;
        var bytes = new byte[KeyBytes + 1];
        return Convert.TryFromBase64String(text.Trim(), bytes, out var length) && length == KeyBytes
            ? new MasterKey(bytes[..KeyBytes])
            : throw new DataFolderException("The master key must be 32 bytes in base64. Make one with: openssl rand -base64 32");
    }

    /// <summary>Whether a text was encrypted by any master key.</summary>
    public static bool IsEncrypted(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The text, encrypted: a prefix, then base64 of nonce, tag and content.</summary>
    public string Encrypt(string text)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var sealedText = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(sealedText.AsSpan(0, NonceBytes));
        aes.Encrypt(sealedText.AsSpan(0, NonceBytes), plain, sealedText.AsSpan(NonceBytes + TagBytes), sealedText.AsSpan(NonceBytes, TagBytes));
        return Prefix + Convert.ToBase64String(sealedText);
    }

    /// <summary>What <see cref="Encrypt"/> was given.</summary>
    /// <exception cref="DataFolderException">It was another key, or the text was changed.</exception>
    public string Decrypt(string text)
    {
        try
        {
            var sealedText = Convert.FromBase64String(text[Prefix.Length..]);
            var plain = new byte[sealedText.Length - NonceBytes - TagBytes];
            aes.Decrypt(
                sealedText.AsSpan(0, NonceBytes), sealedText.AsSpan(NonceBytes + TagBytes), sealedText.AsSpan(NonceBytes, TagBytes), plain);
            return Encoding.UTF8.GetString(plain);
        }
        catch (Exception e) when (e is FormatException or CryptographicException or OverflowException)
        {
            throw new DataFolderException("The key ring was encrypted with another master key. Give that one by OCTAVO_MASTER_KEY_FILE.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => aes.Dispose();
}
