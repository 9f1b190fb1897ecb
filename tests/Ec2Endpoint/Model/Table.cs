using System.Diagnostics.CodeAnalysis;

namespace Octavo.Ec2.Model;

/// <summary>
/// What a region has of one kind: by id, and in the order of making, so that a page goes on at a sequence number and what is deleted
/// between two pages hides nothing else. Guarded by its region's gate.
/// </summary>
sealed class Table<T>(Func<T, string> idOf)
{
    readonly Dictionary<string, Entry<T>> byId = new(StringComparer.Ordinal);
    readonly List<Entry<T>> inOrder = [];
    readonly Queue<Entry<T>> leaving = new();
    long lastSequence;
    int left;

    /// <summary>All, in the order of their sequence; what is gone may still be among them.</summary>
    public IReadOnlyList<Entry<T>> InOrder => inOrder;

    public long NextSequence() => ++lastSequence;

    public bool TryGet(string id, [NotNullWhen(true)] out Entry<T>? entry) => byId.TryGetValue(id, out entry);

    public void Add(Entry<T> entry)
    {
        byId.Add(idOf(entry.Item), entry);
        inOrder.Add(entry);
    }

    /// <summary>Adds an item that is whole and visible, or changes the one with its id in its place.</summary>
    /// <param name="visibleFrom">When an added one shows; 0 for at once.</param>
    public void Put(T item, long visibleFrom = 0)
    {
        if (byId.TryGetValue(idOf(item), out var old) && !old.IsDeleted)
        {
            old.Item = item;
            old.ReadyAt = 0;
            return;
        }
        if (old is not null) Remove(old);
        Add(new Entry<T>(item, NextSequence()) { VisibleFrom = visibleFrom });
    }

    public void Delete(Entry<T> entry, long now, TimeSpan stale, TimeSpan deleting)
    {
        entry.Delete(now, stale, deleting);
        leaving.Enqueue(entry);
        while (leaving.TryPeek(out var first) && first.GoneAt <= now)
        {
            Remove(first);
            leaving.Dequeue();
        }
    }

    void Remove(Entry<T> entry)
    {
        if (entry.HasLeft) return;
        entry.HasLeft = true;
        byId.Remove(idOf(entry.Item));
        // Slots are given back all at once, so that deleting 100,000 one by one does not move 100,000 each time.
        if (++left * 2 <= inOrder.Count) return;
        inOrder.RemoveAll(e => e.HasLeft);
        left = 0;
    }

    /// <summary>The first slot whose sequence is above a number.</summary>
    public static int After(IReadOnlyList<Entry<T>> entries, long sequence)
    {
        var (low, high) = (0, entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (entries[middle].Sequence <= sequence) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
