using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Volumes;

/// <summary>The table <c>volumes</c>. Every transition is one conditional UPDATE; losing a race is a return value.</summary>
sealed class VolumeStore(
    Database.Database database, OperationStore operations, TimeProvider time)
{
    /// <summary>What is gone can be looked up so long, and no observation can be late for it.</summary>
    static readonly TimeSpan TombstoneAge = TimeSpan.FromDays(30);

    /// <summary>Every listed volume of an account, by creation and id: what v1 shows, in its order.</summary>
    public Task<List<VolumeRow>> ListAsync(AccountId account, CancellationToken cancellation) =>
        database.QueryAsync(
            $"{VolumeRow.SelectListed} AND v.account_id = {account} ORDER BY v.created_at, v.id", VolumeRow.Read, cancellation);

    /// <summary>A volume of the account as <c>/v2</c> shows it, also one that is gone, for as long as its tombstone is kept.</summary>
    /// <exception cref="VolumeException">Not found: unknown, malformed and another account's all alike.</exception>
    public async Task<Volume> ShowAsync(AccountId account, string id, CancellationToken cancellation) =>
        await database.FindAsync(
            $"{VolumeWire.Select} WHERE v.account_id = {account} AND v.id = {id}", VolumeWire.Read, cancellation)
        ?? throw NotFound();

    /// <summary>The same of some ids of an account, in their order; one that is not there any more is left out.</summary>
    public async Task<IReadOnlyList<Volume>> ShowAsync(IEnumerable<string> ids, CancellationToken cancellation)
    {
        string[] wanted = [.. ids];
        var found = (await database.QueryAsync(
            $"{VolumeWire.Select} WHERE v.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(wanted)}))", VolumeWire.Read, cancellation))
            .ToDictionary(volume => volume.Id);
        return [.. wanted.Where(found.ContainsKey).Select(id => found[id])];
    }

    /// <summary>A listed volume of the account.</summary>
    /// <exception cref="VolumeException">Not found: unknown, malformed, deleted and another account's all alike.</exception>
    public async Task<VolumeRow> GetAsync(AccountId account, string id, CancellationToken cancellation) =>
        await database.FindAsync(
            $"{VolumeRow.SelectListed} AND v.account_id = {account} AND v.id = {id}", VolumeRow.Read, cancellation)
        ?? throw NotFound();

    /// <summary>The volume that an unfinished operation works on, whatever its state; such a row is never pruned.</summary>
    public async Task<VolumeTarget> TargetAsync(Operation operation, CancellationToken cancellation) =>
        await database.FindAsync(
            $"SELECT id, account_id, credential_id, region, provider_volume_id, state, availability_zone, size_bytes, source_snapshot_id, name FROM volumes WHERE id = {operation.VolumeId}",
            row => new VolumeTarget(row.Text(0), new AccountId(row.Text(1)), row.Text(2), row.Text(3), row.TextOrNull(4),
                row.VolumeState(5), row.Text(6), new ByteSize(row.Number(7)), row.TextOrNull(8), row.Text(9)), cancellation)
        ?? throw new VolumeException(ErrorCode.Internal, $"Operation {operation.Id} has no volume.");

    /// <summary>Writes down a volume to be made, and the operation that will make it.</summary>
    public async Task<(Volume Volume, Operation Operation)> EnqueueMakingAsync(
        Transaction transaction, string kind, Cell cell, string name, string zone, ByteSize size, string? sourceSnapshot, string? input, bool isHeld,
        CancellationToken cancellation)
    {
        var id = VolumeId.New();
        var operation = OperationId.New();
        var now = WholeSecond(time.GetUtcNow());
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO volumes (id, account_id, credential_id, region, availability_zone, operation_id, name, state, size_bytes,
                source_snapshot_id, unattached_since, created_at, updated_at)
            VALUES ({id}, {cell.Account}, {cell.Credential}, {cell.Region}, {zone}, {operation}, {name}, {VolumeState.Creating}, {size},
                {sourceSnapshot}, {now}, {now}, {now})
            """, cancellation);
        var enqueued = await operations.EnqueueAsync(
            transaction, cell.Account, operation, kind, cancellation, id, input: input, isHeld: isHeld);
        var volume = await transaction.FindAsync($"{VolumeWire.Select} WHERE v.id = {id}", VolumeWire.Read, cancellation);
        return (volume!, enqueued);
    }

    /// <summary>Records a volume as made, and ends the operation that made it.</summary>
    public async Task RecordMadeAsync(Attempt attempt, VolumeTarget target, ProviderVolume made, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET provider_volume_id = {made.Id}, state = {made.State}, state_reason = {made.StateReason},
                size_bytes = {made.Size}, updated_at = {time.GetUtcNow()}
            WHERE id = {target.Id} AND state = {VolumeState.Creating}
            """, cancellation);
        await operations.SucceedAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Takes back a volume that could not be made, and ends the operation as failed.</summary>
    public async Task RecordNotMadeAsync(Attempt attempt, VolumeTarget target, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await MarkAsync(transaction, target.Id, VolumeState.Deleted, cancellation);
        await operations.FailAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>
    /// Accepts the deletion of a volume that is on nothing: it is no longer listed from now on. The operation's input is the state
    /// to go back to.
    /// </summary>
    /// <exception cref="VolumeException">Not found, or conflict: in use, or still being made.</exception>
    public async Task<Operation> EnqueueDeleteAsync(Transaction transaction, AccountId account, string id, CancellationToken cancellation)
    {
        var volume = await transaction.FindAsync(
            $"{VolumeRow.SelectListed} AND v.account_id = {account} AND v.id = {id}", VolumeRow.Read, cancellation) ?? throw NotFound();
        if (volume.State == VolumeState.InUse)
            throw new VolumeException(ErrorCode.Conflict, volume.InstanceId is { } instance
                ? $"The volume is in use: it is attached to instance {instance}{(volume.Device is { } device ? " as " + device : "")}. Detach it first."
                : "The volume is in use. Detach it, or close the program that has it open for writing, first.");
        if (volume.State == VolumeState.Creating)
            throw new VolumeException(ErrorCode.Conflict, "The volume is still being made. Wait for that to end first.");
        await MarkAsync(transaction, id, VolumeState.Deleting, cancellation);
        var operation = await operations.EnqueueAsync(
            transaction, account, OperationId.New(), OperationKind.DeleteVolume, cancellation, new VolumeId(id),
            input: States.Text(volume.State));
        return operation;
    }

    /// <summary>Records a volume as gone, and ends the operation that deleted it.</summary>
    public async Task RecordDeletedAsync(Attempt attempt, VolumeTarget target, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await MarkAsync(transaction, target.Id, VolumeState.Deleted, cancellation);
        await operations.SucceedAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Lists a volume again whose deletion was refused, and ends the operation as failed.</summary>
    public async Task RecordNotDeletedAsync(Attempt attempt, VolumeTarget target, string state, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"UPDATE volumes SET state = {state}, deleted_at = NULL, updated_at = {time.GetUtcNow()} WHERE id = {target.Id} AND state = {VolumeState.Deleting}",
            cancellation);
        await operations.FailAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Drops tombstones that no observation can be late for any more.</summary>
    public async Task PruneAsync(CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"DELETE FROM volumes WHERE state = {VolumeState.Deleted} AND updated_at < {time.GetUtcNow() - TombstoneAge}", cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Takes it off the lists.</summary>
    Task<int> MarkAsync(Transaction transaction, string id, VolumeState state, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"UPDATE volumes SET state = {state}, deleted_at = coalesce(deleted_at, {time.GetUtcNow()}), updated_at = {time.GetUtcNow()} WHERE id = {id}",
            cancellation);

    /// <summary>As v1 shows it.</summary>
    public static DateTimeOffset WholeSecond(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    static VolumeException NotFound() => new(ErrorCode.NotFound, "There is no such volume in this account.");
}

/// <summary>What a handler must know of the volume that it works on.</summary>
sealed record VolumeTarget(
    string Id, AccountId Account, string CredentialId, string Region, string? ProviderVolumeId, VolumeState State, string AvailabilityZone,
    ByteSize Size, string? SourceSnapshotId, string Name);
