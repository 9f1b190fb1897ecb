using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Snapshots;

/// <summary>
/// Takes a snapshot of each volume of a selection: one operation whose items are operations of their own (<see cref="CreateSnapshot"/>), so
/// that each is taken exactly once, waits for its own limits and fails alone. This one follows them to the last.
/// </summary>
sealed class CreateSnapshots(
    Database.Database database, OperationStore operations, OperationSignals signals, TimeProvider time) : IOperationHandler
{
    /// <summary>Volumes in one selection: more than a day of EBS's 100 pending snapshots a region.</summary>
    const int MaxVolumes = 100_000;

    /// <summary>Ids in one body.</summary>
    const int MaxIds = 10_000;

    static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public string Kind => OperationKind.CreateSnapshots;

    /// <summary>Writes down all of it: the snapshots, pending, their operations, and the one that follows them.</summary>
    /// <exception cref="VolumeException">Invalid: the selection. Not found: an id. Quota exceeded: too many.</exception>
    public async Task<Operation> EnqueueAsync(AccountId account, CreateSnapshotsRequest request, CancellationToken cancellation)
    {
        if (request.VolumeIds is null == request.Filter is null)
            throw new VolumeException(ErrorCode.Invalid, "Give volume_ids or a filter, one of the two; an empty filter {} is every volume.");
        if (request.VolumeIds is { Count: 0 or > MaxIds })
            throw new VolumeException(ErrorCode.Invalid, $"volume_ids has {request.VolumeIds.Count} ids; from 1 to {MaxIds} are allowed.");
        await using var transaction = await database.BeginAsync(cancellation);
        var filter = request.Filter is { } given ? Matches(given) : (Sql)$"v.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(request.VolumeIds)}))";
        var enqueued = await EnqueueAsync(transaction, account, filter, cancellation);
        if (request.VolumeIds?.Distinct().Count() is { } wanted && wanted != enqueued.Volumes)
            throw new VolumeException(ErrorCode.Conflict,
                $"Of {wanted} volumes only {enqueued.Volumes} are in this account and available or in-use. None was taken.");
        await transaction.CommitAsync();
        return enqueued.Operation;
    }

    /// <summary>Asks once more for the volumes whose items failed.</summary>
    /// <exception cref="VolumeException">Not found. Conflict: it is not one on many, has not ended, or nothing failed.</exception>
    public async Task<Operation> RetryAsync(AccountId account, string id, CancellationToken cancellation)
    {
        var before = await OfAccountAsync(account, id, cancellation);
        if (before.Kind != Kind) throw new VolumeException(ErrorCode.Conflict, "Only an operation on many volumes can be retried.");
        if (!before.IsFinished) throw new VolumeException(ErrorCode.Conflict, "The operation has not ended yet.");
        await using var transaction = await database.BeginAsync(cancellation);
        var enqueued = await EnqueueAsync(transaction, account,
            $"v.id IN (SELECT volume_id FROM operations WHERE parent_id = {id} AND state = {OperationState.Failed})", cancellation);
        await transaction.CommitAsync();
        return enqueued.Operation;
    }

    /// <summary>One page of what came of each volume; none where the operation is not on many.</summary>
    public async Task<Page<OperationItem>> ItemsAsync(AccountId account, string id, PageOf page, CancellationToken cancellation)
    {
        await OfAccountAsync(account, id, cancellation);
        var list = "items-" + id;
        var items = await database.QueryAsync(
            $"""
            SELECT o.id, o.volume_id, s.provider_volume_id, s.id, s.provider_snapshot_id, o.state, o.progress_percent, o.attempt, o.error_code,
                o.error_message, o.provider_code, o.provider_request_id, s.started_at, o.finished_at
            FROM operations o JOIN snapshots s ON s.id = o.snapshot_id
            WHERE o.parent_id = {id} AND o.id > {page.After(list) ?? ""} ORDER BY o.id LIMIT {page.Limit + 1}
            """,
            row => new OperationItem(
                row.Text(0), row.TextOrNull(1), row.Text(2), row.Text(3), row.TextOrNull(4), row.Text(5), (int)row.Number(6),
                (int)row.Number(7), row.TextOrNull(8) is { } code ? new OperationError(code, row.TextOrNull(9) ?? "") : null,
                row.TextOrNull(10), row.TextOrNull(11), row.Time(12), row.TimeOrNull(13)), cancellation);
        return page.Cut(items, list, last => last.OperationId);
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        await running.StepAsync("taking", cancellation);
        while (true)
        {
            var (all, unfinished, failed) = await database.FindAsync(
                $"""
                SELECT count(*), count(*) FILTER (WHERE state IN ('queued', 'running')), count(*) FILTER (WHERE state = 'failed')
                FROM operations WHERE parent_id = {running.Operation.Id}
                """, row => (row.Number(0), row.Number(1), row.Number(2)), cancellation);
            if (unfinished == 0)
            {
                if (failed > 0)
                    throw new VolumeException(ErrorCode.Conflict, $"{failed} of {all} snapshots failed; the items tell why. Retrying repeats only those.");
                break;
            }
            await running.ProgressAsync((double)(all - unfinished) / all, cancellation);
            await running.PauseAsync(LongestPoll, time, cancellation);
        }
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
        Transaction transaction, AccountId account, Sql filter, CancellationToken cancellation)
    {
        var parent = await operations.EnqueueAsync(transaction, account, OperationId.New(), Kind, cancellation);
        var now = time.GetUtcNow();
        var volumes = await transaction.ExecuteAsync(
            $"""
            INSERT INTO operations (id, account_id, kind, state, step, progress_percent, volume_id, snapshot_id, attempt, failures,
                not_before, created_at, updated_at, parent_id)
            SELECT lower(hex(randomblob(16))), {account}, {OperationKind.CreateSnapshot}, {OperationState.Queued}, {Operation.FirstStep}, 0,
                v.id, lower(hex(randomblob(16))), 0, 0, 0, {now}, {now}, {parent.Id}
            FROM volumes v JOIN credentials c ON c.id = v.credential_id
            WHERE v.account_id = {account} AND v.state IN ('available', 'in-use') AND v.provider_volume_id IS NOT NULL AND {filter}
            """, cancellation);
        if (volumes == 0)
            throw new VolumeException(ErrorCode.NotFound, "No volume of this account that is available or in-use is in the selection.");
        if (volumes > MaxVolumes)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"The selection has {volumes} volumes; at most {MaxVolumes} are taken at once.");
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO snapshots (id, account_id, credential_id, region, provider_volume_id, operation_id, state, progress_percent,
                volume_size_bytes, started_at, updated_at)
            SELECT o.snapshot_id, o.account_id, v.credential_id, v.region, v.provider_volume_id, o.id, {SnapshotState.Pending}, 0,
                v.size_bytes, {now}, {now}
            FROM operations o JOIN volumes v ON v.id = o.volume_id WHERE o.parent_id = {parent.Id}
            """, cancellation);
        transaction.OnCommitted(signals.WakeRunner);
        return (parent, volumes);
    }

    async Task<Operation> OfAccountAsync(AccountId account, string id, CancellationToken cancellation) =>
        await operations.FindAsync(account, id, cancellation)
        ?? throw new VolumeException(ErrorCode.NotFound, "There is no such operation in this account.");

    static Sql Matches(VolumeFilter f)
    {
        if (f.State is not (null or "available" or "in-use"))
            throw new VolumeException(ErrorCode.Invalid, "A filter's state is available or in-use: of no other volume can a snapshot be taken.");
        var tags = JsonSerializer.Serialize(f.Tags ?? new Dictionary<string, string>());
        return
            $"""
            (c.provider = {f.Provider} OR {f.Provider} IS NULL) AND (v.credential_id = {f.CredentialId} OR {f.CredentialId} IS NULL)
            AND (v.region = {f.Region} OR {f.Region} IS NULL) AND (v.availability_zone = {f.AvailabilityZone} OR {f.AvailabilityZone} IS NULL)
            AND (v.state = {f.State} OR {f.State} IS NULL) AND ((v.attachment_state IS NOT NULL) = {f.Attached} OR {f.Attached} IS NULL)
            AND (v.instance_id = {f.InstanceId} OR {f.InstanceId} IS NULL)
            AND ({f.NameContains} IS NULL OR instr(lower(v.name), lower({f.NameContains})) > 0)
            AND NOT EXISTS (SELECT 1 FROM json_each({tags}) AS wanted WHERE NOT EXISTS
                (SELECT 1 FROM json_each(coalesce(v.tags, '[]')) AS has
                 WHERE has.value ->> 'key' = wanted.key AND has.value ->> 'value' = wanted.value))
            """;
    }
}
