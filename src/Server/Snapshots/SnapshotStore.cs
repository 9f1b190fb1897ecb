using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Operations;
using Octavo.Server.Volumes;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Snapshots;

/// <summary>The table <c>snapshots</c>. Every transition is one conditional UPDATE; losing a race is a return value.</summary>
sealed class SnapshotStore(Database.Database database, OperationStore operations, TimeProvider time)
{
    /// <summary>Tombstones are kept so long, for observations that come late.</summary>
    static readonly TimeSpan TombstoneAge = TimeSpan.FromDays(1);

    /// <summary>A listed snapshot of the account as <c>/v2</c> shows it, by Octavo's id or the provider's.</summary>
    /// <exception cref="VolumeException">Not found, as for <see cref="GetAsync"/>.</exception>
    public async Task<Snapshot> ShowAsync(AccountId account, string id, CancellationToken cancellation) =>
        await database.FindAsync($"{SnapshotWire.Select} WHERE {IsNamed(account, id)}", SnapshotWire.Read, cancellation) ?? throw NotFound();

    /// <summary>The same of some ids of an account, in their order; one that is not there any more is left out.</summary>
    public async Task<IReadOnlyList<Snapshot>> ShowAsync(IEnumerable<string> ids, CancellationToken cancellation)
    {
        string[] wanted = [.. ids];
        var found = (await database.QueryAsync(
            $"{SnapshotWire.Select} WHERE s.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(wanted)}))", SnapshotWire.Read, cancellation))
            .ToDictionary(snapshot => snapshot.Id);
        return [.. wanted.Where(found.ContainsKey).Select(id => found[id])];
    }

    /// <summary>Every snapshot of a volume that the provider has, newest first: what v1 shows, in its order.</summary>
    public Task<List<SnapshotRow>> OfVolumeAsync(VolumeRow volume, CancellationToken cancellation) =>
        database.QueryAsync(
            $"""
            {SnapshotRow.Select} WHERE s.credential_id = {volume.CredentialId} AND s.provider_volume_id = {volume.ProviderVolumeId}
              AND s.provider_snapshot_id IS NOT NULL AND s.state NOT IN ('deleting', 'deleted')
            ORDER BY s.started_at DESC, s.id DESC
            """, SnapshotRow.Read, cancellation);

    /// <summary>A listed snapshot of the account, by Octavo's id or the provider's.</summary>
    /// <exception cref="VolumeException">Not found: unknown, malformed, deleted and another account's all alike.</exception>
    public async Task<SnapshotRow> GetAsync(AccountId account, string id, CancellationToken cancellation) =>
        await database.FindAsync($"{SnapshotRow.Select} WHERE {IsNamed(account, id)}", SnapshotRow.Read, cancellation) ?? throw NotFound();

    /// <summary>The snapshot that an operation works on, whatever its state; for handlers.</summary>
    public async Task<SnapshotRow> TargetAsync(Operation operation, CancellationToken cancellation) =>
        await database.FindAsync($"{SnapshotRow.Select} WHERE s.id = {operation.SnapshotId}", SnapshotRow.Read, cancellation)
        ?? throw new VolumeException(ErrorCode.Internal, $"Operation {operation.Id} has no snapshot.");

    /// <summary>Writes down a snapshot to be taken, and the operation that will take it.</summary>
    /// <exception cref="VolumeException">Not found, or conflict: the volume is being made, or in error.</exception>
    public async Task<(Snapshot Snapshot, Operation Operation)> EnqueueCreateAsync(
        Transaction transaction, AccountId account, string volumeId, CancellationToken cancellation)
    {
        var volume = await transaction.FindAsync(
            $"{VolumeRow.SelectListed} AND v.account_id = {account} AND v.id = {volumeId}", VolumeRow.Read, cancellation)
            ?? throw new VolumeException(ErrorCode.NotFound, "There is no such volume in this account.");
        if (volume.State is not (VolumeState.Available or VolumeState.InUse) || volume.ProviderVolumeId is null)
            throw new VolumeException(ErrorCode.Conflict,
                $"The volume is {States.Text(volume.State)}; a snapshot can be taken while it is available or in-use."
                + (volume.StateReason is { } reason ? " " + reason : ""));
        var id = InternalId.New();
        var operation = OperationId.New();
        var now = time.GetUtcNow();
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO snapshots (id, account_id, credential_id, region, provider_volume_id, operation_id, state, progress_percent,
                volume_size_bytes, started_at, updated_at)
            VALUES ({id}, {account}, {volume.CredentialId}, {volume.Region}, {volume.ProviderVolumeId}, {operation},
                {SnapshotState.Pending}, 0, {volume.Size}, {now}, {now})
            """, cancellation);
        var enqueued = await operations.EnqueueAsync(
            transaction, account, operation, OperationKind.CreateSnapshot, cancellation, new VolumeId(volumeId), id);
        var row = await transaction.FindAsync($"{SnapshotWire.Select} WHERE s.id = {id}", SnapshotWire.Read, cancellation);
        return (row!, enqueued);
    }

    /// <summary>Records what the provider says of a snapshot under way; false where it is no longer pending here.</summary>
    public async Task<bool> RecordProgressAsync(string id, ProviderSnapshot seen, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        var isPending = await WriteAsync(transaction, id, seen, SnapshotState.Pending, cancellation);
        await transaction.CommitAsync();
        return isPending;
    }

    /// <summary>Records a snapshot as completed, and ends the operation that took it.</summary>
    public async Task RecordCompletedAsync(Attempt attempt, string id, ProviderSnapshot seen, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await WriteAsync(transaction, id, seen, SnapshotState.Completed, cancellation);
        await operations.SucceedAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Records that a snapshot will never be complete, and ends the operation as failed.</summary>
    public async Task RecordErrorAsync(Attempt attempt, string id, string reason, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE snapshots SET state = {SnapshotState.Error}, state_reason = {reason}, updated_at = {time.GetUtcNow()}
            WHERE id = {id} AND state = {SnapshotState.Pending}
            """, cancellation);
        await operations.FailAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Records that a snapshot is not wanted any more, and ends the operation as cancelled.</summary>
    public async Task RecordCancelledAsync(Attempt attempt, string id, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"UPDATE snapshots SET state = {SnapshotState.Deleted}, updated_at = {time.GetUtcNow()} WHERE id = {id} AND state = {SnapshotState.Pending}",
            cancellation);
        await operations.FailAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Accepts the deletion of a snapshot: it is no longer listed from now on. The input is the state to go back to.</summary>
    /// <exception cref="VolumeException">Conflict: the provider has not begun to take it yet.</exception>
    public async Task<Operation> EnqueueDeleteAsync(Transaction transaction, AccountId account, SnapshotRow snapshot, CancellationToken cancellation)
    {
        var marked = await transaction.ExecuteAsync(
            $"""
            UPDATE snapshots SET state = {SnapshotState.Deleting}, updated_at = {time.GetUtcNow()}
            WHERE id = {snapshot.Id} AND state = {snapshot.State}
              AND (provider_snapshot_id IS NOT NULL OR state <> {SnapshotState.Pending})
            """, cancellation);
        if (marked == 0)
            throw new VolumeException(ErrorCode.Conflict, "The snapshot is just being taken. Try again in a moment.");
        return await operations.EnqueueAsync(
            transaction, account, OperationId.New(), OperationKind.DeleteSnapshot, cancellation, snapshot: snapshot.Id,
            input: States.Text(snapshot.State));
    }

    /// <summary>Records a snapshot as gone, and ends the operation that deleted it.</summary>
    public async Task RecordDeletedAsync(Attempt attempt, string id, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"UPDATE snapshots SET state = {SnapshotState.Deleted}, updated_at = {time.GetUtcNow()} WHERE id = {id}", cancellation);
        await operations.SucceedAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Lists a snapshot again whose deletion was refused, and ends the operation as failed.</summary>
    public async Task RecordNotDeletedAsync(Attempt attempt, string id, string state, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"UPDATE snapshots SET state = {state}, updated_at = {time.GetUtcNow()} WHERE id = {id} AND state = {SnapshotState.Deleting}",
            cancellation);
        await operations.FailAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Drops tombstones that no observation can be late for any more.</summary>
    public async Task PruneAsync(CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"DELETE FROM snapshots WHERE state = {SnapshotState.Deleted} AND updated_at < {time.GetUtcNow() - TombstoneAge}", cancellation);
        await transaction.CommitAsync();
    }

    static Sql IsNamed(AccountId account, string id) =>
        $"s.account_id = {account} AND (s.id = {id} OR s.provider_snapshot_id = {id}) AND s.state NOT IN ('deleting', 'deleted')";

    static VolumeException NotFound() => new(ErrorCode.NotFound, "There is no such snapshot in this account.");

    async Task<bool> WriteAsync(
        Transaction transaction, string id, ProviderSnapshot seen, SnapshotState state, CancellationToken cancellation) =>
        await transaction.ExecuteAsync(
            $"""
            UPDATE snapshots SET provider_snapshot_id = {seen.Id}, state = {state}, progress_percent = {Percent(seen.Progress)},
                volume_size_bytes = {seen.VolumeSize}, stored_bytes = {seen.StoredBytes}, started_at = {seen.StartedAt},
                updated_at = {time.GetUtcNow()}
            WHERE id = {id} AND state = {SnapshotState.Pending}
            """, cancellation) == 1;

    /// <summary>A fraction in whole percent, rounded down: 100 means all of it.</summary>
    public static int Percent(double fraction) => Math.Clamp((int)(fraction * 100), 0, 100);
}
