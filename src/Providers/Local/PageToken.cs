using System.Buffers.Text;
using System.Text;
using Octavo.Core;

namespace Octavo.Providers.Local;

/// <summary>
/// Pages by key: the token is the last id given, so that what is made or deleted between two pages hides nothing else. Opaque to
/// callers: base64url of a version byte and the id.
/// </summary>
static class PageToken
{
    const byte Version = 1;
    const int MaxLimit = 1000;
    const int MaxIdLength = 64;

    /// <summary>A page of what a list gives in the order of its ids; the list is not asked for what makes no sense.</summary>
    /// <exception cref="VolumeException">Invalid: the limit, or the token makes no sense for ids that begin with the prefix.</exception>
    public static ProviderPage<TTo> Page<TFrom, TTo>(
        PageRequest page, string prefix, Func<IReadOnlyList<TFrom>> list, Func<TFrom, string> id, Func<TFrom, TTo> select)
    {
        if (page.Limit is < 1 or > MaxLimit)
            throw new VolumeException(ErrorCode.Invalid, $"A page has from 1 to {MaxLimit} items; {page.Limit} is not that.");
        var last = page.Token is null ? null : Decode(page.Token, prefix);
        var items = list();
        var start = last is null ? 0 : After(items, id, last);
        var end = Math.Min(items.Count, start + page.Limit);
        var selected = new List<TTo>(end - start);
        for (var i = start; i < end; i++) selected.Add(select(items[i]));
        return new ProviderPage<TTo>(selected, end < items.Count ? Encode(id(items[end - 1])) : null);
    }

    static string Encode(string id) => Base64Url.EncodeToString([Version, .. Encoding.ASCII.GetBytes(id)]);

    static string Decode(string token, string prefix)
    {
        Span<byte> bytes = stackalloc byte[1 + MaxIdLength];
        if (Base64Url.IsValid(token, out var length) && length <= bytes.Length
            && Base64Url.TryDecodeFromChars(token, bytes, out length) && length > 1 && bytes[0] == Version)
        {
            var id = Encoding.ASCII.GetString(bytes[1..length]);
            if (id.StartsWith(prefix, StringComparison.Ordinal)) return id;
        }
        throw new VolumeException(ErrorCode.Invalid, "The page token makes no sense here. Use the one of the previous page, unchanged.");
    }

    static int After<T>(IReadOnlyList<T> items, Func<T, string> id, string last)
    {
        var (low, high) = (0, items.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(id(items[middle]), last) <= 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
