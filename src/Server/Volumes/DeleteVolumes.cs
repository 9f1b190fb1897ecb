using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Volumes;

/// <summary>
/// Deletes the volumes of a plan that was confirmed: one operation whose parts are deletions of their own (<see cref="DeleteVolume"/>), so that each waits
/// for its own snapshot and limits, and fails alone. This one follows them to the last.
/// </summary>
sealed class DeleteVolumes(DeleteVolume delete, DeletePlans plans, OperationStore operations, OperationItems items) : IOperationOnMany
{
    /// <inheritdoc/>
    public string Kind => OperationKind.DeleteVolumes;

    /// <summary>Carries out a plan, if it would be the same again.</summary>
    /// <exception cref="VolumeException">Conflict: it would be another one now.</exception>
    public async Task<(Operation Operation, int Volumes)> EnqueueAsync(
        Transaction transaction, AccountId account, Selection selection, DeleteWish wish, string confirm, CancellationToken cancellation)
    {
        Confirmation.Require((await plans.OfAsync(account, selection, wish, cancellation)).Confirm, confirm);
        return await EnqueueAsync(transaction, account, selection.Ids, wish, cancellation);
    }

    /// <inheritdoc/>
    public async Task<Operation> RetryAsync(Transaction transaction, Operation failed, CancellationToken cancellation)
    {
        var ids = await transaction.QueryAsync(
            $"SELECT volume_id FROM operations WHERE parent_id = {failed.Id} AND state = {OperationState.Failed}", row => row.Text(0), cancellation);
        return (await EnqueueAsync(transaction, failed.Account, ids, Wish(failed), cancellation)).Operation;
    }

    /// <inheritdoc/>
    public Task RunAsync(RunningOperation running, CancellationToken cancellation) => items.FollowAsync(running, "deleting", "deletions", cancellation);

    /// <inheritdoc/>
    public Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        operations.FailAsync(running.Attempt, cancellation);

    async Task<(Operation Operation, int Volumes)> EnqueueAsync(
        Transaction transaction, AccountId account, IEnumerable<string> ids, DeleteWish wish, CancellationToken cancellation)
    {
        var parent = await operations.EnqueueAsync(
            transaction, account, OperationId.New(), Kind, cancellation, input: JsonSerializer.Serialize(wish, DeleteWishJson.Default.DeleteWish));
        var written = await delete.WriteAsync(transaction, account, parent.Id, ids, wish, cancellation);
        return written > 0
            ? (parent, written)
            : throw Confirmation.NothingToDo();
    }

    static DeleteWish Wish(Operation operation) => JsonSerializer.Deserialize(operation.Input!, DeleteWishJson.Default.DeleteWish)!;
}

[JsonSerializable(typeof(DeleteWish))]
sealed partial class DeleteWishJson : JsonSerializerContext;
