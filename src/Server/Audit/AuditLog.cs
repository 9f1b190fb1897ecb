using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Operations;

namespace Octavo.Server.Audit;

/// <summary>
/// The table <c>audit</c>: every change that was asked for, in the transaction that makes it, and every refusal, before it is answered. Nothing in it
/// is ever changed or taken out; the database itself refuses.
/// </summary>
sealed class AuditLog(Database.Database database, SharedCommits commits, TimeProvider time, ILogger<AuditLog> log)
{
    /// <summary>Longer details and messages are cut: an entry is for people.</summary>
    const int MaxText = 1000;

    static readonly Sql Select =
        $"""
        SELECT a.id, a.at, a.user_name, a.user_id, a.token_name, a.via, a.address, a.action, a.subject_kind, a.subject_id, a.subject_name, a.detail,
            a.outcome, a.status, a.message, a.operation_id, o.state, a.request_id
        FROM audit a LEFT JOIN operations o ON o.id = a.operation_id
        """;

    /// <summary>Runs a change that answers 200 in one transaction with its entry.</summary>
    public async Task<T> RunAsync<T>(
        HttpContext context, Func<Transaction, Task<T>> work, Func<T, (Subject Subject, OperationId? Operation)> tell)
    {
        await using var transaction = await database.BeginAsync(context.RequestAborted);
        var done = await work(transaction);
        var (subject, operation) = tell(done);
        await WriteAsync(transaction, Asked.Of(context)!, subject, operation, StatusCodes.Status200OK, context.RequestAborted);
        await transaction.CommitAsync();
        return done;
    }

    /// <summary>Writes the entry of a change, in its transaction.</summary>
    public Task WriteAsync(
        Transaction transaction, Asked asked, Subject subject, OperationId? operation, int status, CancellationToken cancellation) =>
        WriteAsync(transaction, asked, subject, operation is null ? "done" : "accepted", operation, status, message: null, cancellation);

    /// <summary>Writes that a request was refused, if it counts: a change, or something that the caller may not see.</summary>
    public async Task RefusedAsync(HttpContext context, int status, string message)
    {
        var method = context.Request.Method;
        var isChange = !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);
        if (!isChange && status is not (StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)) return;
        if (Asked.Of(context) is not { } asked) return;
        // What this account does not have may be another one's.
        var id = status != StatusCodes.Status404NotFound && context.Request.RouteValues.TryGetValue("id", out var value) ? value as string : null;
        try
        {
            await commits.WriteAsync(
                transaction => WriteAsync(transaction, asked, new Subject(null, id), "refused", null, status, message, CancellationToken.None),
                CancellationToken.None);
        }
        catch (VolumeException e)
        {
            // The refusal stands, whether or not there is room to write it down.
            log.LogError(e, "Request {RequestId}, {Action} of user {User}, was refused with {Status} and is not in the audit log: {Message}",
                asked.RequestId, asked.Action, asked.Caller.User, status, e.Message);
        }
    }

    /// <summary>One page of an account's entries, newest first.</summary>
    public async Task<Page<AuditEntry>> ListAsync(AccountId account, AuditFilter filter, PageOf page, CancellationToken cancellation)
    {
        var before = page.AfterNumber("audit", long.MaxValue);
        return page.Cut(
            await database.QueryAsync(
                $"{Select} WHERE a.account_id = {account} AND a.id < {before} AND {filter.Matches} ORDER BY a.id DESC LIMIT {page.Limit + 1}",
                Read, cancellation),
            "audit", last => PageOf.Key(last.Id), ApiJson.Wire.AuditEntry);
    }

    Task<int> WriteAsync(
        Transaction transaction, Asked asked, Subject subject, string outcome, OperationId? operation, int status, string? message,
        CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            INSERT INTO audit (account_id, at, user_id, user_name, token_name, via, address, action, subject_kind, subject_id, subject_name, detail,
                outcome, status, message, operation_id, request_id)
            VALUES ({asked.Caller.Account}, {time.GetUtcNow()}, {asked.Caller.User}, {asked.Caller.UserName}, {asked.Caller.TokenName}, {asked.Via},
                {asked.Address}, {asked.Action}, {subject.Kind}, {subject.Id}, {subject.Name}, {Cut(subject.Detail)}, {outcome}, {status}, {Cut(message)},
                {operation?.Value}, {asked.RequestId})
            """, cancellation);

    /// <summary>
    /// What an operation on many does to each, as entries of their own, so that it is found where one looks for one; nothing for other operations.
    /// </summary>
    public Task WritePartsAsync(Transaction transaction, Asked asked, OperationId operation, int status, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            INSERT INTO audit (account_id, at, user_id, user_name, token_name, via, address, action, subject_kind, subject_id, subject_name, detail,
                outcome, status, operation_id, request_id)
            SELECT {asked.Caller.Account}, {time.GetUtcNow()}, {asked.Caller.User}, {asked.Caller.UserName}, {asked.Caller.TokenName}, {asked.Via},
                {asked.Address}, {asked.Action}, iif(o.kind = {OperationKind.DeleteSnapshot}, 'snapshot', 'volume'),
                iif(o.kind = {OperationKind.DeleteSnapshot}, o.snapshot_id, v.id), v.name, 'one of many', 'accepted', {status}, o.id, {asked.RequestId}
            FROM operations p JOIN operations o ON o.parent_id = p.id
                LEFT JOIN snapshots s ON s.operation_id = o.id AND o.kind = {OperationKind.CreateInstanceSnapshots}
                LEFT JOIN volumes v ON v.id = o.volume_id
                    OR (v.credential_id = s.credential_id AND v.provider_volume_id = s.provider_volume_id)
            WHERE p.id = {operation} AND p.kind IN ({OperationKind.CreateSnapshots}, {OperationKind.DeleteVolumes}, {OperationKind.DeleteSnapshots})
            """, cancellation);

    static string? Cut(string? text) => text is { Length: > MaxText } ? text[..MaxText] + "…" : text;

    static AuditEntry Read(Row row) => new(
        row.Number(0), row.Time(1), row.TextOrNull(2), row.TextOrNull(3), row.TextOrNull(4), row.Text(5), row.TextOrNull(6), row.Text(7),
        row.TextOrNull(8), row.TextOrNull(9), row.TextOrNull(10), row.TextOrNull(11), row.Text(12), (int)row.Number(13), row.TextOrNull(14),
        row.TextOrNull(15), row.TextOrNull(16), row.Text(17));
}
