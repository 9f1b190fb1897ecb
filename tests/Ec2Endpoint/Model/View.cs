namespace Octavo.Ec2.Model;

/// <summary>What an entry looks like at an instant: nothing ticks, so a clock that stands still shows a state that stands still.</summary>
static class View
{
    public static string StatusOf(Entry<Ec2Volume> entry, long now) => entry switch
    {
        { IsDeleted: true } when now >= entry.StaleUntil => "deleting",
        _ when now < entry.ReadyAt => "creating",
        _ => entry.Item.Status,
    };

    public static Ec2Volume Of(Entry<Ec2Volume> entry, long now)
    {
        var status = StatusOf(entry, now);
        return status == entry.Item.Status ? entry.Item : entry.Item with { Status = status };
    }

    public static string StatusOf(Entry<Ec2Snapshot> entry, long now) =>
        now < entry.ReadyAt ? "pending" : entry.EndsInError ? "error" : entry.Item.Status;

    public static Ec2Snapshot Of(Entry<Ec2Snapshot> entry, long now) => Of(entry, entry.Item, now);

    /// <param name="snapshot">The entry's item, or what a listing shows of it.</param>
    public static Ec2Snapshot Of(Entry<Ec2Snapshot> entry, Ec2Snapshot snapshot, long now)
    {
        if (entry.ReadyAt == 0) return snapshot;
        if (now < entry.ReadyAt)
        {
            var started = snapshot.StartedAt.UtcTicks;
            return snapshot with
            {
                Status = "pending",
                ProgressPercent = (int)Math.Clamp(100 * (now - started) / Math.Max(1, entry.ReadyAt - started), 0, 99),
                CompletedAt = null,
                FullSizeBytes = null,
            };
        }
        return entry.EndsInError
            ? snapshot with { Status = "error", StatusMessage = "The snapshot could not be completed.", CompletedAt = null, FullSizeBytes = null }
            : snapshot with { CompletedAt = new DateTimeOffset(entry.ReadyAt, TimeSpan.Zero) };
    }
}
