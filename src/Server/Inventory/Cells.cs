using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Inventory;

/// <summary>
/// The cells of the service, a credential in a region each, with their providers; and the table <c>cells</c>, which says
/// how fresh the inventory of each is.
/// </summary>
sealed class Cells(Database.Database database, IEnumerable<IVolumeProvider> providers)
{
    static readonly Sql Columns =
        $"SELECT c.id, c.account_id, a.name, c.provider FROM credentials c JOIN accounts a ON a.id = c.account_id";

    readonly Dictionary<string, IVolumeProvider> byKind = providers.ToDictionary(p => p.Kind);

    /// <summary>Every cell whose provider this server has.</summary>
    public async Task<List<(Cell Cell, IVolumeProvider Provider)>> AllAsync(CancellationToken cancellation) =>
        Expand(await database.QueryAsync($"{Columns} ORDER BY c.created_at, c.id", Read, cancellation));

    /// <summary>Every cell of an account, its own pool first.</summary>
    public async Task<List<(Cell Cell, IVolumeProvider Provider)>> OfAccountAsync(AccountId account, CancellationToken cancellation) =>
        Expand(await database.QueryAsync(
            $"{Columns} WHERE c.account_id = {account} ORDER BY c.provider <> 'local', c.created_at, c.id", Read, cancellation));

    /// <summary>The cell of a credential in a region.</summary>
    /// <exception cref="VolumeException">The credential is gone, or this server does not have its provider.</exception>
    public async Task<(Cell Cell, IVolumeProvider Provider)> GetAsync(string credential, string region, CancellationToken cancellation)
    {
        var found = Expand(await database.QueryAsync($"{Columns} WHERE c.id = {credential}", Read, cancellation));
        foreach (var (cell, provider) in found)
            if (cell.Region == region) return (cell, provider);
        throw new VolumeException(ErrorCode.Unsupported, $"No provider of this server reaches region \"{region}\" with that credential.");
    }

    /// <summary>The cell's room as last observed; null before the first pass.</summary>
    public Task<CellCapacity?> CapacityAsync(Cell cell, CancellationToken cancellation) =>
        database.FindAsync(
            $"""
            SELECT largest_volume_bytes, free_bytes FROM cells
            WHERE credential_id = {cell.Credential} AND region = {cell.Region} AND largest_volume_bytes IS NOT NULL
            """, row => new CellCapacity(new ByteSize(row.Number(0)), new ByteSize(row.Number(1))), cancellation);

    /// <summary>How fresh each cell of an account is.</summary>
    public Task<List<CellStatus>> StatusAsync(AccountId account, CancellationToken cancellation) =>
        database.QueryAsync(
            $"""
            SELECT c.provider, l.credential_id, l.region, l.observed_at, l.failed_at, l.failure
            FROM cells l JOIN credentials c ON c.id = l.credential_id WHERE c.account_id = {account} ORDER BY c.created_at, c.id, l.region
            """,
            row => new CellStatus(row.Text(0), row.Text(1), row.Text(2), row.TimeOrNull(3), row.TimeOrNull(4), row.TextOrNull(5)),
            cancellation);

    /// <summary>A pass saw the whole cell.</summary>
    public static Task ObservedAsync(
        Transaction transaction, Cell cell, CellCapacity capacity, DateTimeOffset at, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            INSERT INTO cells (credential_id, region, observed_at, largest_volume_bytes, free_bytes)
            VALUES ({cell.Credential}, {cell.Region}, {at}, {capacity.LargestVolume}, {capacity.Free})
            ON CONFLICT (credential_id, region) DO UPDATE SET observed_at = excluded.observed_at, failed_at = NULL, failure = NULL,
                largest_volume_bytes = excluded.largest_volume_bytes, free_bytes = excluded.free_bytes
            """, cancellation);

    /// <summary>A pass failed; what was known before stays, and is known to be stale.</summary>
    public async Task FailedAsync(Cell cell, string failure, DateTimeOffset at, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"""
            INSERT INTO cells (credential_id, region, failed_at, failure) VALUES ({cell.Credential}, {cell.Region}, {at}, {failure})
            ON CONFLICT (credential_id, region) DO UPDATE SET failed_at = excluded.failed_at, failure = excluded.failure
            """, cancellation);
        await transaction.CommitAsync();
    }

    List<(Cell, IVolumeProvider)> Expand(List<(CredentialId Id, AccountId Account, string AccountName, string Provider)> credentials) =>
    [
        .. from c in credentials
           where byKind.ContainsKey(c.Provider)
           let provider = byKind[c.Provider]
           from region in provider.Regions
           select (new Cell(c.Id, c.Account, c.AccountName, region.Name), provider),
    ];

    static (CredentialId, AccountId, string, string) Read(Row row) =>
        (new CredentialId(row.Text(0)), new AccountId(row.Text(1)), row.Text(2), row.Text(3));
}
