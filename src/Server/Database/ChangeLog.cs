using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Octavo.Core;

namespace Octavo.Server.Database;

/// <summary>The words of <see cref="Changed.Kind"/>.</summary>
static class ChangedKind
{
    public const string Volume = "volume";
    public const string Snapshot = "snapshot";
    public const string Operation = "operation";
    public const string Cell = "cell";
    public const string Attachment = "attachment";

    public static IReadOnlyList<string> All { get; } = [Volume, Snapshot, Operation, Cell, Attachment];
}

/// <summary>Something changed.</summary>
/// <param name="Seq">Its place among all changes of this service.</param>
/// <param name="Kind">One of <see cref="ChangedKind"/>.</param>
/// <param name="Id">Octavo's id; of a cell the credential's, a slash and the region.</param>
/// <param name="What">created, updated or deleted; dropped for a tombstone that went.</param>
/// <param name="State">Its state from then on.</param>
/// <param name="At">When.</param>
sealed record Changed(long Seq, string Kind, string Id, string What, string? State, DateTimeOffset At);

/// <summary>
/// The table <c>changes</c>, which triggers write: everything that changed, in the order of the commits. Followed after each commit, before whoever
/// committed goes on, so that what was made from the tables at one number is true while the number stands. In memory, because this is the only process
/// that writes.
/// </summary>
sealed class ChangeLog
{
    /// <summary>So many are kept: at 200 bytes each, 200 MB at most, and a first sync of 300,000 volumes thrice over.</summary>
    const long MaxKept = 1_000_000;

    readonly Database database;
    readonly long start;
    readonly ConcurrentDictionary<(AccountId Account, string Kind), long> latest = new();
    TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long position;

    /// <param name="start">The number of the last change before this process.</param>
    public ChangeLog(Database database, long start)
    {
        this.database = database;
        (this.start, position) = (start, start);
    }

    /// <summary>The number of the last change of a kind in an account, or of any before this process. Take it before reading the table.</summary>
    public long Of(AccountId account, string kind) => latest.TryGetValue((account, kind), out var seq) ? seq : start;

    /// <summary>The number of the last change in an account, or of any before this process.</summary>
    public long Of(AccountId account) => ChangedKind.All.Max(kind => Of(account, kind));

    /// <summary>The number of the last change of anything.</summary>
    public long Last => Volatile.Read(ref position);

    /// <summary>Completes at the next change of anything. Take it before looking.</summary>
    public Task NextAsync() => Volatile.Read(ref moved).Task;

    /// <summary>Whether all changes behind a number are still kept.</summary>
    public async Task<bool> HasAllBehindAsync(long seq, CancellationToken cancellation) =>
        seq >= await database.FindAsync($"SELECT coalesce(min(seq), {position + 1}) - 1 FROM changes", row => row.Number(0), cancellation);

    /// <summary>Changes of an account behind a number, in order.</summary>
    /// <param name="kinds">JSON: an array of kinds.</param>
    public Task<List<Changed>> BehindAsync(AccountId account, long seq, string kinds, int limit, CancellationToken cancellation) =>
        database.QueryAsync(
            $"""
            SELECT seq, kind, id, what, state, at FROM changes
            WHERE seq > {seq} AND account_id = {account} AND kind IN (SELECT value FROM json_each({kinds})) AND what <> 'dropped' ORDER BY seq LIMIT {limit}
            """,
            row => new Changed(row.Number(0), row.Text(1), row.Text(2), row.Text(3), row.TextOrNull(4), row.Time(5)), cancellation);

    /// <summary>The ids of what changed between two numbers, the first not counted; null where they are more than so many.</summary>
    public async Task<List<string>?> IdsAsync(
        AccountId account, string kind, long behind, long upTo, int most, CancellationToken cancellation)
    {
        var ids = await database.QueryAsync(
            $"""
            SELECT DISTINCT id FROM changes WHERE seq > {behind} AND seq <= {upTo} AND account_id = {account} AND kind = {kind} LIMIT {most + 1}
            """, row => row.Text(0), cancellation);
        return ids.Count > most ? null : ids;
    }

    /// <summary>Takes out the oldest.</summary>
    public async Task PruneAsync(CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync($"DELETE FROM changes WHERE seq <= {Volatile.Read(ref position) - MaxKept}", cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>To be called after each commit, while nobody else can commit.</summary>
    public async Task FollowAsync(SqliteConnection writer)
    {
        var news = await Database.QueryAsync(
            writer, null, $"SELECT account_id, kind, max(seq) FROM changes WHERE seq > {position} GROUP BY account_id, kind",
            row => (Account: new AccountId(row.Text(0)), Kind: row.Text(1), Seq: row.Number(2)), CancellationToken.None);
        if (news.Count == 0) return;
        foreach (var (account, kind, seq) in news)
        {
            latest[(account, kind)] = seq;
            Volatile.Write(ref position, Math.Max(position, seq));
        }
        Interlocked.Exchange(ref moved, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
