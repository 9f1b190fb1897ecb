using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Volumes;

/// <summary>What the operation of a deletion needs: the state to go back to, how it was wished, and the operation of its final snapshot.</summary>
sealed record Deletion(string State, bool Purge = false, string? Snapshot = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Deletion))]
sealed partial class DeletionJson : JsonSerializerContext;

/// <summary>
/// Deletes a volume that nobody uses. It leaves the list when the deletion is accepted; where its final snapshot fails or the provider refuses, it is
/// listed again and the operation keeps the reason. Its snapshots stay. Where only Octavo owns the store, the volume is kept there for a while, so that it
/// can be brought back; elsewhere the provider's own recycle bin may do that.
/// </summary>
sealed class DeleteVolume(
    VolumeStore volumes, DeletePlans plans, OperationStore operations, OperationSignals signals, Cells cells, ServerOptions options, TimeProvider time)
    : IOperationHandler
{
    /// <summary>The provider has accepted it and is at it.</summary>
    const string Ending = "ending";

    static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public string Kind => OperationKind.DeleteVolume;

    /// <summary>Accepts the deletion of one volume: it is no longer listed from now on.</summary>
    /// <exception cref="VolumeException">Not found, or conflict: something is in the way.</exception>
    public async Task<Operation> EnqueueAsync(
        Transaction transaction, AccountId account, string id, DeleteWish wish, CancellationToken cancellation)
    {
        // Unknown, malformed and another account's are told alike.
        await volumes.GetAsync(account, id, cancellation);
        var plan = await plans.OfAsync(account, new Selection([id], true), wish, cancellation);
        if (plan.Volumes[0].Blockers is [var blocker, ..]) throw new VolumeException(ErrorCode.Conflict, blocker.Message);
        await OperationStore.RequireRoomAsync(transaction, account, cancellation);
        await WriteAsync(transaction, account, null, [id], wish, cancellation);
        return (await transaction.FindAsync(
            $"SELECT {Operation.Columns} FROM operations WHERE volume_id = {id} AND kind = {Kind} AND state = 'queued'", Operation.Read, cancellation))!;
    }

    /// <summary>Writes down the deletion of volumes that nothing prevents; returns how many those are.</summary>
    /// <param name="parent">The operation on many that they are part of.</param>
    public async Task<int> WriteAsync(
        Transaction transaction, AccountId account, OperationId? parent, IEnumerable<string> ids, DeleteWish wish, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        // One of them names what of it is new: the operations of this very deletion.
        var written = await transaction.QueryAsync(
            $"""
            INSERT INTO operations (id, account_id, kind, state, step, progress_percent, volume_id, input, attempt, failures, not_before, created_at,
                updated_at, parent_id)
            SELECT lower(hex(randomblob(16))), {account}, {Kind}, {OperationState.Queued}, {Operation.FirstStep}, 0, v.id,
                json_object('state', v.state, 'purge', json(iif({wish.Purge}, 'true', 'false')),
                    'snapshot', iif({wish.FinalSnapshot}, lower(hex(randomblob(16))), NULL)), 0, 0, 0, {now}, {now}, {parent?.Value}
            FROM volumes v WHERE v.account_id = {account} AND v.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(ids)})) AND {DeletePlans.IsFree}
            RETURNING id
            """, row => row.Text(0), cancellation);
        var deletions = JsonSerializer.Serialize(written);
        if (wish.FinalSnapshot) await WriteFinalSnapshotsAsync(transaction, deletions, now, cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET state = {VolumeState.Deleting}, deleted_at = {now}, updated_at = {now}
            WHERE id IN (SELECT o.volume_id FROM operations o WHERE o.id IN (SELECT value FROM json_each({deletions})))
            """, cancellation);
        transaction.OnCommitted(signals.WakeRunner);
        return written.Count;
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var wish = Wish(running.Operation);
        if (wish.Snapshot is { } snapshot && running.Operation.Step is Operation.FirstStep or Operation.SnapshottingStep)
            await FinalSnapshotAsync(running, new OperationId(snapshot), cancellation);
        DateTimeOffset? keptUntil = null;
        if (target.ProviderVolumeId is { } known)
        {
            var id = new ProviderVolumeId(known);
            var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
            if (provider.Capabilities.IsTheOnlyOwner && !wish.Purge && options.UndoWindow > TimeSpan.Zero)
            {
                await running.StepAsync("keeping", cancellation);
                if (await IsThereAsync(provider, cell, id, cancellation)) keptUntil = time.GetUtcNow() + options.UndoWindow;
            }
            else
            {
                if (running.Operation.Step != Ending) await running.StepAsync("deleting", cancellation);
                while (!await provider.DeleteVolumeAsync(cell, id, running.Operation.Id, cancellation))
                {
                    await running.StepAsync(Ending, cancellation);
                    await running.PauseAsync(provider, cancellation);
                }
                if (provider.Capabilities.CanUndelete) keptUntil = await InRecycleBinUntilAsync(target, provider, cell, id, cancellation);
            }
        }
        await volumes.RecordDeletedAsync(running.Attempt, target, keptUntil, cancellation);
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        await volumes.RecordNotDeletedAsync(running.Attempt, target, Wish(running.Operation).State, cancellation);
    }

    /// <summary>An operation of its own, and a row that it fills; it is the deletion's only part.</summary>
    static async Task WriteFinalSnapshotsAsync(Transaction transaction, string deletions, DateTimeOffset now, CancellationToken cancellation)
    {
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO operations (id, account_id, kind, state, step, progress_percent, volume_id, snapshot_id, attempt, failures, not_before, created_at,
                updated_at, parent_id)
            SELECT o.input ->> 'snapshot', o.account_id, {OperationKind.CreateSnapshot}, {OperationState.Queued}, {Operation.FirstStep}, 0, o.volume_id,
                lower(hex(randomblob(16))), 0, 0, 0, {now}, {now}, o.id
            FROM operations o WHERE o.id IN (SELECT value FROM json_each({deletions}))
            """, cancellation);
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO snapshots (id, account_id, credential_id, region, provider_volume_id, operation_id, state, progress_percent, volume_size_bytes,
                started_at, updated_at)
            SELECT s.snapshot_id, v.account_id, v.credential_id, v.region, v.provider_volume_id, s.id, {SnapshotState.Pending}, 0, v.size_bytes, {now}, {now}
            FROM operations o JOIN operations s ON s.id = o.input ->> 'snapshot' JOIN volumes v ON v.id = o.volume_id
            WHERE o.id IN (SELECT value FROM json_each({deletions}))
            """, cancellation);
    }

    /// <summary>Waits for its own snapshot, and for no other.</summary>
    async Task FinalSnapshotAsync(RunningOperation running, OperationId id, CancellationToken cancellation)
    {
        await running.StepAsync(Operation.SnapshottingStep, cancellation);
        Operation snapshot;
        while (!(snapshot = (await operations.FindAsync(id, cancellation))!).IsFinished)
        {
            await running.ProgressAsync(snapshot.ProgressPercent / 100.0, cancellation);
            await running.PauseAsync(ShortestPoll, LongestPoll, cancellation);
        }
        if (snapshot.State != OperationState.Succeeded)
            throw new VolumeException(ErrorCode.Conflict, $"There is no final snapshot, so the volume was not deleted: {snapshot.ErrorMessage}");
    }

    /// <summary>Whether the provider has it; it must not be in use.</summary>
    static async Task<bool> IsThereAsync(IVolumeProvider provider, Cell cell, ProviderVolumeId id, CancellationToken cancellation)
    {
        try
        {
            return (await provider.GetVolumeAsync(cell, id, cancellation)).State != VolumeState.InUse
                ? true
                : throw new VolumeException(ErrorCode.Conflict, "The volume is in use. Close the program that has it open for writing first.");
        }
        catch (VolumeException e) when (e.Code == ErrorCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Asks only where a rule covers it; what cannot be asked or is late is taken from the rule.</summary>
    async Task<DateTimeOffset?> InRecycleBinUntilAsync(
        VolumeTarget target, IVolumeProvider provider, Cell cell, ProviderVolumeId id, CancellationToken cancellation)
    {
        var rules = await cells.RetentionRulesAsync(target.CredentialId, target.Region, cancellation);
        if (DeletePlans.Covering(rules, target.Tags) is not { } rule) return null;
        try
        {
            if (await provider.DeletedUntilAsync(cell, id, cancellation) is { } until) return until;
        }
        catch (VolumeException)
        {
            // It is gone, and that is what counts.
        }
        return time.GetUtcNow() + TimeSpan.FromDays(rule.Days);
    }

    static Deletion Wish(Operation operation) => JsonSerializer.Deserialize(operation.Input!, DeletionJson.Default.Deletion)!;
}
