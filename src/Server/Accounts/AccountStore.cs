using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Credentials;
using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Accounts;

/// <summary>The table <c>accounts</c>.</summary>
sealed class AccountStore(Database.Database database, TimeProvider time)
{
    /// <summary>Accounts in one service, as a bound on the work of one reconciler.</summary>
    public const int MaxAccounts = 10_000;

    /// <summary>One page, by name.</summary>
    public async Task<Page<Account>> ListAsync(PageOf page, CancellationToken cancellation)
    {
        var after = page.After("accounts");
        return page.Cut(
            await database.QueryAsync(
                $"SELECT id, name, created_at FROM accounts WHERE name > {after ?? ""} ORDER BY name LIMIT {page.Limit + 1}",
                Read, cancellation),
            "accounts", last => last.Name, ApiJson.Wire.Account);
    }

    /// <summary>Makes an account with its local credential.</summary>
    /// <exception cref="VolumeException">Already exists, or the bound is reached.</exception>
    public async Task<Account> AddAsync(Transaction transaction, string name, CancellationToken cancellation)
    {
        var count = await transaction.FindAsync($"SELECT count(*) FROM accounts", row => row.Number(0), cancellation);
        if (count >= MaxAccounts)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"This service has {MaxAccounts} accounts, the most that it keeps.");
        var account = new Account(AccountId.New().Value, name, time.GetStoredNow());
        var added = await transaction.ExecuteAsync(
            $"INSERT INTO accounts (id, name, created_at) VALUES ({account.Id}, {name}, {account.CreatedAt}) ON CONFLICT (name) DO NOTHING",
            cancellation);
        if (added == 0)
            throw new VolumeException(ErrorCode.AlreadyExists, $"There is an account named \"{name}\" already.");
        await CredentialStore.AddLocalAsync(transaction, new AccountId(account.Id), account.CreatedAt, cancellation);
        return account;
    }

    static Account Read(Row row) => new(row.Text(0), row.Text(1), row.Time(2));
}
