using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Snapshots;

/// <summary>
/// Takes a snapshot of each volume of a selection: one operation whose items are operations of their own (<see cref="CreateSnapshot"/>,
/// and <see cref="CreateInstanceSnapshots"/> for an instance that is selected whole), so that each is taken exactly once, waits for its own limits
/// and fails alone. This one follows them to the last.
/// </summary>
sealed class CreateSnapshots(
    Database.Database database, OperationStore operations, SnapshotItems items, IEnumerable<IVolumeProvider> providers,
    OperationSignals signals, TimeProvider time) : IOperationHandler
{
    /// <summary>Volumes in one selection: more than a day of EBS's 100 pending snapshots a region.</summary>
    const int MaxVolumes = 100_000;

    /// <summary>Ids in one body.</summary>
    const int MaxIds = 10_000;

    static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(5);

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

    /// <summary>Asks once more for the volumes whose items failed.</summary>
    /// <exception cref="VolumeException">Not found. Conflict: it is not one on many, has not ended, or nothing failed.</exception>
    public async Task<(Operation Operation, int Volumes)> RetryAsync(
        Transaction transaction, AccountId account, string id, CancellationToken cancellation)
    {
        var before = await operations.GetAsync(account, id, cancellation);
        if (before.Kind != Kind) throw new VolumeException(ErrorCode.Conflict, "Only an operation on many volumes can be retried.");
        if (!before.IsFinished) throw new VolumeException(ErrorCode.Conflict, "The operation has not ended yet.");
        if ((await items.CountAsync(before.Id, cancellation)).Failed == 0) throw new VolumeException(ErrorCode.Conflict, "Nothing of it failed.");
        return await EnqueueAsync(transaction, account, SnapshotItems.FailedVolumes(id), cancellation);
    }

    /// <summary>One page of what came of each volume; none where the operation is not on many.</summary>
    public async Task<Page<OperationItem>> ItemsAsync(AccountId account, string id, PageOf page, CancellationToken cancellation)
    {
        await operations.GetAsync(account, id, cancellation);
        return await items.ListAsync(id, page, cancellation);
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        await running.StepAsync("taking", cancellation);
        while (true)
        {
            var (parts, unfinished) = await database.FindAsync(
                $"""
                SELECT count(*), count(*) FILTER (WHERE state IN ('queued', 'running'))
                FROM operations WHERE parent_id = {running.Operation.Id}
                """, row => (row.Number(0), row.Number(1)), cancellation);
            if (unfinished == 0) break;
            await running.ProgressAsync((double)(parts - unfinished) / parts, cancellation);
            await running.PauseAsync(ShortestPoll, LongestPoll, cancellation);
        }
        var (all, failed) = await items.CountAsync(running.Operation.Id, cancellation);
        if (failed > 0)
            throw new VolumeException(ErrorCode.Conflict, $"{failed} of {all} snapshots failed; the items tell why. Retrying repeats only those.");
        await using var transaction = await database.BeginAsync(cancellation);
        await operations.SucceedAsync(transaction, running.Attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await operations.FailAsync(transaction, running.Attempt, cancellation);
        await transaction.CommitAsync();
    }

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
