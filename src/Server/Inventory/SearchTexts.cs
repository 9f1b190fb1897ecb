using System.Text;

namespace Octavo.Server.Inventory;

/// <summary>
/// What of each row can be found by a part of it, one behind the other in memory, without capitals: the name first, then ids, with line ends between.
/// What is replaced stays as a gap until the inventory is read anew. May be looked at while texts are added, by one thread at a time.
/// </summary>
sealed class SearchTexts
{
    byte[] bytes = new byte[4096];
    int used;
    int live;

    /// <summary>Where a row's text is.</summary>
    /// <param name="At">Its first byte.</param>
    /// <param name="NameLength">So many bytes are the name.</param>
    /// <param name="Length">So many are all.</param>
    public readonly record struct Place(int At, int NameLength, int Length);

    /// <summary>Bytes that gaps take are worth reading anew from here on.</summary>
    public bool IsMostlyGaps { get; private set; }

    /// <summary>Adds a row's text.</summary>
    public Place Add(string foldedName, params ReadOnlySpan<string?> others)
    {
        var all = foldedName;
        foreach (var other in others)
            if (other is not null) all += "\n" + other.ToLowerInvariant();
        var length = Encoding.UTF8.GetByteCount(all);
        if (used + length > bytes.Length) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, used + length));
        Encoding.UTF8.GetBytes(all, bytes.AsSpan(used));
        var place = new Place(used, Encoding.UTF8.GetByteCount(foldedName), length);
        used += length;
        live += length;
        return place;
    }

    /// <summary>A row's text is not needed any more.</summary>
    public void Remove(Place place)
    {
        live -= place.Length;
        IsMostlyGaps = used > (1 << 20) && live < used / 2;
    }

    /// <summary>What to look for.</summary>
    public static byte[] Wanted(string part) => Encoding.UTF8.GetBytes(Folded(part));

    /// <summary>Whether a row's name has it.</summary>
    public bool IsInName(Place place, ReadOnlySpan<byte> wanted) => bytes.AsSpan(place.At, place.NameLength).IndexOf(wanted) >= 0;

    /// <summary>Whether anything of a row has it.</summary>
    public bool IsIn(Place place, ReadOnlySpan<byte> wanted) => bytes.AsSpan(place.At, place.Length).IndexOf(wanted) >= 0;

    /// <summary>The same text for texts that differ in capitals only; itself where there are none.</summary>
    public static string Folded(string text)
    {
        foreach (var c in text)
            if (char.IsUpper(c)) return text.ToLowerInvariant();
        return text;
    }
}
