using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Http;

namespace Octavo.Server.Inventory;

/// <summary>The order that a list is asked in: <c>?sort=name</c>, or <c>?sort=-size</c> for the largest first.</summary>
static class Ordering
{
    /// <summary>The parameter's name.</summary>
    public const string Name = "sort";

    /// <summary>Asks for the number of all that fit.</summary>
    public static QueryParameter Count { get; } = new("count", "Also tell how many fit in all.", QueryForm.Flag);

    /// <summary>The parameter, for a list that can be sorted by these.</summary>
    public static QueryParameter Parameter(IEnumerable<string> words) => new(
        Name, "By what; with a hyphen before it the largest first. What has no such value comes last.",
        Values: [.. words.SelectMany(word => new[] { word, "-" + word })]);

    /// <summary>The order of a word.</summary>
    /// <exception cref="VolumeException">Invalid: there is no such word.</exception>
    public static Sort<T> Of<T>(IReadOnlyDictionary<string, Sort<T>> sorts, string given) where T : struct, IRow
    {
        if (!sorts.TryGetValue(given.TrimStart('-'), out var sort) || given.StartsWith("--", StringComparison.Ordinal))
            throw new VolumeException(ErrorCode.Invalid, $"sort is \"{given}\"; it is one of {string.Join(", ", sorts.Keys)}, with a hyphen before it for the largest first.");
        return given[0] == '-' ? sort.Descending() : sort;
    }

    /// <summary>Behind which key the page begins; null for the first page.</summary>
    /// <exception cref="VolumeException">Invalid: the token is not one of this list's.</exception>
    public static SortKey? After(PageOf page, string list) =>
        page.After(list) is not { } text ? null : SortKey.TryParse(text, out var key) ? key : throw PageOf.BadToken();

    /// <summary>
    /// Makes the page of keys that were asked with one more than the limit, from what is shown of the first of them: of one that is not there any more,
    /// nothing is.
    /// </summary>
    public static Page<T> Cut<T>(
        PageOf page, string list, IReadOnlyList<SortKey> keys, IReadOnlyList<T> shown, Func<T, string> id, JsonTypeInfo<T> shape)
    {
        var count = PageOf.Fitting(shown, shape);
        if (count < shown.Count)
        {
            var last = id(shown[count - 1]);
            return new Page<T>([.. shown.Take(count)], PageOf.TokenOf(list, keys.First(key => Ids.Text(key.Id) == last).ToString()));
        }
        return new Page<T>(shown, keys.Count > page.Limit ? PageOf.TokenOf(list, keys[page.Limit - 1].ToString()) : null);
    }

    /// <summary>The name of a list for page tokens: of one filter and one order.</summary>
    public static string ListName(string list, ReadOnlySpan<byte> filter, string? sort)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. filter, .. Encoding.UTF8.GetBytes("|" + sort)], hash);
        return $"{list}-{Convert.ToHexStringLower(hash[..6])}";
    }
}
