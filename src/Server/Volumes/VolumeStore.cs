using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
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

    /// <summary>The same of some ids that were read from the account's own rows, in no order; one that is not there any more is left out.</summary>
    public Task<List<Volume>> ShowAsync(IEnumerable<string> ids, CancellationToken cancellation) => database.QueryAsync(
        $"{VolumeWire.Select} WHERE v.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(ids)}))", VolumeWire.Read, cancellation);

    /// <summary>The same of a page of the index, in its order; one that is not there any more is left out.</summary>
    public async Task<IReadOnlyList<Volume>> ShowAsync(IReadOnlyList<IndexedSnapshots> page, CancellationToken cancellation)
    {
        var known = page.ToDictionary(volume => volume.Id);
        var found = (await database.QueryAsync(
            $"{VolumeWire.SelectWithoutSnapshots} WHERE v.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(known.Keys)}))",
            row => VolumeWire.Read(row, known[row.Text(0)].Count, known[row.Text(0)].LastAt), cancellation)).ToDictionary(volume => volume.Id);
        return [.. page.Where(volume => found.ContainsKey(volume.Id)).Select(volume => found[volume.Id])];
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
            $"""
            SELECT id, account_id, credential_id, region, provider_volume_id, state, availability_zone, size_bytes, source_snapshot_id, name, tags
            FROM volumes WHERE id = {operation.VolumeId}
            """,
            row => new VolumeTarget(row.Text(0), new AccountId(row.Text(1)), row.Text(2), row.Text(3), row.TextOrNull(4),
                row.VolumeState(5), row.Text(6), new ByteSize(row.Number(7)), row.TextOrNull(8), row.Text(9), Tags.Parse(row.TextOrNull(10))), cancellation)
        ?? throw new VolumeException(ErrorCode.Internal, $"Operation {operation.Id} has no volume.");

    /// <summary>Writes down a volume to be made, and the operation that will make it.</summary>
    public async Task<(Volume Volume, Operation Operation)> EnqueueMakingAsync(
        Transaction transaction, VolumeToMake make, CancellationToken cancellation)
    {
        var id = VolumeId.New();
        var operation = OperationId.New();
        var now = WholeSecond(time.GetUtcNow());
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO volumes (id, account_id, credential_id, region, availability_zone, operation_id, name, state, size_bytes,
                source_snapshot_id, volume_type, mount_point, is_protected, tags, unattached_since, created_at, updated_at)
            VALUES ({id}, {make.Cell.Account}, {make.Cell.Credential}, {make.Cell.Region}, {make.Zone}, {operation}, {make.Name},
                {VolumeState.Creating}, {make.Size}, {make.SourceSnapshot}, {make.VolumeType}, {make.MountPoint}, {make.IsProtected},
                {Tags.Text(make.Tags)}, {now}, {now}, {now})
            """, cancellation);
        var enqueued = await operations.EnqueueAsync(
            transaction, make.Cell.Account, operation, make.Kind, cancellation, id, input: make.Input, isHeld: make.IsHeld);
        var volume = await transaction.FindAsync($"{VolumeWire.Select} WHERE v.id = {id}", VolumeWire.Read, cancellation);
        return (volume!, enqueued);
    }

    /// <summary>Records a volume as made, and ends the operation that made it.</summary>
    public async Task RecordMadeAsync(Attempt attempt, VolumeTarget target, ProviderVolume made, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET provider_volume_id = {made.Id}, state = {made.State}, state_reason = {made.StateReason}, size_bytes = {made.Size},
                used_bytes = {made.UsedBytes}, volume_type = {made.VolumeType}, iops = {made.Iops}, throughput_mibps = {made.ThroughputMiBps},
                is_encrypted = {made.IsEncrypted}, kms_key_id = {made.KmsKeyId}, updated_at = {time.GetUtcNow()}
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

    /// <summary>Records a volume as gone, and ends the operation that deleted it.</summary>
    /// <param name="keptUntil">It can be brought back so long; null where it cannot.</param>
    public async Task RecordDeletedAsync(Attempt attempt, VolumeTarget target, DateTimeOffset? keptUntil, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await MarkAsync(transaction, target.Id, VolumeState.Deleted, cancellation);
        await transaction.ExecuteAsync($"UPDATE volumes SET restorable_until = {keptUntil} WHERE id = {target.Id} AND {keptUntil} IS NOT NULL", cancellation);
        await operations.SucceedAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Records that the space of a deleted volume is free, and ends the operation that freed it.</summary>
    public async Task RecordPurgedAsync(Attempt attempt, VolumeTarget target, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync($"UPDATE volumes SET used_bytes = 0, updated_at = {time.GetUtcNow()} WHERE id = {target.Id}", cancellation);
        await operations.SucceedAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Keeps a deleted volume for longer whose space could not be freed, and ends the operation as failed.</summary>
    public async Task RecordNotPurgedAsync(Attempt attempt, VolumeTarget target, DateTimeOffset keptUntil, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"UPDATE volumes SET restorable_until = {keptUntil}, updated_at = {time.GetUtcNow()} WHERE id = {target.Id} AND state = {VolumeState.Deleted}",
            cancellation);
        await operations.FailAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Takes a volume off the list again that could not be brought back, and ends the operation as failed.</summary>
    public async Task RecordNotUndeletedAsync(Attempt attempt, VolumeTarget target, Undeletion before, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET state = {VolumeState.Deleted}, deleted_at = {before.DeletedAt}, restorable_until = {before.RestorableUntil},
                updated_at = {time.GetUtcNow()}
            WHERE id = {target.Id} AND state = {VolumeState.Creating}
            """, cancellation);
        await operations.FailAsync(transaction, attempt, cancellation);
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
            $"DELETE FROM volumes WHERE state = {VolumeState.Deleted} AND restorable_until IS NULL AND updated_at < {time.GetUtcNow() - TombstoneAge}", cancellation);
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
    ByteSize Size, string? SourceSnapshotId, string Name, IReadOnlyDictionary<string, string> Tags);

/// <summary>A volume that is to be made.</summary>
/// <param name="Kind">The kind of operation that makes it.</param>
/// <param name="Cell">Where.</param>
/// <param name="Name">Its name.</param>
/// <param name="Zone">One of the cell's zones.</param>
/// <param name="Size">Its size, as far as it is known yet.</param>
sealed record VolumeToMake(string Kind, Cell Cell, string Name, string Zone, ByteSize Size)
{
    /// <summary>The provider's id of the snapshot to make it from.</summary>
    public string? SourceSnapshot { get; init; }

    public string? VolumeType { get; init; }

    public string? MountPoint { get; init; }

    public bool IsProtected { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>What its operation needs beyond this.</summary>
    public string? Input { get; init; }

    /// <summary>Its operation is not to be begun before it is released.</summary>
    public bool IsHeld { get; init; }
}
