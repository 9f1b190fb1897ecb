using System.Text.Json;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;

namespace Octavo.Server.Credentials;

/// <summary>
/// Asks providers what a credential opens: its account there, its regions, which become cells, and the permissions that it lacks. When it is
/// added, and every hour after, so that a region that was enabled since is found.
/// </summary>
sealed class CredentialProbe(
    Database.Database database, Cells cells, ICredentialVault vault, TimeProvider time, ILogger<CredentialProbe> log)
{
    static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>One that could not be probed is tried again so soon.</summary>
    static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    /// <summary>Probes at once; each is a handful of calls.</summary>
    const int MaxParallel = 8;

    /// <summary>Asks; changes nothing here.</summary>
    /// <exception cref="VolumeException">Refused, with what the provider said, or not to be reached.</exception>
    public Task<CredentialReport> AskAsync(string provider, ProviderAccess access, CancellationToken cancellation) =>
        cells.Provider(provider).ProbeAsync(access, cancellation);

    /// <summary>Probes every credential that is due.</summary>
    public async Task ProbeDueAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var due = await database.QueryAsync(
            $"""
            SELECT id FROM credentials WHERE provider <> 'local'
              AND coalesce(probed_at, 0) < CASE WHEN failure IS NULL THEN {now - Interval} ELSE {now - RetryInterval} END
            """, row => new CredentialId(row.Text(0)), cancellation);
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = MaxParallel, CancellationToken = cancellation },
            async (id, token) => await ProbeAsync(id, token));
    }

    /// <summary>Probes one credential and records the outcome; null where it went well, else why not.</summary>
    public async Task<VolumeException?> ProbeAsync(CredentialId id, CancellationToken cancellation)
    {
        try
        {
            var provider = await database.FindAsync($"SELECT provider FROM credentials WHERE id = {id}", row => row.Text(0), cancellation);
            if (provider is null) return null;
            var report = await AskAsync(provider, await vault.OpenAsync(id, cancellation), cancellation);
            await using var transaction = await database.BeginAsync(cancellation);
            await RecordAsync(transaction, id, report, time.GetUtcNow(), cancellation);
            await transaction.CommitAsync();
            return null;
        }
        catch (VolumeException e)
        {
            await using var transaction = await database.BeginAsync(cancellation);
            var news = await transaction.ExecuteAsync(
                $"""
                UPDATE credentials SET probed_at = {time.GetUtcNow()}, failure_code = {e.ProviderCode}, failure = {e.Message} WHERE id = {id}
                  AND failure IS NOT {e.Message}
                """, cancellation);
            await transaction.ExecuteAsync($"UPDATE credentials SET probed_at = {time.GetUtcNow()} WHERE id = {id}", cancellation);
            await transaction.CommitAsync();
            log.Log(news > 0 ? LogLevel.Warning : LogLevel.Debug, e, "Credential {Credential} does not open: {Code} {Message} (request {Request})",
                id, e.ProviderCode, e.Message, e.ProviderRequestId);
            return e;
        }
    }

    /// <summary>Writes what a probe found.</summary>
    public static async Task RecordAsync(
        Transaction transaction, CredentialId id, CredentialReport report, DateTimeOffset now, CancellationToken cancellation)
    {
        await transaction.ExecuteAsync(
            $"""
            UPDATE credentials SET provider_account = {report.ProviderAccount}, probed_at = {now}, failure_code = NULL, failure = NULL,
                missing_permissions = {JsonSerializer.Serialize(report.MissingPermissions)}
            WHERE id = {id}
            """, cancellation);
        await Cells.AddAsync(transaction, id, report.Regions, cancellation);
    }
}
