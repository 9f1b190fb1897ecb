using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Volumes;

/// <summary>What the operation of bringing back needs: what to go back to where that fails.</summary>
sealed record Undeletion(long DeletedAt, long RestorableUntil);

[JsonSerializable(typeof(Undeletion))]
sealed partial class UndeletionJson : JsonSerializerContext;

/// <summary>Brings a deleted volume back, with its id and its bytes: one that Octavo keeps for a while, or one in the provider's recycle bin.</summary>
sealed class UndeleteVolume(VolumeStore volumes, OperationStore operations, Cells cells, TimeProvider time) : IOperationHandler
{
    /// <inheritdoc/>
    public string Kind => OperationKind.UndeleteVolume;

    /// <summary>Asks for it; it is listed again from now on, as being made.</summary>
    /// <exception cref="VolumeException">Not found. Conflict: it is not deleted, or cannot be brought back any more.</exception>
    public async Task<Operation> EnqueueAsync(Transaction transaction, AccountId account, string id, CancellationToken cancellation)
    {
        var volume = await volumes.ShowAsync(account, id, cancellation);
        if (volume.State != "deleted") throw new VolumeException(ErrorCode.Conflict, $"The volume is {volume.State}; only a deleted one can be brought back.");
        if (volume is not { DeletedAt: { } deleted, RestorableUntil: { } until } || until <= time.GetUtcNow())
            throw new VolumeException(ErrorCode.Conflict, "The volume cannot be brought back any more. Restore its last snapshot instead, if there is one.");
        await transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET state = {VolumeState.Creating}, deleted_at = NULL, restorable_until = NULL, updated_at = {time.GetUtcNow()}
            WHERE id = {id} AND state = {VolumeState.Deleted} AND restorable_until IS NOT NULL
            """, cancellation);
        return await operations.EnqueueAsync(
            transaction, account, OperationId.New(), Kind, cancellation, new VolumeId(id),
            input: JsonSerializer.Serialize(
                new Undeletion(deleted.ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds()), UndeletionJson.Default.Undeletion));
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        var id = new ProviderVolumeId(target.ProviderVolumeId!);
        await running.StepAsync("restoring", cancellation);
        var back = provider.Capabilities.CanUndelete
            ? await provider.UndeleteVolumeAsync(cell, id, running.Operation.Id, cancellation)
            : await provider.GetVolumeAsync(cell, id, cancellation);
        while (back.State == VolumeState.Creating)
        {
            await running.PauseAsync(provider, cancellation);
            back = await provider.GetVolumeAsync(cell, id, cancellation);
        }
        await volumes.RecordMadeAsync(running.Attempt, target, back, cancellation);
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var before = JsonSerializer.Deserialize(running.Operation.Input!, UndeletionJson.Default.Undeletion)!;
        await volumes.RecordNotUndeletedAsync(running.Attempt, target, before, cancellation);
    }
}
