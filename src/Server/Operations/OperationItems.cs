using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Operations;

/// <summary>
/// What came of each part of an operation on many. A part on its own has an operation of its own and its state; those that are taken at one instant share one, and
/// each has the state of its own snapshot, once that is taken.
/// </summary>
sealed class OperationItems(Database.Database database, OperationStore operations)
{
    static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(5);

    /// <summary>Of an operation <c>o</c> and one of its snapshots <c>s</c>. <see cref="IsFailed"/> is the same in C#.</summary>
    static readonly Sql State =
        $"""
        CASE WHEN o.kind <> {OperationKind.CreateInstanceSnapshots} OR (s.state = 'pending' AND s.provider_snapshot_id IS NULL) THEN o.state
            WHEN s.state = 'pending' THEN {OperationState.Running}
            WHEN s.state = 'completed' OR (s.state IN ('deleting', 'deleted') AND s.progress_percent = 100) THEN {OperationState.Succeeded}
            WHEN o.cancelled_at IS NOT NULL THEN {OperationState.Cancelled} ELSE {OperationState.Failed} END
        """;

    /// <summary>Every part of an operation: <c>o</c> with its snapshot <c>s</c>, if it has one, and what it is paged by.</summary>
    static Sql Parts(string operation) =>
        $"""
        SELECT o.*, o.id AS part, s.id AS snapshot, {State} AS item_state FROM operations o LEFT JOIN snapshots s ON s.id = o.snapshot_id
        WHERE o.parent_id = {operation} AND o.kind <> {OperationKind.CreateInstanceSnapshots}
        UNION ALL
        SELECT o.*, s.id, s.id, {State} FROM operations o JOIN snapshots s ON s.operation_id = o.id
        WHERE o.parent_id = {operation} AND o.kind = {OperationKind.CreateInstanceSnapshots}
        """;

    /// <summary>Volumes <c>v</c> whose parts failed.</summary>
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

    /// <summary>What an operation on many does: it follows its parts to the last.</summary>
    /// <param name="step">What they do.</param>
    /// <param name="parts">What they are, for the sentence where some failed.</param>
    public async Task FollowAsync(RunningOperation running, string step, string parts, CancellationToken cancellation)
    {
        await running.StepAsync(step, cancellation);
        while (true)
        {
            var (percent, unfinished) = await database.FindAsync(
                $"""
                SELECT CAST(avg(iif(state IN ('queued', 'running'), progress_percent, 100)) AS INTEGER), count(*) FILTER (WHERE state IN ('queued', 'running'))
                FROM operations WHERE parent_id = {running.Operation.Id}
                """, row => (row.NumberOrNull(0) ?? 100, row.Number(1)), cancellation);
            if (unfinished == 0) break;
            await running.ProgressAsync(percent / 100.0, cancellation);
            await running.PauseAsync(ShortestPoll, LongestPoll, cancellation);
        }
        var (count, failed, cancelled) = await CountAsync(running.Operation.Id, cancellation);
        if (failed > 0)
            throw new VolumeException(ErrorCode.Conflict, $"{failed} of {count} {parts} failed; the items tell why. Retrying repeats only those.");
        if (cancelled > 0) throw new VolumeException(ErrorCode.Conflict, $"{cancelled} of {count} {parts} were cancelled.");
        await operations.SucceedAsync(running.Attempt, cancellation);
    }

    /// <summary>How many there are, how many of them failed, and how many were cancelled.</summary>
    public Task<(long All, long Failed, long Cancelled)> CountAsync(OperationId operation, CancellationToken cancellation) =>
        database.FindAsync(
            $"""
            SELECT count(*), count(*) FILTER (WHERE item_state = {OperationState.Failed}), count(*) FILTER (WHERE item_state = {OperationState.Cancelled})
            FROM ({Parts(operation.Value)})
            """, row => (row.Number(0), row.Number(1), row.Number(2)), cancellation);

    /// <summary>One page of them; none where the operation is not on many.</summary>
    public async Task<Page<OperationItem>> ListAsync(string operation, PageOf page, CancellationToken cancellation)
    {
        var list = "items-" + operation;
        var items = await database.QueryAsync(
            $"""
            WITH p AS (SELECT * FROM ({Parts(operation)}) WHERE part > {page.After(list) ?? ""} ORDER BY part LIMIT {page.Limit + 1})
            SELECT p.id, p.kind, coalesce(p.volume_id, v.id), coalesce(s.provider_volume_id, w.provider_volume_id), s.id, s.provider_snapshot_id, p.item_state,
                CASE WHEN p.kind <> {OperationKind.CreateInstanceSnapshots} THEN p.progress_percent
                    WHEN p.item_state = {OperationState.Succeeded} THEN 100 ELSE s.progress_percent END, p.attempt,
                CASE WHEN p.kind <> {OperationKind.CreateInstanceSnapshots} THEN p.error_code
                    WHEN p.item_state = {OperationState.Failed} THEN coalesce(p.error_code, {Problems.Word(ErrorCode.Conflict)}) END,
                CASE WHEN p.kind <> {OperationKind.CreateInstanceSnapshots} THEN p.error_message ELSE coalesce(s.state_reason, p.error_message) END,
                CASE WHEN p.kind <> {OperationKind.CreateInstanceSnapshots} OR p.item_state = {OperationState.Failed} THEN p.provider_code END,
                CASE WHEN p.kind <> {OperationKind.CreateInstanceSnapshots} OR p.item_state = {OperationState.Failed} THEN p.provider_request_id END,
                iif(p.kind IN ({OperationKind.CreateSnapshot}, {OperationKind.CreateInstanceSnapshots}), coalesce(s.started_at, p.created_at), p.created_at),
                CASE WHEN p.kind <> {OperationKind.CreateInstanceSnapshots} THEN p.finished_at
                    WHEN p.item_state IN ({OperationState.Succeeded}, {OperationState.Failed}, {OperationState.Cancelled})
                    THEN min(s.updated_at, coalesce(p.finished_at, s.updated_at)) END
            FROM p LEFT JOIN snapshots s ON s.id = p.snapshot LEFT JOIN volumes w ON w.id = p.volume_id
                LEFT JOIN volumes v ON v.credential_id = s.credential_id AND v.provider_volume_id = s.provider_volume_id
            ORDER BY p.part
            """,
            row => new OperationItem(
                row.Text(0), row.Text(1), row.TextOrNull(2), row.TextOrNull(3), row.TextOrNull(4), row.TextOrNull(5), row.Text(6), (int)row.Number(7),
                (int)row.Number(8), row.TextOrNull(9) is { } code ? new OperationError(code, row.TextOrNull(10) ?? "") : null,
                row.TextOrNull(11), row.TextOrNull(12), row.Time(13), row.TimeOrNull(14)), cancellation);
        return page.Cut(
            items, list, last => last.Kind == OperationKind.CreateInstanceSnapshots ? last.SnapshotId! : last.OperationId, ApiJson.Wire.OperationItem);
    }
}
