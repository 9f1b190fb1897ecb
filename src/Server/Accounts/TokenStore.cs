using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary>
/// The table <c>tokens</c>: what users sign in with. Each is named, may do at most what its role says, may end at a time, is shown once and is dead as
/// soon as it is revoked.
/// </summary>
sealed class TokenStore(Database.Database database, Callers callers, TimeProvider time)
{
    /// <summary>The name of a user's first token.</summary>
    public const string Default = "default";

    /// <summary>Tokens of one user, as a bound on one table's growth.</summary>
    public const int MaxPerUser = 100;

    static readonly Sql Columns = $"id, name, role, expires_at, created_at";

    /// <summary>One page of a user's tokens, by name; those that ended too.</summary>
    public async Task<Page<AccessToken>> ListAsync(UserId user, PageOf page, CancellationToken cancellation) =>
        page.Cut(
            await database.QueryAsync(
                $"SELECT {Columns} FROM tokens WHERE user_id = {user} AND name > {page.After("tokens") ?? ""} ORDER BY name LIMIT {page.Limit + 1}",
                Read, cancellation),
            "tokens", last => last.Name, ApiJson.Wire.AccessToken);

    /// <summary>Makes a token for a user; it is in the answer and nowhere else.</summary>
    /// <exception cref="VolumeException">Invalid: it has ended already. Already exists: the name. Quota exceeded.</exception>
    public async Task<NewToken> AddAsync(
        Transaction transaction, UserId user, string name, Role role, DateTimeOffset? expiresAt, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (expiresAt <= now) throw new VolumeException(ErrorCode.Invalid, "expires_at has passed already; it must be in the future.");
        var count = await transaction.FindAsync($"SELECT count(*) FROM tokens WHERE user_id = {user}", row => row.Number(0), cancellation);
        if (count >= MaxPerUser) throw new VolumeException(ErrorCode.QuotaExceeded, $"A user has at most {MaxPerUser} tokens. Revoke one first.");
        var secret = TokenSecret.New();
        var made = await transaction.FindAsync(
            $"""
            INSERT INTO tokens (id, user_id, name, hash, role, expires_at, created_at)
            VALUES ({InternalId.New()}, {user}, {name}, {TokenSecret.Hash(secret)}, {Roles.Text(role)}, {expiresAt}, {now})
            ON CONFLICT (user_id, name) DO NOTHING RETURNING {Columns}
            """, Read, cancellation);
        return made is null
            ? throw new VolumeException(ErrorCode.AlreadyExists, $"There is a token named \"{name}\" already. Choose another name, or revoke it first.")
            : new NewToken(made, secret);
    }

    /// <summary>Revokes a token of a user, by id or name: it is dead when the commit is done. Null where there is none.</summary>
    public async Task<AccessToken?> RevokeAsync(Transaction transaction, UserId user, string id, CancellationToken cancellation)
    {
        transaction.OnCommitted(callers.Forget);
        return await transaction.FindAsync(
            $"DELETE FROM tokens WHERE user_id = {user} AND (id = {id} OR name = {id}) RETURNING {Columns}", Read, cancellation);
    }

    static AccessToken Read(Row row) => new(row.Text(0), row.Text(1), row.Text(2), row.TimeOrNull(3), row.Time(4));
}
