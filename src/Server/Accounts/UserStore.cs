using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary>The table <c>users</c>. Every write makes <see cref="Callers"/> forget, before its caller is answered.</summary>
sealed class UserStore(Database.Database database, TokenStore tokens, Callers callers, TimeProvider time)
{
    /// <summary>Users in one account, as a bound on one table's growth.</summary>
    public const int MaxUsersPerAccount = 10_000;

    static readonly Sql Select =
        $"""
        SELECT u.id, u.name, a.name, u.role, u.api_access, u.is_service_operator, u.created_at, u.updated_at
        FROM users u JOIN accounts a ON a.id = u.account_id
        """;

    /// <summary>Whether there is any user at all: on the first start there is none.</summary>
    public async Task<bool> HasAnyAsync(CancellationToken cancellation) =>
        await database.FindAsync($"SELECT EXISTS (SELECT 1 FROM users)", row => row.Flag(0), cancellation);

    /// <summary>One page of an account's users, by name.</summary>
    public async Task<Page<User>> ListAsync(AccountId account, PageOf page, CancellationToken cancellation) =>
        page.Cut(
            await database.QueryAsync(
                $"{Select} WHERE u.account_id = {account} AND u.name > {page.After("users") ?? ""} ORDER BY u.name LIMIT {page.Limit + 1}",
                Read, cancellation),
            "users", last => last.Name, ApiJson.Wire.User);

    /// <summary>A user of the account.</summary>
    /// <exception cref="VolumeException">Not found.</exception>
    public async Task<User> GetAsync(AccountId account, string id, CancellationToken cancellation) =>
        await database.FindAsync($"{Select} WHERE u.account_id = {account} AND u.id = {id}", Read, cancellation) ?? throw NotFound();

    /// <summary>Makes a user in the account of that name; the token is in the answer and nowhere else.</summary>
    /// <exception cref="VolumeException">No such account, or a user of that name is there already.</exception>
    public async Task<UserToken> CreateAsync(
        Transaction transaction, string account, string name, Role role, bool hasApiAccess, CancellationToken cancellation)
    {
        var id = await transaction.FindAsync($"SELECT id FROM accounts WHERE name = {account}", row => row.Text(0), cancellation)
            ?? throw new VolumeException(ErrorCode.NotFound, $"There is no account named \"{account}\".");
        return await AddAsync(transaction, new Account(id, account, default), name, role, hasApiAccess, isServiceOperator: false, cancellation);
    }

    /// <summary>The same in an account that is known, the service's operator too.</summary>
    public async Task<UserToken> AddAsync(
        Transaction transaction, Account account, string name, Role role, bool hasApiAccess, bool isServiceOperator, CancellationToken cancellation)
    {
        var count = await transaction.FindAsync(
            $"SELECT count(*) FROM users WHERE account_id = {account.Id}", row => row.Number(0), cancellation);
        if (count >= MaxUsersPerAccount)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"An account has at most {MaxUsersPerAccount} users.");
        var now = time.GetStoredNow();
        var user = new User(UserId.New().Value, name, account.Name, Roles.Text(role), hasApiAccess, isServiceOperator, now, now);
        var added = await transaction.ExecuteAsync(
            $"""
            INSERT INTO users (id, account_id, name, role, api_access, is_service_operator, created_at, updated_at)
            VALUES ({user.Id}, {account.Id}, {name}, {user.Role}, {hasApiAccess}, {isServiceOperator}, {now}, {now})
            ON CONFLICT (account_id, name) DO NOTHING
            """, cancellation);
        if (added == 0) throw new VolumeException(ErrorCode.AlreadyExists, $"There is a user named \"{name}\" in this account already.");
        // The token may all that the user ever may: a role is changed in one place.
        var token = await tokens.AddAsync(transaction, new UserId(user.Id), TokenStore.Default, Role.Admin, expiresAt: null, cancellation);
        return new UserToken(user, token.Token);
    }

    /// <summary>Sets what is given.</summary>
    /// <exception cref="VolumeException">Not found. Conflict: the account would be left without an admin who can use the API.</exception>
    public async Task<User> UpdateAsync(
        Transaction transaction, AccountId account, string id, Role? role, bool? hasApiAccess, CancellationToken cancellation)
    {
        var word = role is { } given ? Roles.Text(given) : null;
        await transaction.ExecuteAsync(
            $"""
            UPDATE users SET role = coalesce({word}, role), api_access = coalesce({hasApiAccess}, api_access), updated_at = {time.GetUtcNow()}
            WHERE account_id = {account} AND id = {id}
            """, cancellation);
        await KeepAnAdminAsync(transaction, account, cancellation);
        return await transaction.FindAsync($"{Select} WHERE u.account_id = {account} AND u.id = {id}", Read, cancellation) ?? throw NotFound();
    }

    /// <summary>Gives a user a new first token; the old one is dead when the commit is done.</summary>
    /// <exception cref="VolumeException">Not found.</exception>
    public async Task<UserToken> RegenerateTokenAsync(Transaction transaction, AccountId account, string id, CancellationToken cancellation)
    {
        var user = await GetAsync(account, id, cancellation);
        await tokens.RevokeAsync(transaction, new UserId(id), TokenStore.Default, cancellation);
        var made = await tokens.AddAsync(transaction, new UserId(id), TokenStore.Default, Role.Admin, expiresAt: null, cancellation);
        return new UserToken(user, made.Token);
    }

    /// <summary>Deletes a user with all tokens.</summary>
    /// <exception cref="VolumeException">Not found, or conflict, as for <see cref="UpdateAsync"/>.</exception>
    public async Task DeleteAsync(Transaction transaction, AccountId account, string id, CancellationToken cancellation)
    {
        if (await transaction.ExecuteAsync($"DELETE FROM users WHERE account_id = {account} AND id = {id}", cancellation) == 0) throw NotFound();
        await KeepAnAdminAsync(transaction, account, cancellation);
    }

    /// <summary>
    /// To be called after every change that could take away the last admin who can use the API: an account that nobody can administer could not be
    /// mended through it. The service's operator is such an admin too.
    /// </summary>
    /// <exception cref="VolumeException">Conflict; roll back.</exception>
    public async Task KeepAnAdminAsync(Transaction transaction, AccountId account, CancellationToken cancellation)
    {
        transaction.OnCommitted(callers.Forget);
        Sql canSignIn =
            $"""
            u.api_access = 1 AND EXISTS (SELECT 1 FROM tokens t WHERE t.user_id = u.id AND t.role = 'admin'
                AND (t.expires_at IS NULL OR t.expires_at > {time.GetUtcNow()}))
            """;
        if (!await transaction.FindAsync(
            $"SELECT EXISTS (SELECT 1 FROM users u WHERE u.account_id = {account} AND u.role = 'admin' AND {canSignIn})", row => row.Flag(0), cancellation))
            throw new VolumeException(
                ErrorCode.Conflict, "This would leave the account without an admin who has API access and a token that may all. Make another one first.");
        if (!await transaction.FindAsync(
            $"SELECT EXISTS (SELECT 1 FROM users u WHERE u.is_service_operator = 1 AND {canSignIn})", row => row.Flag(0), cancellation))
            throw new VolumeException(ErrorCode.Conflict, "This is the service's operator, whose access cannot be taken away.");
    }

    static VolumeException NotFound() => new(ErrorCode.NotFound, "There is no such user in this account.");

    static User Read(Row row) => new(
        row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Flag(4), row.Flag(5), row.Time(6), row.Time(7));
}
