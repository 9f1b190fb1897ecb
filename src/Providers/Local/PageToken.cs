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

    /// <summary>A page of what a list gives in the order of its ids: after an id, at most so many. It is not asked for what makes no sense.</summary>
    /// <exception cref="VolumeException">Invalid: the limit, or the token makes no sense for ids that begin with the prefix.</exception>
    public static ProviderPage<TTo> Page<TFrom, TTo>(
        PageRequest page, string prefix, Func<string?, int, IReadOnlyList<TFrom>> list, Func<TFrom, string> id, Func<TFrom, TTo> select)
    {
        if (page.Limit is < 1 or > MaxLimit)
            throw new VolumeException(ErrorCode.Invalid, $"A page has from 1 to {MaxLimit} items; {page.Limit} is not that.");
        var last = page.Token is null ? null : Decode(page.Token, prefix);
        var items = list(last, page.Limit + 1);
        var count = Math.Min(items.Count, page.Limit);
        return new ProviderPage<TTo>(
            [.. items.Take(count).Select(select)], items.Count > count ? Encode(id(items[count - 1])) : null);
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
}
