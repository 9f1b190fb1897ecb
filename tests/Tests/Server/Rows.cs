using Microsoft.Extensions.DependencyInjection;
using Octavo.Server.Database;

namespace Octavo.Tests.Server;

/// <summary>Volumes and snapshots as rows, by the hundred and of every kind, as passes over a cloud would leave them.</summary>
static class Rows
{
    /// <summary>Puts rows into the first account.</summary>
    /// <param name="seed">Equal seeds give equal rows.</param>
    public static async Task AddAsync(ServerHost host, int volumes, int seed)
    {
        var database = host.Services.GetRequiredService<Database>();
        await using var transaction = await database.BeginAsync(Cancellation);
        var account = await transaction.FindAsync($"SELECT id FROM accounts WHERE name = 'default'", row => row.Text(0), Cancellation);
        // Of a cloud, and without regions, so that no pass looks for them.
        const string credential = "000000000000000000000000000000eb";
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO credentials (id, account_id, provider, name, source, probed_at, created_at, updated_at)
            VALUES ({credential}, {account}, 'ebs', 'rows', 'machine', {long.MaxValue}, 0, 0) ON CONFLICT DO NOTHING
            """, Cancellation);
        var first = (long)seed * 1_000_000;
        // What looks like chance is the remainder of a number by a prime; some have no value, and many have the same.
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO volumes (id, account_id, credential_id, region, availability_zone, provider_volume_id, name, state, size_bytes, used_bytes,
                attachment_state, instance_id, volume_type, is_encrypted, is_protected, managed_by, tags, unattached_since, source_snapshot_id,
                created_at, updated_at, deleted_at)
            WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {first + volumes}),
                r AS (SELECT i, (i * 7919 + 13) % 104729 AS x FROM n)
            SELECT printf('%08x', x) || printf('%024x', i), {account}, {credential}, 'region-' || (x % 3), 'region-' || (x % 3) || (x % 2),
                printf('vol-%017x', i), CASE x % 5 WHEN 0 THEN 'Synced from AWS' WHEN 1 THEN 'Straße ' || (x % 7) ELSE 'disk-' || (x % 40) END,
                CASE x % 11 WHEN 0 THEN 'error' WHEN 1 THEN 'deleted' WHEN 2 THEN 'creating' ELSE iif(x % 2, 'in-use', 'available') END,
                (1 + x % 9) * 1073741824, iif(x % 4, (x % 9) * 1048576, NULL), iif(x % 2, 'attached', NULL), iif(x % 2, 'i-' || (x % 20), NULL),
                CASE x % 6 WHEN 0 THEN NULL WHEN 1 THEN 'io2' ELSE 'gp3' END, nullif(x % 3, 2), x % 8 = 0, iif(x % 13, NULL, 'backup'),
                CASE x % 4 WHEN 0 THEN NULL WHEN 1 THEN {Prod} WHEN 2 THEN {Dev} ELSE {Odd} END,
                iif(x % 2, NULL, 1700000000000 + (x % 50) * 1000), iif(x % 10, NULL, 'snap-0'),
                1600000000000 + (x % 100) * 1000, iif(x % 11 = 1, {TimeProvider.System.GetUtcNow()}, 1600000000000 + x), iif(x % 11 = 1, 1700000000000 + x, NULL)
            FROM r
            """, Cancellation);
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO snapshots (id, account_id, credential_id, region, provider_volume_id, provider_snapshot_id, state, progress_percent,
                volume_size_bytes, stored_bytes, tags, started_at, updated_at)
            WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {first + volumes}),
                r AS (SELECT i, (i * 6007 + 5) % 104729 AS x FROM n)
            SELECT printf('%08x', x) || printf('%024x', i), {account}, {credential}, 'region-' || (x % 3),
                printf('vol-%017x', {first} + x % {volumes + volumes / 4}), printf('snap-%017x', i),
                CASE x % 7 WHEN 0 THEN 'pending' WHEN 1 THEN 'error' WHEN 2 THEN 'deleted' ELSE 'completed' END, x % 101, (1 + x % 9) * 1073741824,
                iif(x % 3, x, NULL), iif(x % 2, NULL, {Prod}), 1650000000000 + (x % 60) * 1000, 1650000000000
            FROM r
            """, Cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>Runs a statement on the rows, as anything that writes them would.</summary>
    public static async Task ChangeAsync(ServerHost host, Sql statement)
    {
        await using var transaction = await host.Services.GetRequiredService<Database>().BeginAsync(Cancellation);
        await transaction.ExecuteAsync(statement, Cancellation);
        await transaction.CommitAsync();
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    const string Prod = """[{"key":"env","value":"prod"}]""";
    const string Dev = """[{"key":"env","value":"dev"},{"key":"team","value":"a b"}]""";
    const string Odd = """[{"key":"env","value":"prod"},{"key":"team","value":"é=&"}]""";
}
