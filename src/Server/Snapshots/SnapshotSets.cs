using System.Text.Json;
using Octavo.Core;
using Octavo.Server.Operations;

namespace Octavo.Server.Snapshots;

/// <summary>The rows of <c>snapshots</c> that one operation takes together: what is learnt of them is written in one transaction.</summary>
sealed class SnapshotSets(Database.Database database, OperationStore operations, TimeProvider time)
{
    /// <summary>All snapshots of an operation, whatever their state.</summary>
    public Task<List<SnapshotRow>> OfAsync(OperationId operation, CancellationToken cancellation) =>
        database.QueryAsync($"{SnapshotRow.Select} WHERE s.operation_id = {operation} ORDER BY s.id", SnapshotRow.Read, cancellation);

    /// <summary>Records what was taken; a snapshot that is not there is in error.</summary>
    public async Task RecordTakenAsync(
        OperationId operation, IReadOnlyList<ProviderSnapshot> taken, string missing, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        foreach (var snapshot in taken)
            await transaction.ExecuteAsync(
                $"""
                UPDATE snapshots SET provider_snapshot_id = {snapshot.Id}, progress_percent = {SnapshotStore.Percent(snapshot.Progress)},
                    volume_size_bytes = {snapshot.VolumeSize}, started_at = {snapshot.StartedAt}, updated_at = {time.GetUtcNow()}
                WHERE operation_id = {operation} AND provider_volume_id = {snapshot.Volume} AND state = {SnapshotState.Pending}
                """, cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE snapshots SET state = {SnapshotState.Error}, state_reason = {missing}, updated_at = {time.GetUtcNow()}
            WHERE operation_id = {operation} AND provider_snapshot_id IS NULL AND state = {SnapshotState.Pending}
            """, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Records how far the snapshots are that changed, and which of them are gone.</summary>
    public async Task RecordSeenAsync(
        OperationId operation, IReadOnlyList<ProviderSnapshot> changed, IReadOnlyList<string> gone, CancellationToken cancellation)
    {
        if (changed.Count + gone.Count == 0) return;
        await using var transaction = await database.BeginAsync(cancellation);
        foreach (var snapshot in changed)
        {
            var reason = snapshot.State == SnapshotState.Error ? snapshot.StateReason ?? "The provider could not complete the snapshot." : null;
            await transaction.ExecuteAsync(
                $"""
                UPDATE snapshots SET state = {snapshot.State}, state_reason = {reason},
                    progress_percent = {SnapshotStore.Percent(snapshot.Progress)}, stored_bytes = {snapshot.StoredBytes},
                    updated_at = {time.GetUtcNow()}
                WHERE operation_id = {operation} AND provider_snapshot_id = {snapshot.Id} AND state = {SnapshotState.Pending}
                """, cancellation);
        }
        await transaction.ExecuteAsync(
            $"""
            UPDATE snapshots SET state = {SnapshotState.Error}, state_reason = 'Somebody deleted the snapshot at the provider while it was being copied.',
                updated_at = {time.GetUtcNow()}
            WHERE operation_id = {operation} AND state = {SnapshotState.Pending}
              AND provider_snapshot_id IN (SELECT value FROM json_each({JsonSerializer.Serialize(gone)}))
            """, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Records that those under way will never be complete, and ends the operation as failed; what is completed stays.</summary>
    public async Task RecordErrorAsync(Attempt attempt, SnapshotState state, string reason, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE snapshots SET state = {state}, state_reason = {reason}, updated_at = {time.GetUtcNow()}
            WHERE operation_id = {attempt.Operation} AND state = {SnapshotState.Pending}
            """, cancellation);
        await operations.FailAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }
}
