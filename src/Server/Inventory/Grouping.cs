using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Http;

namespace Octavo.Server.Inventory;

/// <summary>The words of <c>?group_by=provider,state</c>.</summary>
static class Grouping
{
    /// <summary>More at once are no summary any more.</summary>
    public const int MaxKeys = 3;

    /// <summary>Behind the question mark, for rows that have these words.</summary>
    public static QueryParameter Parameter(IEnumerable<string> words) => new(
        "group_by", $"By what, up to {MaxKeys} with commas between: {string.Join(", ", words)}, tag.KEY. One group of all if left out.");

    /// <summary>The words that are asked for.</summary>
    public static string[] Read(HttpContext context) => Query.Text(context, "group_by")?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];
}

/// <summary>Counts and adds up rows in groups.</summary>
sealed class Grouping<T> where T : struct, IRow
{
    public delegate string? ValueOf(in T row);
    public delegate int[] TagsOf(in T row);
    public delegate (long Size, long Stored) SizesOf(in T row);

    /// <summary>More groups than this are no summary either, and the answer stays small.</summary>
    const int MaxGroups = 1000;

    const string TagPrefix = "tag.";

    readonly string[] keys;
    readonly ValueOf[] values;
    readonly SizesOf sizes;

    /// <param name="keys">By what: words, or tag.KEY.</param>
    /// <param name="words">What can be grouped by.</param>
    /// <param name="tags">The tags of all rows.</param>
    /// <param name="tagsOf">Those of a row.</param>
    /// <param name="sizes">The size of a row, and what it takes on the store.</param>
    /// <exception cref="VolumeException">Invalid: no such word, or too many.</exception>
    public Grouping(string[] keys, IReadOnlyDictionary<string, ValueOf> words, SharedTags tags, TagsOf tagsOf, SizesOf sizes)
    {
        if (keys.Length > Grouping.MaxKeys)
            throw new VolumeException(ErrorCode.Invalid, $"group_by has {keys.Length} words; at most {Grouping.MaxKeys} go together.");
        (this.keys, this.sizes) = (keys, sizes);
        values = [.. keys.Select(Word)];

        ValueOf Word(string key) =>
            words.TryGetValue(key, out var known) ? known
            : key.StartsWith(TagPrefix, StringComparison.Ordinal) && key.Length > TagPrefix.Length ? Tag(key[TagPrefix.Length..])
            : throw new VolumeException(ErrorCode.Invalid, $"group_by has \"{key}\"; there are {string.Join(", ", words.Keys)} and tag.KEY.");

        ValueOf Tag(string key)
        {
            var valueOf = tags.Values(key);
            return (in row) =>
            {
                foreach (var tag in tagsOf(in row))
                    if (valueOf[tag] is { } value) return value;
                return null;
            };
        }
    }

    /// <summary>Adds up those that fit.</summary>
    /// <exception cref="VolumeException">Invalid: too many groups.</exception>
    public Totals Of(ReadOnlySpan<T> rows, RowTest<T> matches)
    {
        var groups = new Dictionary<(string, string, string), Group>();
        var all = new Group();
        foreach (ref readonly var row in rows)
        {
            if (!matches(in row)) continue;
            var (size, stored) = sizes(in row);
            all.Add(size, stored);
            if (values.Length == 0) continue;
            var key = (values[0](in row) ?? "", values.Length > 1 ? values[1](in row) ?? "" : "", values.Length > 2 ? values[2](in row) ?? "" : "");
            if (!groups.TryGetValue(key, out var group))
            {
                if (groups.Count == MaxGroups) throw new VolumeException(ErrorCode.Invalid, $"There are more than {MaxGroups} groups. Filter, or group by something else.");
                groups.Add(key, group = new Group());
            }
            group.Add(size, stored);
        }
        return new Totals(
            [.. groups.OrderByDescending(g => g.Value.Count).ThenBy(g => g.Key)
                .Select(g => new TotalsGroup(Named(g.Key), g.Value.Count, g.Value.Size, g.Value.Stored))],
            all.Count, all.Size, all.Stored);
    }

    Dictionary<string, string> Named((string, string, string) key)
    {
        string[] parts = [key.Item1, key.Item2, key.Item3];
        return keys.Zip(parts).ToDictionary(k => k.First, k => k.Second);
    }

    sealed class Group
    {
        public long Count { get; private set; }
        public long Size { get; private set; }
        public long Stored { get; private set; }

        public void Add(long size, long stored)
        {
            Count++;
            Size += size;
            Stored += stored;
        }
    }
}
