using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Operations;

/// <summary>
/// The table <c>operations</c>. An attempt holds an operation by a lease (owner and attempt number); every write of an attempt
/// names both, so that one whose lease was taken over changes nothing and is told so.
/// </summary>
sealed class OperationStore(Database.Database database, OperationSignals signals, OperationMetrics metrics, TimeProvider time)
{
    /// <summary>Finished operations are kept so long, for people to look at.</summary>
    static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    /// <summary>Unfinished operations of one account; past it, new ones are refused, so that a loop cannot fill the disk.</summary>
    public const int MaxUnfinishedPerAccount = 10_000;

    /// <summary>Writes the intent, in the transaction that writes the rows it concerns; the runner wakes at the commit.</summary>
    /// <param name="isHeld">True: not to be begun before <see cref="ReleaseAsync"/>, or the next start.</param>
    /// <param name="isOurOwn">True: nobody asked for it, and it is not refused.</param>
    /// <exception cref="VolumeException">The account has too many unfinished operations.</exception>
    public async Task<Operation> EnqueueAsync(
        Transaction transaction, AccountId account, OperationId id, string kind, CancellationToken cancellation,
        VolumeId? volume = null, string? snapshot = null, string? input = null, bool isHeld = false, bool isOurOwn = false)
    {
        if (!isOurOwn) await RequireRoomAsync(transaction, account, cancellation);
        var now = time.GetUtcNow();
        var operation = await transaction.FindAsync(
            $"""
            INSERT INTO operations (id, account_id, kind, state, step, progress_percent, volume_id, snapshot_id, input, attempt, failures,
                not_before, created_at, updated_at, trace_parent)
            VALUES ({id}, {account}, {kind}, {OperationState.Queued}, {Operation.FirstStep}, 0, {volume?.Value}, {snapshot}, {input}, 0, 0,
                {(isHeld ? long.MaxValue : now.ToUnixTimeMilliseconds())}, {now}, {now}, {Activity.Current?.Id})
            RETURNING {Operation.Columns}
            """, Operation.Read, cancellation);
        transaction.OnCommitted(signals.WakeRunner);
        return operation!;
    }

    /// <summary>Refuses where an account has too many operations under way.</summary>
    /// <exception cref="VolumeException">Quota exceeded.</exception>
    public static async Task RequireRoomAsync(Transaction transaction, AccountId account, CancellationToken cancellation)
    {
        var unfinished = await transaction.FindAsync(
            // With the plus, by the index of what is unfinished; without it, over all that the account ever asked for.
            $"SELECT count(*) FROM operations WHERE +account_id = {account} AND state IN ('queued', 'running') AND parent_id IS NULL",
            row => row.Number(0), cancellation);
        if (unfinished >= MaxUnfinishedPerAccount)
            throw new VolumeException(ErrorCode.QuotaExceeded,
                $"{unfinished} operations of this account are still under way, the most that are kept. Wait for some to end.");
    }

    /// <summary>Lets a held operation begin.</summary>
    public async Task ReleaseAsync(OperationId id, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"UPDATE operations SET not_before = 0 WHERE id = {id} AND state = {OperationState.Queued}", cancellation);
        transaction.OnCommitted(signals.WakeRunner);
        await transaction.CommitAsync();
    }

    /// <summary>
    /// At the start of the only process on this database: whoever held a lease is dead, and what was held back waits for
    /// nobody. Also drops operations that ended long ago.
    /// </summary>
    public async Task RecoverAsync(CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"UPDATE operations SET lease_until = 0, not_before = 0 WHERE state IN ('queued', 'running')", cancellation);
        await transaction.ExecuteAsync(
            $"DELETE FROM operations WHERE finished_at < {time.GetUtcNow() - Retention}", cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Takes the lease of up to so many operations that are due: single ones before those of many, oldest first.</summary>
    public async Task<List<Operation>> ClaimAsync(string owner, TimeSpan lease, int limit, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        // The words as the index of what is unfinished has them: it is looked through each second, and holds nothing of what ended.
        Sql due = $"state IN ('queued', 'running') AND not_before <= {now} AND (state = 'queued' OR lease_until <= {now})";
        // Looked for outside the write transaction: most of the time there is nothing, and a look costs no fsync.
        if (!await database.FindAsync($"SELECT EXISTS (SELECT 1 FROM operations WHERE {due})", row => row.Flag(0), cancellation))
            return [];
        await using var transaction = await database.BeginAsync(cancellation);
        var claimed = await transaction.QueryAsync(
            $"""
            UPDATE operations SET state = {OperationState.Running}, lease_owner = {owner}, lease_until = {now + lease},
                attempt = attempt + 1, updated_at = {now}
            WHERE id IN (SELECT id FROM operations WHERE {due} ORDER BY parent_id IS NOT NULL, created_at, id LIMIT {limit})
            RETURNING {Operation.Columns}
            """, Operation.Read, cancellation);
        await transaction.CommitAsync();
        return claimed;
    }

    /// <summary>Renews every lease of an owner in one statement; returns the attempts that it still holds.</summary>
    public async Task<List<(OperationId Id, int Attempt)>> RenewAsync(string owner, TimeSpan lease, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        var held = await transaction.QueryAsync(
            $"""
            UPDATE operations SET lease_until = {time.GetUtcNow() + lease}
            WHERE lease_owner = {owner} AND state IN ('queued', 'running') AND state = {OperationState.Running} RETURNING id, attempt
            """, row => (new OperationId(row.Text(0)), (int)row.Number(1)), cancellation);
        await transaction.CommitAsync();
        return held;
    }

    /// <summary>Gives a lease back, to be taken up again not before a time: on shutdown, or after a failure worth repeating.</summary>
    public Task YieldAsync(Attempt attempt, DateTimeOffset notBefore, bool isFailure, CancellationToken cancellation) =>
        WriteAsync(attempt, $"lease_until = 0, not_before = {notBefore}, failures = failures + {isFailure}", cancellation);

    /// <summary>Writes the step that is about to begin; returns whether somebody has asked to stop the operation.</summary>
    public async Task<bool> StepAsync(Attempt attempt, string step, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await WriteAsync(
            transaction, attempt,
            $"step = {step}, step_at = {time.GetUtcNow()}, steps = json_insert(steps, '$[#]', json_object('step', {step}, 'at', {time.GetUtcNow()}))",
            cancellation);
        var isCancelled = await transaction.FindAsync(
            $"SELECT cancelled_at IS NOT NULL FROM operations WHERE id = {attempt.Operation}", row => row.Flag(0), cancellation);
        await transaction.CommitAsync();
        return isCancelled;
    }

    /// <summary>Writes how far it is.</summary>
    public Task ProgressAsync(Attempt attempt, int percent, CancellationToken cancellation) =>
        WriteAsync(attempt, $"progress_percent = {percent}", cancellation);

    /// <summary>Writes that it failed for good and is about to be undone.</summary>
    public Task BeginUndoAsync(Attempt attempt, VolumeException failure, CancellationToken cancellation) =>
        WriteAsync(attempt,
            $"""
            step = {Operation.UndoStep}, error_code = {Problems.Word(failure.Code)}, error_message = {failure.Message},
            provider_code = {failure.ProviderCode}, provider_request_id = {failure.ProviderRequestId}
            """, cancellation);

    /// <summary>Ends it, in the transaction that writes the outcome into the rows it concerns.</summary>
    /// <exception cref="LeaseLostException">The attempt holds it no longer; roll back.</exception>
    public Task SucceedAsync(Transaction transaction, Attempt attempt, CancellationToken cancellation, string? findings = null) =>
        EndAsync(transaction, attempt,
            $"state = {OperationState.Succeeded}, step = 'done', progress_percent = 100, findings = {findings}, finished_at = {time.GetUtcNow()}",
            cancellation);

    /// <summary>Ends it as failed, or as cancelled where that was asked for, once its undoing is done; the reason was written when that began.</summary>
    /// <exception cref="LeaseLostException">The attempt holds it no longer; roll back.</exception>
    public Task FailAsync(Transaction transaction, Attempt attempt, CancellationToken cancellation) =>
        EndAsync(
            transaction, attempt,
            $"state = iif(cancelled_at IS NULL, {OperationState.Failed}, {OperationState.Cancelled}), finished_at = {time.GetUtcNow()}", cancellation);

    /// <summary>Waits until the operation satisfies the condition or has ended; null where the time was over first.</summary>
    public async Task<Operation?> WaitAsync(OperationId id, Func<Operation, bool> until, TimeSpan atMost, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            while (true)
            {
                var change = signals.NextChange(id);
                var operation = await FindAsync(id, either.Token);
                if (operation is null || operation.IsFinished || until(operation)) return operation;
                await change.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            // Leaves nothing behind; other waiters of the same operation look once more for nothing.
            signals.Changed(id);
        }
    }

    /// <summary>Ends it where there is nothing else to record.</summary>
    /// <exception cref="LeaseLostException">The attempt holds it no longer.</exception>
    public async Task SucceedAsync(Attempt attempt, CancellationToken cancellation, string? findings = null)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await SucceedAsync(transaction, attempt, cancellation, findings);
        await transaction.CommitAsync();
    }

    /// <summary>The same of one that failed.</summary>
    /// <exception cref="LeaseLostException">The attempt holds it no longer.</exception>
    public async Task FailAsync(Attempt attempt, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await FailAsync(transaction, attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>One operation, whoever's it is: for the runner and for waiting.</summary>
    public Task<Operation?> FindAsync(OperationId id, CancellationToken cancellation) =>
        database.FindAsync($"SELECT {Operation.Columns} FROM operations WHERE id = {id}", Operation.Read, cancellation);

    /// <summary>One operation of an account.</summary>
    /// <exception cref="VolumeException">Not found.</exception>
    public async Task<Operation> GetAsync(AccountId account, string id, CancellationToken cancellation) =>
        await database.FindAsync(
            $"SELECT {Operation.Columns} FROM operations WHERE account_id = {account} AND id = {id}", Operation.Read, cancellation)
        ?? throw new VolumeException(ErrorCode.NotFound, "There is no such operation in this account.");

    /// <summary>Asks to stop an operation, and all items of one on many: those that are at what cannot be taken back stop behind it, or end.</summary>
    /// <exception cref="VolumeException">Not found. Conflict: it has ended, or cannot be stopped as it stands.</exception>
    public async Task<Operation> CancelAsync(Transaction transaction, AccountId account, string id, CancellationToken cancellation)
    {
        var operation = await GetAsync(account, id, cancellation);
        if (operation.IsFinished) throw new VolumeException(ErrorCode.Conflict, $"The operation has ended already: it {operation.State}.");
        if (operation.CancelledAt is not null) return operation;
        if (!operation.IsCancellable)
            throw new VolumeException(ErrorCode.Conflict, $"The operation is at step {operation.Step}, which cannot be taken back. Wait for its end.");
        var items = await transaction.QueryAsync(
            $"SELECT {Operation.Columns} FROM operations WHERE parent_id = {operation.Id} AND state IN ('queued', 'running')", Operation.Read, cancellation);
        foreach (var one in items.Where(item => item.CancelledAt is null).Append(operation))
        {
            // Due now, whatever it waits for; where it runs, it is told.
            await transaction.ExecuteAsync(
                $"UPDATE operations SET cancelled_at = {time.GetUtcNow()}, not_before = 0 WHERE id = {one.Id} AND finished_at IS NULL", cancellation);
            if (one.IsCancellable) transaction.OnCommitted(() => signals.Cancel(one.Id));
        }
        transaction.OnCommitted(signals.WakeRunner);
        return (await transaction.FindAsync($"SELECT {Operation.Columns} FROM operations WHERE id = {operation.Id}", Operation.Read, cancellation))!;
    }

    /// <summary>One page of an account's operations, newest first; those that are part of another are among its items.</summary>
    public async Task<Page<Api.Operation>> ListAsync(
        AccountId account, OperationFilter filter, PageOf page, CancellationToken cancellation)
    {
        var (created, id) = page.AfterTimeAndId("operations", (long.MaxValue, ""));
        var found = await database.QueryAsync(
            $"""
            SELECT {Operation.Columns} FROM operations WHERE {filter.AccountColumn} = {account} AND (parent_id IS NULL OR {filter.IsOfOne})
              AND (created_at, id) < ({created}, {id}) AND {filter.Matches(account)}
            ORDER BY created_at DESC, id DESC LIMIT {page.Limit + 1}
            """, row => Wire(Operation.Read(row)), cancellation);
        return page.Cut(found, "operations", last => PageOf.Key(last.CreatedAt, last.Id), ApiJson.Wire.Operation);
    }

    /// <summary>How <c>/v2</c> shows an operation.</summary>
    public static Api.Operation Wire(Operation operation) => new(
        operation.Id.Value, operation.Kind, operation.State, operation.Step,
        [.. JsonSerializer.Deserialize(operation.Steps, OperationJson.Default.StepRowArray)!.Select(s => new OperationStep(s.Step, DateTimeOffset.FromUnixTimeMilliseconds(s.At)))],
        operation.ProgressPercent,
        operation.VolumeId, operation.SnapshotId,
        operation is { ErrorCode: { } code, ErrorMessage: { } message } ? new OperationError(code, message) : null,
        operation.Findings is null ? null : JsonSerializer.Deserialize(operation.Findings, ApiJson.Wire.IReadOnlyListFinding),
        operation.IsCancellable, operation.CreatedAt, operation.FinishedAt);

    async Task WriteAsync(Attempt attempt, Sql assignments, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await WriteAsync(transaction, attempt, assignments, cancellation);
        await transaction.CommitAsync();
    }

    async Task EndAsync(Transaction transaction, Attempt attempt, Sql assignments, CancellationToken cancellation)
    {
        await WriteAsync(transaction, attempt, assignments, cancellation);
        var (kind, state, took) = await transaction.FindAsync(
            $"SELECT kind, state, finished_at - created_at FROM operations WHERE id = {attempt.Operation}",
            row => (row.Text(0), row.Text(1), TimeSpan.FromMilliseconds(row.Number(2))), cancellation);
        transaction.OnCommitted(() => metrics.Ended(kind!, state!, took));
    }

    async Task WriteAsync(Transaction transaction, Attempt attempt, Sql assignments, CancellationToken cancellation)
    {
        var written = await transaction.ExecuteAsync(
            $"""
            UPDATE operations SET {assignments}, updated_at = {time.GetUtcNow()}
            WHERE id = {attempt.Operation} AND lease_owner = {attempt.Owner} AND attempt = {attempt.Number} AND state = {OperationState.Running}
            """, cancellation);
        if (written == 0) throw new LeaseLostException(attempt);
        transaction.OnCommitted(() => signals.Changed(attempt.Operation));
    }
}

/// <summary>A step as the table keeps it.</summary>
sealed record StepRow(string Step, long At);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StepRow[]))]
sealed partial class OperationJson : JsonSerializerContext;

/// <summary>One attempt at an operation: who may write about it.</summary>
readonly record struct Attempt(OperationId Operation, string Owner, int Number);

/// <summary>Another attempt owns the operation now: stop, and write nothing.</summary>
sealed class LeaseLostException(Attempt attempt)
    : Exception($"Attempt {attempt.Number} of operation {attempt.Operation} by {attempt.Owner} lost its lease.");
