using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Snapshots;

/// <summary>
/// Takes a snapshot of each volume of a selection: one operation whose items are operations of their own (<see cref="CreateSnapshot"/>,
/// and <see cref="CreateInstanceSnapshots"/> for what is taken at one instant), so that each is taken exactly once, waits for its own limits
/// and fails alone. This one follows them to the last.
/// </summary>
sealed class CreateSnapshots(
    Database.Database database, OperationStore operations, OperationItems items, IEnumerable<IVolumeProvider> providers, OperationSignals signals, TimeProvider time)
    : IOperationOnMany
{
    /// <inheritdoc/>
    public string Kind => OperationKind.CreateSnapshots;

    /// <summary>What it would do.</summary>
    public async Task<SnapshotPlan> PlanAsync(AccountId account, Selection selection, CancellationToken cancellation)
    {
        var plan = await SnapshotsToTake.PlanAsync(database, account, Selected(selection), providers, cancellation);
        Require(selection, plan.Volumes);
        return plan;
    }

    /// <summary>Writes down all of it: the snapshots, pending, their operations, and the one that follows them.</summary>
    /// <exception cref="VolumeException">Not found: there is nothing to take. Conflict: of one that was named none can be taken.</exception>
    public async Task<(Operation Operation, int Volumes)> EnqueueAsync(
        Transaction transaction, AccountId account, Selection selection, CancellationToken cancellation)
    {
        var enqueued = await EnqueueAsync(transaction, account, Selected(selection), cancellation);
        Require(selection, enqueued.Volumes);
        return enqueued;
    }

    /// <inheritdoc/>
    public async Task<Operation> RetryAsync(Transaction transaction, Operation failed, CancellationToken cancellation) =>
        (await EnqueueAsync(transaction, failed.Account, OperationItems.FailedVolumes(failed.Id.Value), cancellation)).Operation;

    /// <inheritdoc/>
    public Task RunAsync(RunningOperation running, CancellationToken cancellation) => items.FollowAsync(running, "taking", "snapshots", cancellation);

    /// <inheritdoc/>
    public Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        operations.FailAsync(running.Attempt, cancellation);

    async Task<(Operation Operation, int Volumes)> EnqueueAsync(
        Transaction transaction, AccountId account, Sql selection, CancellationToken cancellation)
    {
        var parent = await operations.EnqueueAsync(transaction, account, OperationId.New(), Kind, cancellation);
        var volumes = await SnapshotsToTake.WriteAsync(transaction, parent, selection, providers, time.GetUtcNow(), cancellation);
        transaction.OnCommitted(signals.WakeRunner);
        return (parent, volumes);
    }

    static Sql Selected(Selection selection) => $"v.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(selection.Ids)}))";

    static void Require(Selection selection, long volumes)
    {
        if (selection.IsNamed && volumes != selection.Ids.Count)
            throw new VolumeException(ErrorCode.Conflict,
                $"Of {selection.Ids.Count} volumes only {volumes} are in this account and available or in-use. None was taken.");
        if (volumes == 0)
            throw new VolumeException(ErrorCode.NotFound, "No volume of this account that is available or in-use is in the selection.");
    }
}
