using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Snapshots;

/// <summary>
/// Deletes the snapshots of a plan that was confirmed: one operation whose parts are deletions of their own (<see cref="DeleteSnapshot"/>).
/// </summary>
sealed class DeleteSnapshots(
    Database.Database database, OperationStore operations, OperationItems items, OperationSignals signals, TimeProvider time) : IOperationOnMany
{
    /// <summary>Snapshots that a plan shows; it counts all.</summary>
    const int MaxShown = 1000;

    static readonly Blocker IsPending = new("pending", "The snapshot is just being taken. Try again in a moment, or cancel its operation.");

    /// <summary>Snapshots <c>s</c> that nothing prevents from being deleted: the provider has begun to take them, or never will.</summary>
    static readonly Sql IsFree = $"(s.state IN ('pending', 'completed', 'error') AND (s.provider_snapshot_id IS NOT NULL OR s.state <> 'pending'))";

    /// <inheritdoc/>
    public string Kind => OperationKind.DeleteSnapshots;

    /// <summary>What it would do. Changes nothing.</summary>
    /// <exception cref="VolumeException">Not found: one that was named is not in the account.</exception>
    public async Task<SnapshotDeletePlan> PlanAsync(AccountId account, Selection selection, CancellationToken cancellation)
    {
        var found = await database.QueryAsync(
            $"""
            {SnapshotWire.Select} WHERE s.account_id = {account} AND s.state NOT IN ('deleting', 'deleted')
              AND s.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(selection.Ids)})) ORDER BY s.id
            """, SnapshotWire.Read, cancellation);
        if (selection.IsNamed && selection.Ids.Except(found.Select(s => s.Id)).FirstOrDefault() is { } unknown)
            throw new VolumeException(ErrorCode.NotFound, $"There is no snapshot {unknown} in this account.");
        var planned = found.ConvertAll(
            s => new PlannedSnapshotDeletion(s, s.State == "pending" && s.ProviderSnapshotId is null ? [IsPending] : []));
        var goes = planned.Where(p => p.Blockers.Count == 0).ToList();
        return new SnapshotDeletePlan(
            [.. planned.OrderByDescending(p => p.Blockers.Count).Take(MaxShown)], goes.Count, planned.Count - goes.Count,
            goes.Sum(p => p.Snapshot.StoredBytes ?? 0), Confirmation.Of(goes.Select(p => p.Snapshot.Id), ""));
    }

    /// <summary>Carries out a plan, if it would be the same again.</summary>
    /// <exception cref="VolumeException">Conflict: it would be another one now.</exception>
    public async Task<(Operation Operation, int Snapshots)> EnqueueAsync(
        Transaction transaction, AccountId account, Selection selection, string confirm, CancellationToken cancellation)
    {
        Confirmation.Require((await PlanAsync(account, selection, cancellation)).Confirm, confirm);
        return await EnqueueAsync(transaction, account, selection.Ids, cancellation);
    }

    /// <inheritdoc/>
    public async Task<Operation> RetryAsync(Transaction transaction, Operation failed, CancellationToken cancellation)
    {
        var ids = await transaction.QueryAsync(
            $"SELECT snapshot_id FROM operations WHERE parent_id = {failed.Id} AND state = {OperationState.Failed}", row => row.Text(0), cancellation);
        return (await EnqueueAsync(transaction, failed.Account, ids, cancellation)).Operation;
    }

    /// <inheritdoc/>
    public Task RunAsync(RunningOperation running, CancellationToken cancellation) => items.FollowAsync(running, "deleting", "deletions", cancellation);

    /// <inheritdoc/>
    public Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        operations.FailAsync(running.Attempt, cancellation);

    async Task<(Operation Operation, int Snapshots)> EnqueueAsync(
        Transaction transaction, AccountId account, IEnumerable<string> ids, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var parent = await operations.EnqueueAsync(transaction, account, OperationId.New(), Kind, cancellation);
        var written = await transaction.ExecuteAsync(
            $"""
            INSERT INTO operations (id, account_id, kind, state, step, progress_percent, snapshot_id, input, attempt, failures, not_before, created_at,
                updated_at, parent_id)
            SELECT lower(hex(randomblob(16))), {account}, {OperationKind.DeleteSnapshot}, {OperationState.Queued}, {Operation.FirstStep}, 0, s.id, s.state,
                0, 0, 0, {now}, {now}, {parent.Id}
            FROM snapshots s WHERE s.account_id = {account} AND s.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(ids)})) AND {IsFree}
            """, cancellation);
        if (written == 0) throw Confirmation.NothingToDo();
        await transaction.ExecuteAsync(
            $"""
            UPDATE snapshots SET state = {SnapshotState.Deleting}, updated_at = {now}
            WHERE id IN (SELECT snapshot_id FROM operations WHERE parent_id = {parent.Id})
            """, cancellation);
        transaction.OnCommitted(signals.WakeRunner);
        return (parent, written);
    }
}
