using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Operations;

namespace Octavo.Server.Snapshots;

/// <summary>
/// What came of each volume of an operation on many. A volume on its own has an operation of its own and its state; volumes of an instance share one,
/// and each has the state of its own snapshot, once that is taken.
/// </summary>
sealed class SnapshotItems(Database.Database database)
{
    /// <summary>Of an operation <c>o</c> and one of its snapshots <c>s</c>. <see cref="IsFailed"/> is the same in C#.</summary>
    static readonly Sql State =
        $"""
        CASE WHEN o.kind <> {OperationKind.CreateInstanceSnapshots} OR (s.state = 'pending' AND s.provider_snapshot_id IS NULL) THEN o.state
            WHEN s.state = 'pending' THEN {OperationState.Running}
            WHEN s.state = 'completed' OR (s.state IN ('deleting', 'deleted') AND s.progress_percent = 100) THEN {OperationState.Succeeded}
            ELSE {OperationState.Failed} END
        """;

    /// <summary>Volumes <c>v</c> whose items failed.</summary>
    public static Sql FailedVolumes(string operation) =>
        $"""
        (v.id IN (SELECT volume_id FROM operations WHERE parent_id = {operation} AND state = {OperationState.Failed} AND volume_id IS NOT NULL)
         OR (v.credential_id, v.provider_volume_id) IN
            (SELECT s.credential_id, s.provider_volume_id FROM operations o JOIN snapshots s ON s.operation_id = o.id
             WHERE o.parent_id = {operation} AND o.kind = {OperationKind.CreateInstanceSnapshots} AND {State} = {OperationState.Failed}))
        """;

    /// <summary>Whether a snapshot that was taken with others will not be complete; one that was deleted at 100 % had been.</summary>
    public static bool IsFailed(SnapshotState state, int progressPercent) => state switch
    {
        SnapshotState.Error => true,
        SnapshotState.Deleting or SnapshotState.Deleted => progressPercent < 100,
        _ => false,
    };

    /// <summary>How many there are, and how many of them failed.</summary>
    public Task<(long All, long Failed)> CountAsync(OperationId operation, CancellationToken cancellation) =>
        database.FindAsync(
            $"""
            SELECT count(*), count(*) FILTER (WHERE {State} = {OperationState.Failed})
            FROM operations o LEFT JOIN snapshots s ON s.operation_id = o.id WHERE o.parent_id = {operation}
            """, row => (row.Number(0), row.Number(1)), cancellation);

    /// <summary>One page of them.</summary>
    public async Task<Page<OperationItem>> ListAsync(string operation, PageOf page, CancellationToken cancellation)
    {
        var list = "items-" + operation;
        var items = await database.QueryAsync(
            $"""
            WITH items AS (
                SELECT o.id, coalesce(o.volume_id, v.id) AS volume_id, s.provider_volume_id, s.id AS snapshot_id, s.provider_snapshot_id,
                    {State} AS state, o.kind <> {OperationKind.CreateInstanceSnapshots} AS is_single, o.progress_percent, o.attempt, o.error_code,
                    o.error_message, o.provider_code, o.provider_request_id, s.started_at, o.finished_at, s.progress_percent AS copied,
                    s.state_reason, s.updated_at
                FROM operations o JOIN snapshots s ON s.operation_id = o.id
                    LEFT JOIN volumes v ON v.credential_id = s.credential_id AND v.provider_volume_id = s.provider_volume_id
                WHERE o.parent_id = {operation} AND s.id > {page.After(list) ?? ""} ORDER BY s.id LIMIT {page.Limit + 1})
            SELECT id, volume_id, provider_volume_id, snapshot_id, provider_snapshot_id, state,
                CASE WHEN is_single THEN progress_percent WHEN state = {OperationState.Succeeded} THEN 100 ELSE copied END, attempt,
                CASE WHEN is_single THEN error_code WHEN state = {OperationState.Failed} THEN coalesce(error_code, {Problems.Word(ErrorCode.Conflict)}) END,
                CASE WHEN is_single THEN error_message ELSE coalesce(state_reason, error_message) END,
                CASE WHEN is_single OR state = {OperationState.Failed} THEN provider_code END,
                CASE WHEN is_single OR state = {OperationState.Failed} THEN provider_request_id END, started_at,
                CASE WHEN is_single THEN finished_at
                    WHEN state IN ({OperationState.Succeeded}, {OperationState.Failed}) THEN min(updated_at, coalesce(finished_at, updated_at)) END
            FROM items
            """,
            row => new OperationItem(
                row.Text(0), row.TextOrNull(1), row.Text(2), row.Text(3), row.TextOrNull(4), row.Text(5), (int)row.Number(6),
                (int)row.Number(7), row.TextOrNull(8) is { } code ? new OperationError(code, row.TextOrNull(9) ?? "") : null,
                row.TextOrNull(10), row.TextOrNull(11), row.Time(12), row.TimeOrNull(13)), cancellation);
        return page.Cut(items, list, last => last.SnapshotId);
    }
}
