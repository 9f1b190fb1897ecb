using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Inventory;

/// <summary>
/// The table <c>cells</c>: a credential in a region each, and how fresh the inventory of it is. Where two credentials of an account open the
/// same account of the provider, the older one's cells are looked at and the newer one's are not: every volume is listed once.
/// </summary>
sealed class Cells(Database.Database database, IEnumerable<IVolumeProvider> providers)
{
    static readonly Sql Select =
        $"""
        SELECT c.id, c.account_id, a.name, c.provider, l.region, l.observed_at, l.volume_count, l.zones, l.largest_volume_bytes
        FROM cells l JOIN credentials c ON c.id = l.credential_id JOIN accounts a ON a.id = c.account_id
        """;

    static readonly Sql IsNotCovered =
        $"""
        NOT EXISTS (SELECT 1 FROM credentials o JOIN cells ol ON ol.credential_id = o.id AND ol.region = l.region
            WHERE o.provider_account = c.provider_account AND o.account_id = c.account_id AND o.provider = c.provider
              AND (o.created_at, o.id) < (c.created_at, c.id))
        """;

    readonly Dictionary<string, IVolumeProvider> byKind = providers.ToDictionary(p => p.Kind);

    /// <summary>The providers of this server.</summary>
    public IVolumeProvider Provider(string kind) => byKind.TryGetValue(kind, out var provider)
        ? provider
        : throw new VolumeException(ErrorCode.Unsupported, $"This server has no provider \"{kind}\".");

    /// <summary>Every cell to be looked at, the biggest first.</summary>
    public async Task<List<KnownCell>> AllAsync(CancellationToken cancellation) =>
        Known(await database.QueryAsync($"{Select} WHERE {IsNotCovered} ORDER BY l.volume_count DESC, c.created_at, c.id", Read, cancellation));

    /// <summary>Every cell of a credential.</summary>
    public async Task<List<KnownCell>> OfCredentialAsync(string credential, CancellationToken cancellation) =>
        Known(await database.QueryAsync(
            $"{Select} WHERE c.id = {credential} AND {IsNotCovered} ORDER BY l.volume_count DESC, l.region", Read, cancellation));

    /// <summary>The account's own pool.</summary>
    public async Task<KnownCell> OwnAsync(AccountId account, CancellationToken cancellation) =>
        Known(await database.QueryAsync(
            $"{Select} WHERE c.account_id = {account} AND c.provider = 'local'", Read, cancellation)).Single();

    /// <summary>Every cell of an account.</summary>
    public async Task<List<KnownCell>> OfAccountAsync(AccountId account, CancellationToken cancellation) =>
        Known(await database.QueryAsync(
            $"{Select} WHERE c.account_id = {account} ORDER BY c.created_at, c.id, l.region", Read, cancellation));

    /// <summary>The cell of a credential in a region.</summary>
    /// <exception cref="VolumeException">The credential is gone, or this server does not have its provider.</exception>
    public async Task<KnownCell> GetAsync(string credential, string region, CancellationToken cancellation) =>
        Known(await database.QueryAsync($"{Select} WHERE c.id = {credential} AND l.region = {region}", Read, cancellation)).FirstOrDefault()
        ?? throw new VolumeException(ErrorCode.Unsupported, $"No provider of this server reaches region \"{region}\" with that credential.");

    /// <summary>How fresh each cell of an account is, or of one credential.</summary>
    public Task<List<Api.CellStatus>> StatusAsync(AccountId account, string? credential, CancellationToken cancellation) =>
        database.QueryAsync(
            $"""
            SELECT c.provider, l.credential_id, l.region, l.observed_at, l.failed_at, l.failure_code, l.failure, l.stale_since,
                l.volume_count, l.snapshot_count
            FROM cells l JOIN credentials c ON c.id = l.credential_id
            WHERE c.account_id = {account} AND (c.id = {credential} OR {credential} IS NULL) ORDER BY c.created_at, c.id, l.region
            """,
            row => new Api.CellStatus(
                row.Text(0), row.Text(1), row.Text(2), row.TimeOrNull(3), row.TimeOrNull(4), row.TextOrNull(5), row.TextOrNull(6),
                row.TimeOrNull(7), (int)row.Number(8), (int)row.Number(9), null),
            cancellation);

    /// <summary>Makes the cells of a credential that are not there yet; those of regions that it lost stay, to be told as stale.</summary>
    public static Task AddAsync(
        Transaction transaction, CredentialId credential, IEnumerable<string> regions, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            INSERT INTO cells (credential_id, region) SELECT {credential}, value FROM json_each({JsonSerializer.Serialize(regions)}) WHERE true
            ON CONFLICT DO NOTHING
            """, cancellation);

    /// <summary>A pass saw the whole cell: its checkpoint goes, and what failed before is forgotten.</summary>
    public static async Task ObservedAsync(
        Transaction transaction, Cell cell, CellFacts facts, int volumes, int snapshots, DateTimeOffset at, CancellationToken cancellation)
    {
        await transaction.ExecuteAsync(
            $"""
            UPDATE cells SET observed_at = {at}, failed_at = NULL, failure = NULL, failure_code = NULL, stale_since = NULL,
                largest_volume_bytes = {facts.LargestVolume}, free_bytes = {facts.Free}, zones = {JsonSerializer.Serialize(facts.Zones)},
                volume_count = {volumes}, snapshot_count = {snapshots}, pass_began_at = NULL,
                retention_rules = {RuleRow.Text(facts.RetentionRules)}
            WHERE credential_id = {cell.Credential} AND region = {cell.Region}
            """, cancellation);
        await transaction.ExecuteAsync(
            $"DELETE FROM cell_pages WHERE credential_id = {cell.Credential} AND region = {cell.Region}", cancellation);
    }

    /// <summary>A pass failed; what was known before stays, and is known to be stale. Returns whether it was fresh until now.</summary>
    public async Task<bool> FailedAsync(Cell cell, string? code, string failure, DateTimeOffset at, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        var wasFresh = await transaction.FindAsync(
            $"SELECT failed_at IS NULL FROM cells WHERE credential_id = {cell.Credential} AND region = {cell.Region}",
            row => row.Flag(0), cancellation);
        await transaction.ExecuteAsync(
            $"""
            UPDATE cells SET failed_at = {at}, failure_code = {code}, failure = {failure}, stale_since = coalesce(stale_since, {at})
            WHERE credential_id = {cell.Credential} AND region = {cell.Region}
            """, cancellation);
        await transaction.CommitAsync();
        return wasFresh;
    }

    /// <summary>The rules of a cell's recycle bin, by what the last whole pass saw.</summary>
    public async Task<IReadOnlyList<RetentionRule>> RetentionRulesAsync(string credential, string region, CancellationToken cancellation) =>
        await database.FindAsync(
            $"SELECT retention_rules FROM cells WHERE credential_id = {credential} AND region = {region}", row => row.TextOrNull(0), cancellation)
            is { } json ? RuleRow.Rules(json) : [];

    List<KnownCell> Known(List<Row> rows) =>
    [
        .. from row in rows
           where byKind.ContainsKey(row.Kind)
           select new KnownCell(row.Cell, byKind[row.Kind], row.ObservedAt, row.VolumeCount, row.Zones, row.LargestVolume),
    ];

    static Row Read(Database.Row row) => new(
        new Cell(new CredentialId(row.Text(0)), new AccountId(row.Text(1)), row.Text(2), row.Text(4)), row.Text(3), row.TimeOrNull(5),
        (int)row.Number(6), row.TextOrNull(7) is { } zones ? JsonSerializer.Deserialize<string[]>(zones)! : [],
        row.NumberOrNull(8) is { } largest ? new ByteSize(largest) : null);

    sealed record Row(Cell Cell, string Kind, DateTimeOffset? ObservedAt, int VolumeCount, string[] Zones, ByteSize? LargestVolume);
}

/// <summary>A retention rule as the table keeps it.</summary>
sealed record RuleRow(string Id, int Days, ProviderTag[] Tags, ProviderTag[] ExcludedTags)
{
    public static string? Text(IReadOnlyList<RetentionRule> rules) => rules.Count == 0 ? null : JsonSerializer.Serialize(
        [.. rules.Select(rule => new RuleRow(rule.Id, rule.Days, [.. rule.Tags], [.. rule.ExcludedTags]))], CellJson.Default.RuleRowArray);

    public static List<RetentionRule> Rules(string json) =>
        [.. JsonSerializer.Deserialize(json, CellJson.Default.RuleRowArray)!.Select(row => new RetentionRule(row.Id, row.Days, [.. row.Tags], [.. row.ExcludedTags]))];
}

[JsonSerializable(typeof(RuleRow[]))]
sealed partial class CellJson : JsonSerializerContext;

/// <summary>A cell with its provider, and what the last whole pass told.</summary>
/// <param name="ObservedAt">When that was; null where there was none.</param>
/// <param name="VolumeCount">The volumes that it saw.</param>
/// <param name="Zones">The availability zones, the default one first; none before the first pass.</param>
/// <param name="LargestVolume">No larger volume can be made; null before the first pass.</param>
sealed record KnownCell(
    Cell Cell, IVolumeProvider Provider, DateTimeOffset? ObservedAt, int VolumeCount, string[] Zones, ByteSize? LargestVolume)
{
    /// <summary>What most callers want of it.</summary>
    public void Deconstruct(out Cell cell, out IVolumeProvider provider) => (cell, provider) = (Cell, Provider);
}
