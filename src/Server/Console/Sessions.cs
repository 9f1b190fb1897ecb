using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Database;

namespace Octavo.Server.Console;

/// <summary>
/// The table <c>sessions</c>: browsers that signed in with a token. A session may what its token may, and ends with it: when the token is revoked or ends,
/// when its user is deleted or loses API access. Its secret is in the browser's cookie only; it is no token, and no token is a session.
/// </summary>
sealed class Sessions(Database.Database database, SharedCommits commits, TimeProvider time)
{
    /// <summary>A session that nobody used so long is over.</summary>
    public static readonly TimeSpan MaxIdle = TimeSpan.FromHours(12);

    /// <summary>However it is used, it is over after so long.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>That it was used is written down so often: a page must not cost an fsync.</summary>
    static readonly TimeSpan NotedEvery = TimeSpan.FromMinutes(5);

    /// <summary>Of one token; a new one takes the place of the one that was not used the longest.</summary>
    const int MaxPerToken = 100;

    /// <summary>Who is behind a session's secret; null where it is over or there is none.</summary>
    public async Task<Caller?> FindAsync(string secret, CancellationToken cancellation)
    {
        if (secret.Length > TokenSecret.MaxLength) return null;
        var (now, hash) = (time.GetUtcNow(), TokenSecret.Hash(secret));
        var found = await database.FindAsync(
            $"""
            SELECT {Callers.Columns}, s.used_at
            FROM sessions s JOIN tokens t ON t.id = s.token_id JOIN users u ON u.id = t.user_id JOIN accounts a ON a.id = u.account_id
            WHERE s.hash = {hash} AND s.created_at > {now - Lifetime} AND s.used_at > {now - MaxIdle}
              AND u.api_access = 1 AND (t.expires_at IS NULL OR t.expires_at > {now})
            """, row => new { Caller = Callers.Read(row), UsedAt = row.Time(Callers.ColumnCount) }, cancellation);
        if (found is not null && now - found.UsedAt >= NotedEvery) await NoteAsync(hash, now);
        return found?.Caller;
    }

    /// <summary>Begins a session of a token, with a new secret; sessions that are over are dropped on the way.</summary>
    public async Task<string> BeginAsync(Transaction transaction, Caller caller, CancellationToken cancellation)
    {
        var (now, secret) = (time.GetUtcNow(), TokenSecret.New());
        await transaction.ExecuteAsync(
            $"DELETE FROM sessions WHERE created_at <= {now - Lifetime} OR used_at <= {now - MaxIdle}", cancellation);
        await transaction.ExecuteAsync(
            $"""
            DELETE FROM sessions WHERE hash IN
                (SELECT hash FROM sessions WHERE token_id = {caller.Token} ORDER BY used_at DESC LIMIT -1 OFFSET {MaxPerToken - 1})
            """, cancellation);
        await transaction.ExecuteAsync(
            $"INSERT INTO sessions (hash, token_id, created_at, used_at) VALUES ({TokenSecret.Hash(secret)}, {caller.Token}, {now}, {now})", cancellation);
        return secret;
    }

    /// <summary>Ends a session.</summary>
    public static Task EndAsync(Transaction transaction, string secret, CancellationToken cancellation) => secret.Length > TokenSecret.MaxLength
        ? Task.CompletedTask
        : transaction.ExecuteAsync($"DELETE FROM sessions WHERE hash = {TokenSecret.Hash(secret)}", cancellation);

    async Task NoteAsync(byte[] hash, DateTimeOffset now)
    {
        try
        {
            await commits.WriteAsync(
                transaction => transaction.ExecuteAsync($"UPDATE sessions SET used_at = {now} WHERE hash = {hash}", CancellationToken.None),
                CancellationToken.None);
        }
        catch (VolumeException)
        {
            // No room on the disk; pages can be read without.
        }
    }
}
