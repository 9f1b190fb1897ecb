using System.Collections.Concurrent;

namespace Octavo.Server.Inventory;

/// <summary>
/// Texts that many rows share, kept once: equal texts are the same object, so that they can be told apart without being looked at. May be looked at while
/// texts are added.
/// </summary>
sealed class SharedTexts
{
    readonly ConcurrentDictionary<string, string> known = new(StringComparer.Ordinal);

    /// <summary>The one text that is equal to this.</summary>
    public string Of(string text) => known.GetOrAdd(text, text);

    /// <summary>The same, or null.</summary>
    public string? OrNull(string? text) => text is null ? null : Of(text);

    /// <summary>The one text that is equal to this; null where no row has it, and no row can match it.</summary>
    public string? Find(string text) => known.GetValueOrDefault(text);
}
