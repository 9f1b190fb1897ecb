using Octavo.Api;
using Octavo.Server.Database;
using Octavo.Server.Volumes;

namespace Octavo.Server.Snapshots;

/// <summary>A row of <c>snapshots</c> as <c>/v2</c> shows it.</summary>
static class SnapshotWire
{
    /// <summary>The statement's beginning that <see cref="Read"/> expects; a WHERE follows.</summary>
    public static readonly Sql Select =
        $"""
        SELECT s.id, c.provider, s.provider_snapshot_id, s.credential_id, s.region, v.id, v.name, s.provider_volume_id, s.state, s.state_reason,
            s.progress_percent, s.volume_size_bytes, s.stored_bytes, s.description, s.is_encrypted, s.storage_tier, s.tags, s.started_at, s.updated_at
        FROM snapshots s JOIN credentials c ON c.id = s.credential_id
            LEFT JOIN volumes v ON v.credential_id = s.credential_id AND v.provider_volume_id = s.provider_volume_id
                AND v.state NOT IN ('deleting', 'deleted')
        """;

    /// <summary>A row of <see cref="Select"/>.</summary>
    public static Snapshot Read(Row row) => new(
        row.Text(0), row.Text(1), row.TextOrNull(2), row.Text(3), row.Text(4), row.TextOrNull(5), row.TextOrNull(6), row.Text(7), row.Text(8),
        row.TextOrNull(9), (int)row.Number(10), row.Number(11), row.NumberOrNull(12), row.TextOrNull(13),
        row.NumberOrNull(14) is { } encrypted ? encrypted != 0 : null, row.TextOrNull(15), Tags.Parse(row.TextOrNull(16)), row.Time(17), row.Time(18));
}
