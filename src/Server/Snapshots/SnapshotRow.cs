using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Snapshots;

/// <summary>A snapshot of the inventory: a row of <c>snapshots</c>, with Octavo's id of its volume while that is listed.</summary>
sealed record SnapshotRow(
    string Id,
    AccountId Account,
    string CredentialId,
    string Region,
    string? VolumeId,
    string ProviderVolumeId,
    string? ProviderSnapshotId,
    SnapshotState State,
    string? StateReason,
    int ProgressPercent,
    ByteSize VolumeSize,
    long? StoredBytes,
    DateTimeOffset StartedAt)
{
    /// <summary>The statement's beginning that <see cref="Read"/> expects.</summary>
    public static readonly Sql Select =
        $"""
        SELECT s.id, s.account_id, s.credential_id, s.region, v.id, s.provider_volume_id, s.provider_snapshot_id, s.state, s.state_reason,
            s.progress_percent, s.volume_size_bytes, s.stored_bytes, s.started_at
        FROM snapshots s LEFT JOIN volumes v ON v.credential_id = s.credential_id AND v.provider_volume_id = s.provider_volume_id
            AND v.state NOT IN ('deleting', 'deleted')
        """;

    public static SnapshotRow Read(Row row) => new(
        row.Text(0), new AccountId(row.Text(1)), row.Text(2), row.Text(3), row.TextOrNull(4), row.Text(5), row.TextOrNull(6),
        row.SnapshotState(7), row.TextOrNull(8), (int)row.Number(9), new ByteSize(row.Number(10)), row.NumberOrNull(11), row.Time(12));
}
