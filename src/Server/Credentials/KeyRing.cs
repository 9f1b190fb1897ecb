using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Octavo.Server.Credentials;

/// <summary>
/// Keeps Data Protection's keys in the database, so that one backup file holds the secrets and what opens them.
/// Keys are never deleted: a credential outlives the rotation of keys.
/// </summary>
sealed class KeyRing(Database.Database database) : IXmlRepository
{
    /// <inheritdoc/>
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. database.QueryAsync($"SELECT xml FROM protection_keys", row => XElement.Parse(row.Text(0)), CancellationToken.None)
            .GetAwaiter().GetResult()];

    /// <inheritdoc/>
    public void StoreElement(XElement element, string friendlyName) =>
        StoreAsync(element.ToString(SaveOptions.DisableFormatting), friendlyName).GetAwaiter().GetResult();

    async Task StoreAsync(string xml, string name)
    {
        await using var transaction = await database.BeginAsync(CancellationToken.None);
        await transaction.ExecuteAsync(
            $"INSERT INTO protection_keys (name, xml) VALUES ({name}, {xml})", CancellationToken.None);
        await transaction.CommitAsync();
    }
}
