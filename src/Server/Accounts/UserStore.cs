using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary>The table <c>users</c>. Every write makes <see cref="Callers"/> forget, before its caller is answered.</summary>
sealed class UserStore(Database.Database database, Callers callers, TimeProvider time)
{
    /// <summary>Users in one account, as a bound on one table's growth.</summary>
    public const int MaxUsersPerAccount = 10_000;

    static readonly Sql Columns =
        $"SELECT u.id, u.name, a.name, u.is_admin, u.api_access, u.is_operator, u.created_at FROM users u JOIN accounts a ON a.id = u.account_id";

    /// <summary>Whether there is any user at all: on the first start there is none.</summary>
    public async Task<bool> HasAnyAsync(CancellationToken cancellation) =>
        await database.FindAsync($"SELECT EXISTS (SELECT 1 FROM users)", row => row.Flag(0), cancellation);

    /// <summary>One page of an account's users, by name.</summary>
    public async Task<Page<User>> ListAsync(AccountId account, PageOf page, CancellationToken cancellation) =>
        page.Cut(
            await database.QueryAsync(
                $"{Columns} WHERE u.account_id = {account} AND u.name > {page.After("users") ?? ""} ORDER BY u.name LIMIT {page.Limit + 1}",
                Read, cancellation),
            "users", last => last.Name);

    /// <summary>A user of the account, or null.</summary>
    public Task<User?> FindAsync(AccountId account, string id, CancellationToken cancellation) =>
        database.FindAsync($"{Columns} WHERE u.account_id = {account} AND u.id = {id}", Read, cancellation);

    /// <summary>Makes a user in the account of that name; the token is in the answer and nowhere else.</summary>
    /// <exception cref="VolumeException">No such account, or a user of that name is there already.</exception>
    public async Task<UserToken> CreateAsync(string account, string name, bool isAdmin, bool hasApiAccess, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        var id = await transaction.FindAsync($"SELECT id FROM accounts WHERE name = {account}", row => row.Text(0), cancellation)
            ?? throw new VolumeException(ErrorCode.NotFound, $"There is no account named \"{account}\".");
        var created = await AddAsync(
            transaction, new Account(id, account, default), name, isAdmin, hasApiAccess, isOperator: false, cancellation);
        await transaction.CommitAsync();
        return created;
    }

    /// <summary>The same, inside a caller's transaction.</summary>
    public async Task<UserToken> AddAsync(
        Transaction transaction, Account account, string name, bool isAdmin, bool hasApiAccess, bool isOperator,
        CancellationToken cancellation)
    {
        var count = await transaction.FindAsync(
            $"SELECT count(*) FROM users WHERE account_id = {account.Id}", row => row.Number(0), cancellation);
        if (count >= MaxUsersPerAccount)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"An account has at most {MaxUsersPerAccount} users.");
        var token = AccessToken.New();
        var user = new User(UserId.New().Value, name, account.Name, isAdmin, hasApiAccess, isOperator, time.GetUtcNow());
        var added = await transaction.ExecuteAsync(
            $"""
            INSERT INTO users (id, account_id, name, is_admin, api_access, is_operator, token_hash, created_at, updated_at)
            VALUES ({user.Id}, {account.Id}, {name}, {isAdmin}, {hasApiAccess}, {isOperator}, {AccessToken.Hash(token)},
                    {user.CreatedAt}, {user.CreatedAt})
            ON CONFLICT (account_id, name) DO NOTHING
            """, cancellation);
        return added == 1
            ? new UserToken(user, token)
            : throw new VolumeException(ErrorCode.AlreadyExists, $"There is a user named \"{name}\" in this account already.");
    }

    /// <summary>Sets what is given; null where the account has no such user.</summary>
    /// <exception cref="VolumeException">Conflict: the account would be left without an admin who can use the API.</exception>
    public async Task<User?> UpdateAsync(
        AccountId account, string id, bool? isAdmin, bool? hasApiAccess, CancellationToken cancellation)
    {
        await using var transaction = await BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE users SET is_admin = coalesce({isAdmin}, is_admin), api_access = coalesce({hasApiAccess}, api_access),
                updated_at = {time.GetUtcNow()}
            WHERE account_id = {account} AND id = {id}
            """, cancellation);
        await KeepAnAdminAsync(transaction, account, cancellation);
        var user = await transaction.FindAsync($"{Columns} WHERE u.account_id = {account} AND u.id = {id}", Read, cancellation);
        await transaction.CommitAsync();
        return user;
    }

    /// <summary>Gives a user a new token; the old one is dead when this returns. Null where the account has no such user.</summary>
    public async Task<UserToken?> RegenerateTokenAsync(AccountId account, string id, CancellationToken cancellation)
    {
        var token = AccessToken.New();
        await using var transaction = await BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE users SET token_hash = {AccessToken.Hash(token)}, updated_at = {time.GetUtcNow()}
            WHERE account_id = {account} AND id = {id}
            """, cancellation);
        var user = await transaction.FindAsync($"{Columns} WHERE u.account_id = {account} AND u.id = {id}", Read, cancellation);
        await transaction.CommitAsync();
        return user is null ? null : new UserToken(user, token);
    }

    /// <summary>Deletes a user; false where the account has no such user.</summary>
    /// <exception cref="VolumeException">Conflict, as for <see cref="UpdateAsync"/>.</exception>
    public async Task<bool> DeleteAsync(AccountId account, string id, CancellationToken cancellation)
    {
        await using var transaction = await BeginAsync(cancellation);
        var deleted = await transaction.ExecuteAsync($"DELETE FROM users WHERE account_id = {account} AND id = {id}", cancellation);
        if (deleted > 0) await KeepAnAdminAsync(transaction, account, cancellation);
        await transaction.CommitAsync();
        return deleted > 0;
    }

    async Task<Transaction> BeginAsync(CancellationToken cancellation)
    {
        var transaction = await database.BeginAsync(cancellation);
        transaction.OnCommitted(callers.Forget);
        return transaction;
    }

    // An account that nobody can administer could not be mended through the API; the operator is such an admin too.
    static async Task KeepAnAdminAsync(Transaction transaction, AccountId account, CancellationToken cancellation)
    {
        var hasAdmin = await transaction.FindAsync(
            $"SELECT EXISTS (SELECT 1 FROM users WHERE account_id = {account} AND is_admin = 1 AND api_access = 1)",
            row => row.Flag(0), cancellation);
        if (!hasAdmin)
            throw new VolumeException(ErrorCode.Conflict, "This is the account's last admin with API access. Make another one first.");
        var hasOperator = await transaction.FindAsync(
            $"SELECT EXISTS (SELECT 1 FROM users WHERE is_operator = 1 AND api_access = 1)", row => row.Flag(0), cancellation);
        if (!hasOperator)
            throw new VolumeException(ErrorCode.Conflict, "This is the service's operator, whose access cannot be taken away.");
    }

    static User Read(Row row) =>
        new(row.Text(0), row.Text(1), row.Text(2), row.Flag(3), row.Flag(4), row.Flag(5), row.Time(6));
}
