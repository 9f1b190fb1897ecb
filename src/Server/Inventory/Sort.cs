using System.Globalization;
using Octavo.Core;

namespace Octavo.Server.Inventory;

/// <summary>
/// Where a row stands in an order: by a number, or by a text whose beginning is the number, then by the id. Rows without a value come last, whichever way
/// the order runs.
/// </summary>
readonly record struct SortKey(bool IsAbsent, long Number, string? Text, UInt128 Id)
{
    /// <summary>The key of a text.</summary>
    public static SortKey Of(string? text, UInt128 id) => text is null ? new(true, 0, null, id) : new(false, Beginning(text), text, id);

    /// <summary>
    /// The first eight characters as a number that is ordered as they are: most texts differ in it, and need not be looked up in memory. What stands behind
    /// one that is no Latin letter is left out: such texts may be the same here, and never the other way round.
    /// </summary>
    public static long Beginning(string text)
    {
        ulong beginning = 0;
        for (var i = 0; i < 8; i++)
        {
            var letter = i < text.Length ? text[i] : '\0';
            beginning = beginning << 8 | Math.Min(letter, byte.MaxValue);
            if (letter < byte.MaxValue) continue;
            beginning <<= 8 * (7 - i);
            break;
        }
        return (long)(beginning ^ 1UL << 63);
    }

    /// <summary>Below 0 where this comes first.</summary>
    /// <param name="direction">Of the values: 1, or -1 for the largest first. Ids always rise.</param>
    public int Compare(in SortKey other, int direction)
    {
        if (IsAbsent != other.IsAbsent) return IsAbsent ? 1 : -1;
        if (Number != other.Number) return Number < other.Number ? -direction : direction;
        if (!ReferenceEquals(Text, other.Text))
        {
            var byText = string.CompareOrdinal(Text, other.Text);
            if (byText != 0) return byText < 0 ? -direction : direction;
        }
        return Id.CompareTo(other.Id);
    }

    /// <summary>As a page token carries it: the id, then the value.</summary>
    public override string ToString() =>
        Ids.Text(Id) + (IsAbsent ? "-" : Text is null ? string.Create(CultureInfo.InvariantCulture, $"#{Number}") : "=" + Text);

    /// <summary>The key that a page token carries; false where it is none.</summary>
    public static bool TryParse(string text, out SortKey key)
    {
        key = default;
        if (text.Length <= InternalId.Length || !Ids.TryParse(text.AsSpan(0, InternalId.Length), out var id)) return false;
        var value = text[(InternalId.Length + 1)..];
        switch (text[InternalId.Length])
        {
            case '-' when value.Length == 0:
                key = new SortKey(true, 0, null, id);
                return true;
            case '#' when long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                key = new SortKey(false, number, null, id);
                return true;
            case '=':
                key = Of(value, id);
                return true;
            default:
                return false;
        }
    }
}

/// <summary>An order of rows.</summary>
sealed class Sort<T> where T : struct, IRow
{
    /// <summary>The number of a row; null where it has none.</summary>
    public delegate long? NumberOf(in T row);

    /// <summary>The text of a row; null where it has none.</summary>
    public delegate string? TextOf(in T row);

    /// <summary>Where a row stands.</summary>
    public delegate SortKey KeyOfRow(in T row);

    readonly int direction;

    Sort(KeyOfRow keyOf, int direction)
    {
        this.direction = direction;
        KeyOf = keyOf;
        WorstFirst = Comparer<SortKey>.Create((a, b) => Compare(b, a));
    }

    /// <summary>By a number.</summary>
    public static Sort<T> By(NumberOf number) =>
        new((in row) => number(in row) is { } value ? new SortKey(false, value, null, row.Id) : new SortKey(true, 0, null, row.Id), 1);

    /// <summary>By a text that many rows share.</summary>
    public static Sort<T> By(TextOf text) => new((in row) => SortKey.Of(text(in row), row.Id), 1);

    /// <summary>By a key that the row has ready.</summary>
    public static Sort<T> By(KeyOfRow key) => new(key, 1);

    /// <summary>The other way round.</summary>
    public Sort<T> Descending() => new(KeyOf, -direction);

    /// <summary>Whether the largest come first.</summary>
    public bool IsDescending => direction < 0;

    /// <summary>Where a row stands.</summary>
    public KeyOfRow KeyOf { get; }

    /// <summary>For a heap that has the last of the order on top.</summary>
    public IComparer<SortKey> WorstFirst { get; }

    /// <summary>Below 0 where the first comes first.</summary>
    public int Compare(in SortKey first, in SortKey second) => first.Compare(in second, direction);
}
