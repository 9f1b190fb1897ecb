using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Credentials;

/// <summary>
/// The table <c>credentials</c>: each account's own pool, and what its admins add. Secrets are encrypted by Data Protection and come out only
/// through <see cref="OpenAsync"/>, for the provider.
/// </summary>
sealed class CredentialStore(
    Database.Database database, IDataProtectionProvider protection, TimeProvider time) : ICredentialVault
{
    /// <summary>Credentials in one account, as a bound on the work of one reconciler.</summary>
    public const int MaxPerAccount = 1000;

    /// <summary>The provider of AWS credentials.</summary>
    public const string Ebs = "ebs";

    const string Local = "local";

    static readonly Sql Select =
        $"""
        SELECT id, name, provider, source, aws_access_key_id, profile, role_arn, external_id, regions, endpoint, provider_account,
            missing_permissions, failure_code, failure, created_at, updated_at
        FROM credentials
        """;

    readonly IDataProtector protector = protection.CreateProtector("Credentials.v1");

    /// <summary>One page of an account's credentials, oldest first.</summary>
    public async Task<Page<Credential>> ListAsync(AccountId account, PageOf page, CancellationToken cancellation)
    {
        var (created, id) = page.AfterTimeAndId("credentials", (0, ""));
        return page.Cut(
            await database.QueryAsync(
                $"""
                {Select} WHERE account_id = {account} AND (created_at, id) > ({created}, {id})
                ORDER BY created_at, id LIMIT {page.Limit + 1}
                """, Read, cancellation),
            "credentials", last => PageOf.Key(last.CreatedAt, last.Id), ApiJson.Wire.Credential);
    }

    /// <summary>A credential of the account.</summary>
    /// <exception cref="VolumeException">Not found.</exception>
    public async Task<Credential> GetAsync(AccountId account, string id, CancellationToken cancellation) =>
        await database.FindAsync($"{Select} WHERE account_id = {account} AND id = {id}", Read, cancellation)
        ?? throw new VolumeException(ErrorCode.NotFound, "There is no such credential in this account.");

    /// <summary>Keeps a credential and makes its cells.</summary>
    /// <param name="report">What it was found to open; null where the provider could not be asked yet.</param>
    /// <exception cref="VolumeException">The bound is reached.</exception>
    public async Task<Credential> AddAsync(
        Transaction transaction, AccountId account, string name, ProviderAccess access, CredentialReport? report,
        CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var count = await transaction.FindAsync(
            $"SELECT count(*) FROM credentials WHERE account_id = {account}", row => row.Number(0), cancellation);
        if (count >= MaxPerAccount)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"An account has at most {MaxPerAccount} credentials.");
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO credentials (id, account_id, provider, name, source, aws_access_key_id, protected_secret, protected_session_token,
                profile, role_arn, external_id, regions, endpoint, created_at, updated_at)
            VALUES ({access.Credential}, {account}, {Ebs}, {name}, {Word(access.Source)}, {access.AccessKeyId},
                {Protect(access.SecretAccessKey)}, {Protect(access.SessionToken)}, {access.Profile}, {access.RoleArn}, {access.ExternalId},
                {JsonSerializer.Serialize(access.Regions)}, {access.Endpoint?.ToString()}, {now}, {now})
            """, cancellation);
        if (report is not null) await CredentialProbe.RecordAsync(transaction, access.Credential, report, now, cancellation);
        return (await transaction.FindAsync($"{Select} WHERE id = {access.Credential}", Read, cancellation))!;
    }

    /// <inheritdoc/>
    public async Task<ProviderAccess> OpenAsync(CredentialId credential, CancellationToken cancellation) =>
        await database.FindAsync(
            $"""
            SELECT provider_account, source, aws_access_key_id, protected_secret, protected_session_token, profile, role_arn, external_id,
                regions, endpoint
            FROM credentials WHERE id = {credential}
            """,
            row => new ProviderAccess(credential, row.TextOrNull(0), Source(row.Text(1)))
            {
                AccessKeyId = row.TextOrNull(2),
                SecretAccessKey = Unprotect(row.TextOrNull(3)),
                SessionToken = Unprotect(row.TextOrNull(4)),
                Profile = row.TextOrNull(5),
                RoleArn = row.TextOrNull(6),
                ExternalId = row.TextOrNull(7),
                Regions = JsonSerializer.Deserialize<string[]>(row.Text(8))!,
                Endpoint = row.TextOrNull(9) is { } endpoint ? new Uri(endpoint) : null,
            }, cancellation)
        ?? throw new VolumeException(ErrorCode.NotFound, "The credential was deleted.");

    /// <summary>
    /// Deletes a credential that nothing uses. What is listed through it moves to another credential of the account that opens the same account of the
    /// provider, if there is one.
    /// </summary>
    /// <param name="mayForget">Takes what is listed through it off the list; nothing at the provider is touched.</param>
    /// <exception cref="VolumeException">Conflict: it is the account's own pool, or still used.</exception>
    public static async Task DeleteAsync(
        Transaction transaction, AccountId account, Credential credential, bool mayForget, CancellationToken cancellation)
    {
        var id = credential.Id;
        if (credential.Provider == Local)
            throw new VolumeException(ErrorCode.Conflict,
                "This credential is the account's own local pool, which its volumes use; it cannot be deleted.");
        var unfinished = await transaction.FindAsync(
            $"""
            SELECT count(DISTINCT o.id) FROM operations o LEFT JOIN volumes v ON v.id = o.volume_id
                LEFT JOIN snapshots s ON s.id = o.snapshot_id OR s.operation_id = o.id
            WHERE o.state IN ('queued', 'running') AND {id} IN (v.credential_id, s.credential_id)
            """, row => row.Number(0), cancellation);
        if (unfinished > 0)
            throw new VolumeException(ErrorCode.Conflict, $"{unfinished} operations that use this credential are under way. Wait for them to end.");
        var twin = await transaction.FindAsync(
            $"""
            SELECT id FROM credentials WHERE account_id = {account} AND provider_account = {credential.ProviderAccount} AND id <> {id}
            ORDER BY created_at, id
            """, row => row.Text(0), cancellation);
        if (twin is not null)
        {
            await transaction.ExecuteAsync($"UPDATE OR IGNORE volumes SET credential_id = {twin} WHERE credential_id = {id}", cancellation);
            await transaction.ExecuteAsync($"UPDATE OR IGNORE snapshots SET credential_id = {twin} WHERE credential_id = {id}", cancellation);
        }
        else if (!mayForget)
        {
            var users = await transaction.FindAsync(
                $"""
                SELECT (SELECT count(*) FROM volumes WHERE credential_id = {id} AND state <> {VolumeState.Deleted})
                     + (SELECT count(*) FROM snapshots WHERE credential_id = {id} AND state <> {SnapshotState.Deleted})
                """, row => row.Number(0), cancellation);
            if (users > 0)
                throw new VolumeException(ErrorCode.Conflict,
                    $"{users} volumes and snapshots still use this credential. /v2 can take them off the list with forget=true; that deletes nothing at the provider.");
        }
        await transaction.ExecuteAsync($"DELETE FROM volumes WHERE credential_id = {id}", cancellation);
        await transaction.ExecuteAsync($"DELETE FROM snapshots WHERE credential_id = {id}", cancellation);
        await transaction.ExecuteAsync($"DELETE FROM credentials WHERE id = {id}", cancellation);
    }

    /// <summary>Gives a new account the credential and the cell of its own pool.</summary>
    public static async Task AddLocalAsync(
        Transaction transaction, AccountId account, DateTimeOffset now, CancellationToken cancellation)
    {
        var id = CredentialId.New();
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO credentials (id, account_id, provider, name, source, created_at, updated_at)
            VALUES ({id}, {account}, {Local}, {Local}, {Word(AccessSource.None)}, {now}, {now})
            """, cancellation);
        await transaction.ExecuteAsync(
            $"INSERT INTO cells (credential_id, region, zones) VALUES ({id}, {Local}, {JsonSerializer.Serialize<string[]>([Local])})", cancellation);
    }

    string? Protect(string? secret) => secret is null ? null : protector.Protect(secret);

    string? Unprotect(string? text)
    {
        try
        {
            return text is null ? null : protector.Unprotect(text);
        }
        catch (CryptographicException e)
        {
            throw new VolumeException(ErrorCode.Conflict,
                "The secret of this credential cannot be decrypted. Is the master key the one that it was added under? Else add the credential again.", e);
        }
    }

    static string Word(AccessSource source) => source.ToString().ToLowerInvariant();

    static AccessSource Source(string word) => Enum.Parse<AccessSource>(word, ignoreCase: true);

    static Credential Read(Row row) => new(
        row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.TextOrNull(4), row.TextOrNull(5), row.TextOrNull(6), row.TextOrNull(7),
        JsonSerializer.Deserialize<string[]>(row.Text(8))!, row.TextOrNull(9), row.TextOrNull(10),
        JsonSerializer.Deserialize<string[]>(row.Text(11))!, row.TextOrNull(12), row.TextOrNull(13), null, row.Time(14), row.Time(15));
}
