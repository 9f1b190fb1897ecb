using System.Buffers;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// Pages of EC2's lists. A token of ours is the kind of list, the ids that the last page had no room for, and EC2's own token:
/// <c>v:vol-1,vol-2:TOKEN</c>. Ids are left over only where fewer are asked for than EC2's smallest page; they are then looked up.
/// </summary>
static class EbsPages
{
    public const char Volumes = 'v';
    public const char Snapshots = 's';

    /// <summary>EC2 refuses to give fewer at a time.</summary>
    const int SmallestPage = 5;

    const int MaxLimit = 1000;

    static readonly SearchValues<char> IdCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-,");

    /// <summary>One page.</summary>
    /// <param name="list">Which list: <see cref="Volumes"/> or <see cref="Snapshots"/>.</param>
    /// <param name="most">EC2 gives no more at a time.</param>
    /// <param name="find">Looks ids up.</param>
    /// <param name="ask">Asks EC2 for so many after a token of its own.</param>
    public static async Task<ProviderPage<T>> PageAsync<T>(
        PageRequest page, char list, int most, Func<T, string> id,
        Func<IReadOnlyList<string>, Task<IReadOnlyList<T>>> find, Func<int, string?, Task<(IReadOnlyList<T>, string?)>> ask)
    {
        if (page.Limit is < 1 or > MaxLimit)
            throw new VolumeException(ErrorCode.Invalid, $"A page has from 1 to {MaxLimit} items; {page.Limit} is not that.");
        var (left, next) = page.Token is null ? ([], null) : Decode(page.Token, list);
        if (left.Length > 0)
            return new(await find(left[..Math.Min(page.Limit, left.Length)]), Encode(list, left[Math.Min(page.Limit, left.Length)..], next));
        (var items, next) = await ask(Math.Clamp(page.Limit, SmallestPage, most), next);
        return new(items.Count > page.Limit ? [.. items.Take(page.Limit)] : items, Encode(list, [.. items.Skip(page.Limit).Select(id)], next));
    }

    static string? Encode(char list, string[] left, string? next) =>
        left.Length == 0 && string.IsNullOrEmpty(next) ? null : $"{list}:{string.Join(',', left)}:{next}";

    static (string[] Left, string? Next) Decode(string token, char list)
    {
        if (token.Length > 2 && token[0] == list && token[1] == ':' && token.IndexOf(':', 2) is > 0 and var end)
        {
            var (left, next) = (token[2..end], token[(end + 1)..]);
            if (!left.AsSpan().ContainsAnyExcept(IdCharacters) && left.Length + next.Length > 0)
                return (left.Split(',', StringSplitOptions.RemoveEmptyEntries), next.Length == 0 ? null : next);
        }
        throw new VolumeException(ErrorCode.Invalid, "The page token makes no sense here. Use the one of the previous page, unchanged.");
    }
}
