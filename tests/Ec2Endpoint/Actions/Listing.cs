using System.Runtime.InteropServices;
using Octavo.Ec2.Http;
using Octavo.Ec2.Model;

namespace Octavo.Ec2.Actions;

/// <summary>Cuts a page out of a table, with all the freedom that EC2 takes: short pages, empty ones, no order.</summary>
static class Listing
{
    /// <summary>
    /// A page of what matches, and the token of the next one. With ids, exactly those, or a failure that names the ones that are not
    /// there. Called under the region's gate.
    /// </summary>
    public static (List<Entry<T>> Page, string? NextToken) Cut<T>(
        Call call, Table<T> table, List<string> ids, int largestPage, Filter? idFilter, Predicate<Entry<T>> matches,
        Func<string, Ec2Failure> unknown)
    {
        var asked = call.Form.Number("MaxResults");
        var token = call.Form["NextToken"];
        if (ids.Count > 0)
        {
            if (asked is not null || token is not null)
                throw Ec2Failure.Bad("InvalidParameterCombination", "The parameter MaxResults cannot be used with a list of ids.");
            return (ById(call, table, ids, matches, unknown), null);
        }
        if (asked is { } number && number < call.Switches.SmallestPage)
            throw Ec2Failure.Bad("InvalidParameterValue",
                $"Value ( {number} ) for parameter maxResults is invalid. Expecting a value of at least {call.Switches.SmallestPage}.");
        var cursor = token is { Length: > 0 }
            ? Cursor.Decode(token, call)
            : call.Switches.UnstableOrder && call.Switches.Chance.Hits(0.5) ? new Cursor(long.MaxValue, true) : new Cursor(0, false);
        var limit = asked is null && token is null ? int.MaxValue : Math.Min(asked ?? largestPage, largestPage);
        limit = Math.Min(limit, call.Switches.PageSizeCap ?? int.MaxValue);
        return Cut(call, idFilter is { IsExact: true } ? Named(table, idFilter) : table.InOrder, cursor, limit, matches);
    }

    static (List<Entry<T>>, string?) Cut<T>(
        Call call, IReadOnlyList<Entry<T>> entries, Cursor cursor, int limit, Predicate<Entry<T>> matches)
    {
        var switches = call.Switches;
        if (limit < int.MaxValue && switches.Chance.Hits(switches.EmptyPageChance)) return ([], cursor.Encode(call));
        if (limit < int.MaxValue && switches.Chance.Hits(switches.ShortPageChance)) limit = 1 + switches.Chance.Below(limit);

        var now = call.NowTicks;
        var page = new List<Entry<T>>(Math.Min(limit, entries.Count));
        var step = cursor.IsDescending ? -1 : 1;
        var index = cursor.IsDescending ? Table<T>.After(entries, cursor.After - 1) - 1 : Table<T>.After(entries, cursor.After);
        var hasMore = false;
        for (; index >= 0 && index < entries.Count; index += step)
        {
            var entry = entries[index];
            if (!entry.IsListed(now) || !matches(entry)) continue;
            if (page.Count == limit)
            {
                hasMore = true;
                break;
            }
            page.Add(entry);
        }
        string? next = null;
        if (hasMore)
        {
            var repeated = page.Count > switches.RepeatedItems ? switches.RepeatedItems : 0;
            next = (cursor with { After = page[page.Count - 1 - repeated].Sequence }).Encode(call);
        }
        if (switches.UnstableOrder) switches.Chance.Shuffle(CollectionsMarshal.AsSpan(page));
        return (page, next);
    }

    static List<Entry<T>> ById<T>(
        Call call, Table<T> table, List<string> ids, Predicate<Entry<T>> matches, Func<string, Ec2Failure> unknown)
    {
        var found = new List<Entry<T>>(ids.Count);
        var missing = new List<string>();
        foreach (var id in ids.Distinct(StringComparer.Ordinal))
            if (table.TryGet(id, out var entry) && entry.IsListed(call.NowTicks)) found.Add(entry);
            else missing.Add(id);
        return missing.Count == 0 ? found.FindAll(matches) : throw unknown(string.Join(", ", missing));
    }

    /// <summary>What an exact filter on the id can match, so that 200 ids out of 100,000 are not looked for one by one.</summary>
    static List<Entry<T>> Named<T>(Table<T> table, Filter filter)
    {
        var named = new List<Entry<T>>(filter.Values.Count);
        foreach (var id in filter.Values.Distinct(StringComparer.Ordinal))
            if (table.TryGet(id, out var entry)) named.Add(entry);
        named.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        return named;
    }
}
