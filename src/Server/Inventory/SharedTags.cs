using System.Collections.Concurrent;
using System.Text.Json;
using Octavo.Server.Volumes;

namespace Octavo.Server.Inventory;

/// <summary>
/// Pairs of a tag's key and value, kept once each and numbered; a row has the numbers of its own. May be looked at while tags are added, by one thread at a
/// time.
/// </summary>
sealed class SharedTags
{
    readonly ConcurrentDictionary<(string Key, string Value), int> numbers = new();
    (string Key, string Value)[] pairs = new (string, string)[64];
    int count;

    /// <summary>The numbers of the tags in a row's JSON; null is none.</summary>
    public int[] Of(string? json) => json is null
        ? []
        : [.. JsonSerializer.Deserialize(json, ObservedVolumesJson.Default.IReadOnlyListProviderTag)!.Select(tag => Number((tag.Key, tag.Value)))];

    /// <summary>The number of a tag; -1 where no row has it.</summary>
    public int Find(string key, string value) => numbers.TryGetValue((key, value), out var number) ? number : -1;

    /// <summary>The value for a key by the number of a tag; null for tags of other keys. Made once for a question: rows are many more than tags.</summary>
    public string?[] Values(string key) => Array.ConvertAll(pairs[..count], pair => pair.Key == key ? pair.Value : null);

    /// <summary>One bit for each tag, which others share: a row without the bit does not have the tag.</summary>
    public static ulong Bits(int[] tags)
    {
        ulong bits = 0;
        foreach (var tag in tags) bits |= Bit(tag);
        return bits;
    }

    /// <summary>The bit of a tag.</summary>
    public static ulong Bit(int tag) => 1UL << (tag & 63);

    int Number((string, string) pair)
    {
        if (numbers.TryGetValue(pair, out var number)) return number;
        if (count == pairs.Length) Array.Resize(ref pairs, count * 2);
        pairs[count] = pair;
        return numbers[pair] = count++;
    }
}
