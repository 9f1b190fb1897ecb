namespace Octavo.Server.Inventory;

/// <summary>A row that a <see cref="Table{T}"/> can hold.</summary>
interface IRow
{
    /// <summary>Octavo's id as a number: its order is that of the text.</summary>
    UInt128 Id { get; }
}

/// <summary>Whether a row is meant.</summary>
delegate bool RowTest<T>(in T row) where T : struct, IRow;

/// <summary>
/// Rows in memory, one behind the other, so that a question can go through all of them: for 100,000 that takes a millisecond or a few, whatever is asked,
/// and nothing is kept for any one question. Not for several threads at once.
/// </summary>
sealed class Table<T> where T : struct, IRow
{
    readonly Dictionary<UInt128, int> indexOf;
    T[] rows;

    /// <summary>An empty one, with room for so many.</summary>
    public Table(int capacity = 0)
    {
        rows = new T[Math.Max(capacity, 16)];
        indexOf = new(capacity);
    }

    /// <summary>How many there are.</summary>
    public int Count => indexOf.Count;

    /// <summary>All of them, in no order.</summary>
    public ReadOnlySpan<T> Rows => rows.AsSpan(0, Count);

    /// <summary>Whether there is a row of an id.</summary>
    public bool Has(UInt128 id) => indexOf.ContainsKey(id);

    /// <summary>The row of an id, to be looked at or changed; there must be one.</summary>
    public ref T this[UInt128 id] => ref rows[indexOf[id]];

    /// <summary>Puts a row in, in place of one with the same id.</summary>
    public void Put(in T row)
    {
        if (indexOf.TryGetValue(row.Id, out var at))
        {
            rows[at] = row;
            return;
        }
        at = Count;
        if (at == rows.Length) Array.Resize(ref rows, rows.Length * 2);
        rows[at] = row;
        indexOf.Add(row.Id, at);
    }

    /// <summary>Takes a row out; the last one moves into its place.</summary>
    public void Remove(UInt128 id)
    {
        if (!indexOf.Remove(id, out var at)) return;
        var last = Count;
        if (at != last)
        {
            rows[at] = rows[last];
            indexOf[rows[at].Id] = at;
        }
        rows[last] = default;
    }

    /// <summary>The ids of all that fit, in no order.</summary>
    public List<UInt128> Find(RowTest<T> matches)
    {
        var found = new List<UInt128>();
        foreach (ref readonly var row in Rows)
            if (matches(in row)) found.Add(row.Id);
        return found;
    }

    /// <summary>
    /// One page of the rows that fit, and how many fit in all. The best so far are in a heap with the worst of them on top, so that most rows are told
    /// off by one comparison.
    /// </summary>
    /// <param name="matches">Which rows fit.</param>
    /// <param name="order">In which order.</param>
    /// <param name="after">The page begins behind this key; null for the first page.</param>
    /// <param name="limit">At most so many rows.</param>
    public (List<SortKey> Page, long Count) Ask(RowTest<T> matches, Sort<T> order, SortKey? after, int limit)
    {
        var best = new PriorityQueue<SortKey, SortKey>(limit + 1, order.WorstFirst);
        long count = 0;
        var all = Rows;
        for (var i = 0; i < all.Length; i++)
        {
            // Rows lie about as they were made: the newest are met first where they are wanted first, or each would be the best so far.
            ref readonly var row = ref all[order.IsDescending ? all.Length - 1 - i : i];
            if (!matches(in row)) continue;
            count++;
            var key = order.KeyOf(in row);
            if (after is { } behind && order.Compare(key, behind) <= 0) continue;
            if (best.Count < limit) best.Enqueue(key, key);
            else if (order.Compare(key, best.Peek()) < 0) best.DequeueEnqueue(key, key);
        }
        var page = new List<SortKey>(best.Count);
        while (best.TryDequeue(out var key, out _)) page.Add(key);
        page.Reverse();
        return (page, count);
    }
}
