using Microsoft.AspNetCore.DataProtection;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Credentials;

/// <summary>The table <c>credentials</c>: each account's own pool, and the AWS key pairs that its admins add.</summary>
sealed class CredentialStore(Database.Database database, IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>Credentials in one account, as a bound on the work of one reconciler.</summary>
    public const int MaxPerAccount = 1000;

    const string Local = "local";
    const string Ebs = "ebs";

    static readonly Sql Columns = $"SELECT id, name, provider, aws_access_key_id, created_at, updated_at FROM credentials";

    readonly IDataProtector protector = protection.CreateProtector("Credentials.v1");

    /// <summary>One page of an account's credentials, oldest first.</summary>
    public async Task<Page<Credential>> ListAsync(AccountId account, PageOf page, CancellationToken cancellation)
    {
        var (created, id) = page.AfterTimeAndId("credentials", (0, ""));
        return page.Cut(
            await database.QueryAsync(
                $"""
                {Columns} WHERE account_id = {account} AND (created_at, id) > ({created}, {id})
                ORDER BY created_at, id LIMIT {page.Limit + 1}
                """, Read, cancellation),
            "credentials", last => PageOf.Key(last.CreatedAt, last.Id));
    }

    /// <summary>A credential of the account, or null.</summary>
    public Task<Credential?> FindAsync(AccountId account, string id, CancellationToken cancellation) =>
        database.FindAsync($"{Columns} WHERE account_id = {account} AND id = {id}", Read, cancellation);

    /// <summary>Keeps an AWS key pair; the secret is encrypted and never shown again.</summary>
    /// <exception cref="VolumeException">Invalid, or the bound is reached.</exception>
    public async Task<Credential> CreateAsync(AccountId account, CreateCredentialRequest request, CancellationToken cancellation)
    {
        var name = Names.Display(request.Name);
        var keyId = Names.Display(request.AwsAccessKeyId, "aws_access_key_id");
        var secret = Names.Display(request.AwsSecretAccessKey, "aws_secret_access_key");
        var now = time.GetUtcNow();
        var credential = new Credential(CredentialId.New().Value, name, Ebs, keyId, now, now);
        var protectedSecret = protector.Protect(secret);
        await using var transaction = await database.BeginAsync(cancellation);
        var count = await transaction.FindAsync(
            $"SELECT count(*) FROM credentials WHERE account_id = {account}", row => row.Number(0), cancellation);
        if (count >= MaxPerAccount)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"An account has at most {MaxPerAccount} credentials.");
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO credentials (id, account_id, provider, name, aws_access_key_id, protected_secret, created_at, updated_at)
            VALUES ({credential.Id}, {account}, {Ebs}, {name}, {keyId}, {protectedSecret}, {now}, {now})
            """, cancellation);
        await transaction.CommitAsync();
        return credential;
    }

    /// <summary>Deletes a credential that nothing uses; false where the account has no such credential.</summary>
    /// <exception cref="VolumeException">Conflict: it is the account's own pool, or volumes or snapshots still use it.</exception>
    public async Task<bool> DeleteAsync(AccountId account, string id, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        var credential = await transaction.FindAsync($"{Columns} WHERE account_id = {account} AND id = {id}", Read, cancellation);
        if (credential is null) return false;
        if (credential.Provider == Local)
            throw new VolumeException(ErrorCode.Conflict,
                "This credential is the account's own local pool, which its volumes use; it cannot be deleted.");
        var users = await transaction.FindAsync(
            $"""
            SELECT (SELECT count(*) FROM volumes WHERE credential_id = {id} AND state <> {VolumeState.Deleted})
                 + (SELECT count(*) FROM snapshots WHERE credential_id = {id} AND state <> {SnapshotState.Deleted})
            """, row => row.Number(0), cancellation);
        if (users > 0)
            throw new VolumeException(ErrorCode.Conflict, $"{users} volumes and snapshots still use this credential.");
        await transaction.ExecuteAsync($"DELETE FROM volumes WHERE credential_id = {id}", cancellation);
        await transaction.ExecuteAsync($"DELETE FROM snapshots WHERE credential_id = {id}", cancellation);
        await transaction.ExecuteAsync($"DELETE FROM credentials WHERE id = {id}", cancellation);
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>Gives a new account the credential of its own pool.</summary>
    public static Task AddLocalAsync(
        Transaction transaction, AccountId account, DateTimeOffset now, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            INSERT INTO credentials (id, account_id, provider, name, created_at, updated_at)
            VALUES ({CredentialId.New()}, {account}, {Local}, {Local}, {now}, {now})
            """, cancellation);

    static Credential Read(Row row) =>
        new(row.Text(0), row.Text(1), row.Text(2), row.TextOrNull(3), row.Time(4), row.Time(5));
}
