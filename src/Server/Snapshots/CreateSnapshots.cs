using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Snapshots;

/// <summary>
/// Takes a snapshot of each volume of a selection: one operation whose items are operations of their own (<see cref="CreateSnapshot"/>,
/// and <see cref="CreateInstanceSnapshots"/> for an instance that is selected whole), so that each is taken exactly once, waits for its own limits
/// and fails alone. This one follows them to the last.
/// </summary>
sealed class CreateSnapshots(
    OperationStore operations, OperationItems items, IEnumerable<IVolumeProvider> providers, OperationSignals signals, TimeProvider time)
    : IOperationOnMany
{
    /// <summary>Volumes in one selection: more than a day of EBS's 100 pending snapshots a region.</summary>
    const int MaxVolumes = 100_000;

    /// <summary>Ids in one body.</summary>
    const int MaxIds = 10_000;

    /// <inheritdoc/>
    public string Kind => OperationKind.CreateSnapshots;

    /// <summary>Writes down all of it: the snapshots, pending, their operations, and the one that follows them.</summary>
    /// <exception cref="VolumeException">Invalid: the selection. Not found: an id. Quota exceeded: too many.</exception>
    public async Task<(Operation Operation, int Volumes)> EnqueueAsync(
        Transaction transaction, AccountId account, CreateSnapshotsRequest request, CancellationToken cancellation)
    {
        if (request.VolumeIds is null == request.Filter is null)
            throw new VolumeException(ErrorCode.Invalid, "Give volume_ids or a filter, one of the two; an empty filter {} is every volume.");
        if (request.VolumeIds is { Count: 0 or > MaxIds })
            throw new VolumeException(ErrorCode.Invalid, $"volume_ids has {request.VolumeIds.Count} ids; from 1 to {MaxIds} are allowed.");
        var filter = request.Filter is { } given ? SnapshotSelection.Matches(given) : (Sql)$"v.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(request.VolumeIds)}))";
        var enqueued = await EnqueueAsync(transaction, account, filter, cancellation);
        if (request.VolumeIds?.Distinct().Count() is { } wanted && wanted != enqueued.Volumes)
            throw new VolumeException(ErrorCode.Conflict,
                $"Of {wanted} volumes only {enqueued.Volumes} are in this account and available or in-use. None was taken.");
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
        var volumes = await SnapshotSelection.WriteAsync(transaction, parent, selection, providers, time.GetUtcNow(), cancellation);
        if (volumes == 0)
            throw new VolumeException(ErrorCode.NotFound, "No volume of this account that is available or in-use is in the selection.");
        if (volumes > MaxVolumes)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"The selection has {volumes} volumes; at most {MaxVolumes} are taken at once.");
        transaction.OnCommitted(signals.WakeRunner);
        return (parent, volumes);
    }
}
