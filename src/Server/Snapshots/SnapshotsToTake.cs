using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Snapshots;

/// <summary>
/// The volumes of a selection, written down as operations and pending snapshots under the one that follows them. Where the provider can take any volumes of
/// a cell at one instant, those of the selection are one set. An instance is taken as one where the provider can, and where nothing but the selection can come
/// into its set: every volume that the inventory lists on it is selected and attached, there are at least two, and none is on several instances or somebody
/// else's to manage. All other volumes are taken one by one.
/// </summary>
static class SnapshotsToTake
{
    /// <summary>Half of EBS's 100 pending snapshots of a region: a larger set would wait for the whole region to stand still.</summary>
    const int MostOfOneInstance = 50;

    /// <summary>All of a set waits for the last of it to be written down, and so does every other change of its pool.</summary>
    const int MostOfOneCell = 1000;

    /// <summary>In the place of an instance: the set is of the cell.</summary>
    const string WholeCell = "";

    static readonly Sql IsListed = $"v.state NOT IN ('deleting', 'deleted')";

    static readonly Sql CanBeTaken = $"v.state IN ('available', 'in-use') AND v.provider_volume_id IS NOT NULL";

    /// <summary>Writes it all down; returns the number of volumes.</summary>
    /// <param name="selection">About a volume <c>v</c> and its credential <c>c</c>.</param>
    public static async Task<int> WriteAsync(
        Transaction transaction, Operation parent, Sql selection, IEnumerable<IVolumeProvider> providers, DateTimeOffset now,
        CancellationToken cancellation)
    {
        var sets = await transaction.QueryAsync(
            Sets(parent.Account, selection, providers),
            row => new[] { row.Text(0), row.Text(1), row.Text(2), OperationId.New().Value }, cancellation);
        var text = JsonSerializer.Serialize(sets);
        var set = SetOf(providers);
        return await WriteSetsAsync(transaction, parent, selection, text, set, now, cancellation)
            + await WriteSinglesAsync(transaction, parent, selection, text, set, now, cancellation);
    }

    /// <summary>Tells what would be written.</summary>
    public static async Task<SnapshotPlan> PlanAsync(
        Database.Database database, AccountId account, Sql selection, IEnumerable<IVolumeProvider> providers, CancellationToken cancellation)
    {
        var (pools, instances) = await database.FindAsync(
            $"SELECT count(*) FILTER (WHERE instance = {WholeCell}), count(*) FILTER (WHERE instance <> {WholeCell}) FROM ({Sets(account, selection, providers)})",
            row => (row.Number(0), row.Number(1)), cancellation);
        return (await database.FindAsync(
            $"""
            SELECT count(*), coalesce(sum(v.size_bytes), 0) FROM volumes v JOIN credentials c ON c.id = v.credential_id
            WHERE v.account_id = {account} AND {CanBeTaken} AND ({selection})
            """, row => new SnapshotPlan(row.Number(0), instances, row.Number(1), pools), cancellation))!;
    }

    /// <summary>What is taken as one: credential, region, and the instance or <see cref="WholeCell"/>.</summary>
    static Sql Sets(AccountId account, Sql selection, IEnumerable<IVolumeProvider> providers) =>
        $"""
        SELECT v.credential_id, v.region, {WholeCell} AS instance FROM volumes v JOIN credentials c ON c.id = v.credential_id
        WHERE v.account_id = {account} AND {CanBeTaken} AND ({selection}) AND {IsOf(providers, OneInstant.Cell)}
        GROUP BY v.credential_id, v.region
        HAVING count(*) BETWEEN 2 AND {MostOfOneCell}
        UNION ALL
        SELECT v.credential_id, v.region, v.instance_id FROM volumes v JOIN credentials c ON c.id = v.credential_id
        WHERE v.account_id = {account} AND v.instance_id IS NOT NULL AND {IsListed} AND {IsOf(providers, OneInstant.Instance)}
        GROUP BY v.credential_id, v.region, v.instance_id
        HAVING count(*) BETWEEN 2 AND {MostOfOneInstance}
          AND count(*) = count(*) FILTER (WHERE {CanBeTaken} AND ({selection}) AND v.attachment_state = 'attached'
            AND v.is_multi_attach = 0 AND v.managed_by IS NULL)
          AND v.instance_id NOT IN
            (SELECT also.value ->> 'instanceId' FROM volumes m, json_each(m.attachments) also
             WHERE m.account_id = {account} AND m.attachments IS NOT NULL AND also.value ->> 'instanceId' IS NOT NULL)
        """;

    /// <summary>The set that a volume would be in, as <see cref="Sets"/> names it.</summary>
    static Sql SetOf(IEnumerable<IVolumeProvider> providers) => $"iif({IsOf(providers, OneInstant.Cell)}, {WholeCell}, v.instance_id)";

    static Sql IsOf(IEnumerable<IVolumeProvider> providers, OneInstant most)
    {
        var kinds = JsonSerializer.Serialize(providers.Where(p => p.Capabilities.OneInstant == most).Select(p => p.Kind));
        return $"c.provider IN (SELECT value FROM json_each({kinds}))";
    }

    /// <param name="sets">JSON: of each its credential, region, instance and the id of its operation.</param>
    static async Task<int> WriteSetsAsync(
        Transaction transaction, Operation parent, Sql selection, string sets, Sql set, DateTimeOffset now, CancellationToken cancellation)
    {
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO operations (id, account_id, kind, state, step, progress_percent, input, attempt, failures, not_before, created_at,
                updated_at, parent_id)
            SELECT value ->> 3, {parent.Account}, {OperationKind.CreateInstanceSnapshots}, {OperationState.Queued}, {Operation.FirstStep}, 0,
                nullif(value ->> 2, {WholeCell}), 0, 0, 0, {now}, {now}, {parent.Id}
            FROM json_each({sets})
            """, cancellation);
        // Materialized and on the right: SQLite then indexes it, instead of walking through all sets for each volume.
        return await transaction.ExecuteAsync(
            $"""
            WITH sets AS MATERIALIZED (
                SELECT value ->> 0 AS credential, value ->> 1 AS region, value ->> 2 AS instance, value ->> 3 AS operation FROM json_each({sets}))
            INSERT INTO snapshots (id, account_id, credential_id, region, provider_volume_id, operation_id, state, progress_percent,
                volume_size_bytes, started_at, updated_at)
            SELECT lower(hex(randomblob(16))), v.account_id, v.credential_id, v.region, v.provider_volume_id, sets.operation,
                {SnapshotState.Pending}, 0, v.size_bytes, {now}, {now}
            FROM volumes v JOIN credentials c ON c.id = v.credential_id
                CROSS JOIN sets ON sets.credential = v.credential_id AND sets.region = v.region AND sets.instance = {set}
            WHERE v.account_id = {parent.Account} AND {CanBeTaken} AND ({selection})
            """, cancellation);
    }

    static async Task<int> WriteSinglesAsync(
        Transaction transaction, Operation parent, Sql selection, string sets, Sql set, DateTimeOffset now, CancellationToken cancellation)
    {
        var written = await transaction.ExecuteAsync(
            $"""
            INSERT INTO operations (id, account_id, kind, state, step, progress_percent, volume_id, snapshot_id, attempt, failures,
                not_before, created_at, updated_at, parent_id)
            SELECT lower(hex(randomblob(16))), {parent.Account}, {OperationKind.CreateSnapshot}, {OperationState.Queued}, {Operation.FirstStep}, 0,
                v.id, lower(hex(randomblob(16))), 0, 0, 0, {now}, {now}, {parent.Id}
            FROM volumes v JOIN credentials c ON c.id = v.credential_id
            WHERE v.account_id = {parent.Account} AND {CanBeTaken} AND ({selection}) AND ({set} IS NULL
              OR (v.credential_id, v.region, {set}) NOT IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each({sets})))
            """, cancellation);
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO snapshots (id, account_id, credential_id, region, provider_volume_id, operation_id, state, progress_percent,
                volume_size_bytes, started_at, updated_at)
            SELECT o.snapshot_id, o.account_id, v.credential_id, v.region, v.provider_volume_id, o.id, {SnapshotState.Pending}, 0,
                v.size_bytes, {now}, {now}
            FROM operations o JOIN volumes v ON v.id = o.volume_id WHERE o.parent_id = {parent.Id}
            """, cancellation);
        return written;
    }
}
