using System.Text.Json;
using Octavo.Core;

namespace Octavo.Server.Volumes;

/// <summary>Tags in a row: a JSON array of key and value, by key; null for none.</summary>
static class Tags
{
    /// <summary>As <c>/v2</c> shows them.</summary>
    public static IReadOnlyDictionary<string, string> Parse(string? json) => json is null
        ? none
        : JsonSerializer.Deserialize(json, ObservedVolumesJson.Default.IReadOnlyListProviderTag)!
            .ToDictionary(tag => tag.Key, tag => tag.Value, StringComparer.Ordinal);

    /// <summary>As a row keeps them.</summary>
    public static string? Text(IEnumerable<KeyValuePair<string, string>> tags)
    {
        IReadOnlyList<ProviderTag> all = [.. tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => new ProviderTag(tag.Key, tag.Value))];
        return all.Count == 0 ? null : JsonSerializer.Serialize(all, ObservedVolumesJson.Default.IReadOnlyListProviderTag);
    }

    static readonly Dictionary<string, string> none = [];
}
