using System.Diagnostics.Metrics;
using Octavo.Core;

namespace Octavo.Server.Inventory;

/// <summary>How fresh each cell is, what it has, and what its pools' volumes take. Read from the tables as somebody asks.</summary>
sealed class CellMetrics
{
    /// <summary>The biggest volumes and snapshots that are told one by one: so many make no difference to who keeps the figures; lists tell all.</summary>
    const int Biggest = 20;

    readonly Kept<List<CellRow>> cells;
    readonly Kept<List<SpaceRow>> space;
    readonly Histogram<double> passes;
    readonly Counter<long> pages;

    public CellMetrics(IMeterFactory meters, Database.Database database, CellProgress progress, TimeProvider time)
    {
        // All figures of one look come from the same reading; a pass that saw nothing new is no change.
        cells = new Kept<List<CellRow>>(() => time.GetUtcNow().ToUnixTimeSeconds(), () => database.Query(
            $"""
            SELECT a.name, c.provider, c.id, l.region, coalesce(l.observed_at, c.created_at), l.stale_since, l.volume_count, l.snapshot_count
            FROM cells l JOIN credentials c ON c.id = l.credential_id JOIN accounts a ON a.id = c.account_id
            """,
            row => new CellRow(
                [new("account", row.Text(0)), new("provider", row.Text(1)), new("credential_id", row.Text(2)), new("region", row.Text(3))],
                (row.Text(2), row.Text(3)), row.Time(4), row.TimeOrNull(5), row.Number(6), row.Number(7))));
        space = new Kept<List<SpaceRow>>(() => database.Changes.Last, () => database.Query(
            $"""
            SELECT a.name, coalesce(sum(v.used_bytes) FILTER (WHERE v.deleted_at IS NULL), 0), coalesce(sum(v.used_bytes) FILTER (WHERE v.restorable_until IS NOT NULL), 0)
            FROM credentials c JOIN accounts a ON a.id = c.account_id LEFT JOIN volumes v ON v.credential_id = c.id
            WHERE c.provider = 'local' GROUP BY a.id
            """, row => new SpaceRow(row.Text(0), row.Number(1), row.Number(2))));
        var biggestVolumes = new Kept<List<Measurement<long>>>(() => database.Changes.Last, () => database.Query(
            $"""
            SELECT v.used_bytes, a.name, v.id FROM credentials c JOIN accounts a ON a.id = c.account_id JOIN volumes v ON v.credential_id = c.id
            WHERE c.provider = 'local' AND v.used_bytes > 0 AND (v.deleted_at IS NULL OR v.restorable_until IS NOT NULL)
            ORDER BY v.used_bytes DESC LIMIT {Biggest}
            """, row => new Measurement<long>(row.Number(0), new("account", row.Text(1)), new("volume_id", row.Text(2)))));
        var biggestSnapshots = new Kept<List<Measurement<long>>>(() => database.Changes.Last, () => database.Query(
            $"""
            SELECT s.stored_bytes, a.name, s.id FROM credentials c JOIN accounts a ON a.id = c.account_id JOIN snapshots s ON s.credential_id = c.id
            WHERE c.provider = 'local' AND s.stored_bytes > 0 AND s.state = 'completed' ORDER BY s.stored_bytes DESC LIMIT {Biggest}
            """, row => new Measurement<long>(row.Number(0), new("account", row.Text(1)), new("snapshot_id", row.Text(2)))));

        var meter = meters.Create(Instrumentation.Name);
        double Age(DateTimeOffset then) => Math.Max(0, (time.GetUtcNow() - then).TotalSeconds);
        void Tell(string name, Func<CellRow, double> of, string unit, string description) =>
            meter.CreateObservableGauge(name, () => cells.Now.Select(cell => new Measurement<double>(of(cell), cell.Labels)), unit, description);
        Tell("octavo.cell.listing.age", cell => Age(cell.ListedAt), "s",
            "Since the last full listing of a cell began; since its credential was added where there was none yet.");
        Tell("octavo.cell.observation.age", cell => Age(Later(cell.ListedAt, progress.HeardAt(cell.Key))), "s",
            "Since anything was heard of a cell: a full listing, or a page of one.");
        Tell("octavo.cell.failing", cell => cell.StaleSince is { } since ? Age(since) : 0, "s", "How long the passes over a cell have failed; 0 where they do not.");
        Tell("octavo.cell.volumes", cell => cell.Volumes, "{volume}", "Volumes that the last full listing saw.");
        Tell("octavo.cell.snapshots", cell => cell.Snapshots, "{snapshot}", "Snapshots that the last full listing saw.");
        void TellSpace(string name, Func<SpaceRow, long> of, string description) => meter.CreateObservableGauge(
            name, () => space.Now.Select(pool => new Measurement<long>(of(pool), new KeyValuePair<string, object?>("account", pool.Account))), "By", description);
        TellSpace("octavo.engine.volumes.used", pool => pool.Volumes, "What the volumes of a pool take on the disk.");
        TellSpace("octavo.engine.deleted_volumes.used", pool => pool.Deleted, "What deleted volumes take that can still be brought back.");
        meter.CreateObservableGauge("octavo.engine.volume.used", () => biggestVolumes.Now, "By", $"What a volume takes: the {Biggest} biggest of all pools.");
        meter.CreateObservableGauge(
            "octavo.engine.snapshot.stored", () => biggestSnapshots.Now, "By", $"What a snapshot added to its pool: the {Biggest} biggest.");
        passes = meter.CreateHistogram<double>("octavo.cell.pass.duration", "s", "One pass over a cell.");
        pages = meter.CreateCounter<long>("octavo.cell.pages", "{page}", "Pages of volumes and snapshots that providers gave.");
    }

    /// <summary>A pass is over.</summary>
    public void Passed(string provider, bool isWhole, TimeSpan took) =>
        passes.Record(took.TotalSeconds, new("provider", provider), new("outcome", isWhole ? "whole" : "failed"));

    /// <summary>Pages came.</summary>
    public void Read(KnownCell known, int count) => pages.Add(
        count, new("account", known.Cell.AccountName), new("provider", known.Provider.Kind), new("credential_id", known.Cell.Credential.Value), new("region", known.Cell.Region));

    static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    sealed record CellRow(
        KeyValuePair<string, object?>[] Labels, (string Credential, string Region) Key, DateTimeOffset ListedAt, DateTimeOffset? StaleSince, long Volumes,
        long Snapshots);

    sealed record SpaceRow(string Account, long Volumes, long Deleted);

    /// <summary>What was read is good while its version stands: adding up goes over every volume of the pools.</summary>
    sealed class Kept<T>(Func<long> version, Func<T> read) where T : class
    {
        readonly Lock gate = new();
        T? value;
        long readAt;

        public T Now
        {
            get
            {
                lock (gate)
                {
                    var now = version();
                    if (value is null || now != readAt) (value, readAt) = (read(), now);
                    return value;
                }
            }
        }
    }
}
