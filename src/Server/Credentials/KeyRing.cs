using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Octavo.Server.Database;

namespace Octavo.Server.Credentials;

/// <summary>
/// Keeps Data Protection's keys in the database, so that one backup file holds the secrets and what opens them; encrypted where there is a
/// <see cref="MasterKey"/>. Keys are never deleted: a credential outlives the rotation of keys.
/// </summary>
sealed class KeyRing(Database.Database database, MasterKey? masterKey) : IXmlRepository
{
    /// <summary>At the start: proves that the ring can be read, and encrypts what was written before there was a master key.</summary>
    /// <exception cref="DataFolderException">It was encrypted with a master key that is not given, or another one.</exception>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        foreach (var (name, text) in await database.QueryAsync(
            $"SELECT name, xml FROM protection_keys", row => (row.Text(0), row.Text(1)), cancellation))
        {
            _ = Plain(text);
            if (masterKey is null || MasterKey.IsEncrypted(text)) continue;
            await using var transaction = await database.BeginAsync(cancellation);
            await transaction.ExecuteAsync(
                $"UPDATE protection_keys SET xml = {masterKey.Encrypt(text)} WHERE name = {name}", cancellation);
            await transaction.CommitAsync();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. database.QueryAsync($"SELECT xml FROM protection_keys", row => XElement.Parse(Plain(row.Text(0))), CancellationToken.None)
            .GetAwaiter().GetResult()];

    /// <inheritdoc/>
    public void StoreElement(XElement element, string friendlyName) =>
        StoreAsync(element.ToString(SaveOptions.DisableFormatting), friendlyName).GetAwaiter().GetResult();

    string Plain(string text) => !MasterKey.IsEncrypted(text) ? text : masterKey?.Decrypt(text)
        ?? throw new DataFolderException("The key ring is encrypted with a master key. Give it by OCTAVO_MASTER_KEY_FILE.");

    async Task StoreAsync(string xml, string name)
    {
        await using var transaction = await database.BeginAsync(CancellationToken.None);
        await transaction.ExecuteAsync(
            $"INSERT INTO protection_keys (name, xml) VALUES ({name}, {masterKey?.Encrypt(xml) ?? xml})", CancellationToken.None);
        await transaction.CommitAsync();
    }
}
