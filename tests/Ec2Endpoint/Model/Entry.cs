namespace Octavo.Ec2.Model;

/// <summary>
/// A volume or a snapshot with the instants at which what happened to it shows. All are UTC ticks, fixed when it happens,
/// so that a switch turned later changes nothing that is under way. Guarded by its region's gate.
/// </summary>
sealed class Entry<T>(T item, long sequence)
{
    public T Item { get; set; } = item;

    /// <summary>Its place in listings: the order in which things were made.</summary>
    public long Sequence { get; } = sequence;

    T before = item;
    long changeShowsFrom;

    /// <summary>From then on its id is known to calls other than the one that made it.</summary>
    public long VisibleFrom { get; init; }

    /// <summary>Until then it is creating, or pending.</summary>
    public long ReadyAt { get; set; }

    /// <summary>What becomes of it at <see cref="ReadyAt"/>: error instead of completed.</summary>
    public bool EndsInError { get; init; }

    /// <summary>From then on it is gone by itself.</summary>
    public long LeavesAt { get; init; } = long.MaxValue;

    public bool IsDeleted { get; private set; }

    /// <summary>Until then it is listed as if it had not been deleted.</summary>
    public long StaleUntil { get; private set; }

    /// <summary>From then on it is not listed.</summary>
    public long GoneAt { get; private set; } = long.MaxValue;

    /// <summary>Its table has forgotten it; only the slot remains.</summary>
    public bool HasLeft { get; set; }

    public bool IsListed(long now) => !HasLeft && VisibleFrom <= now && now < GoneAt && now < LeavesAt;

    /// <summary>A call that changes it would find it. A deleted one is never found again, although it may still be listed.</summary>
    public bool IsFound(long now) => VisibleFrom <= now && !IsDeleted && now < LeavesAt;

    /// <summary>What a listing shows: an item that was changed a moment ago as it was before.</summary>
    public T Shown(long now) => now < changeShowsFrom ? before : Item;

    /// <summary>Changes it, which shows after a while.</summary>
    public void Change(T item, long now, TimeSpan stale)
    {
        before = Shown(now);
        changeShowsFrom = now + stale.Ticks;
        Item = item;
    }

    public void Delete(long now, TimeSpan stale, TimeSpan deleting)
    {
        IsDeleted = true;
        StaleUntil = now + stale.Ticks;
        GoneAt = now + Math.Max(stale.Ticks, deleting.Ticks);
    }
}
