using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Inventory;

/// <summary>A page that a pass has listed and written.</summary>
/// <param name="Kind"><c>volumes</c> or <c>snapshots</c>.</param>
/// <param name="Zone">The zone whose chain it is of; null for the whole cell.</param>
/// <param name="Number">0 for the first of its chain.</param>
/// <param name="NextToken">Where the next one begins; null where it was the last.</param>
/// <param name="Ids">What it showed.</param>
sealed record CheckpointPage(string Kind, string? Zone, int Number, string? NextToken, IReadOnlyList<string> Ids);

/// <summary>
/// The table <c>cell_pages</c>, for one pass over one cell: after a death or a failure the pass goes on behind the last page written. A page with
/// news is written with its news; pages without are gathered, so that a pass over an unchanged cell that ends soon writes nothing.
/// </summary>
sealed class Checkpoint
{
    /// <summary>Pages without news wait no longer than this: so much listing may be repeated after a death.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>An older pass is not gone on with: EC2's page tokens do not last, and what it saw is old.</summary>
    static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(15);

    readonly Database.Database database;
    readonly Cell cell;
    readonly TimeProvider time;
    readonly ILookup<(string Kind, string? Zone), CheckpointPage> before;
    readonly Lock gate = new();
    readonly List<CheckpointPage> waiting = [];
    DateTimeOffset written;
    bool hasBegun;

    Checkpoint(Database.Database database, Cell cell, TimeProvider time, DateTimeOffset began, List<CheckpointPage> pages)
    {
        this.database = database;
        this.cell = cell;
        this.time = time;
        Began = began;
        before = pages.ToLookup(page => (page.Kind, page.Zone));
        (Pages, hasBegun, written) = (pages.Count, pages.Count > 0, time.GetUtcNow());
    }

    /// <summary>When the pass began.</summary>
    public DateTimeOffset Began { get; }

    /// <summary>Pages that were listed before; 0 where the pass begins now.</summary>
    public int Pages { get; }

    /// <summary>The checkpoint of the pass that was cut short, or of a new one.</summary>
    public static async Task<Checkpoint> LoadAsync(Database.Database database, Cell cell, TimeProvider time, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var began = await database.FindAsync(
            $"SELECT pass_began_at FROM cells WHERE credential_id = {cell.Credential} AND region = {cell.Region}",
            row => row.TimeOrNull(0), cancellation);
        if (began is null || now - began > MaxAge) return new Checkpoint(database, cell, time, now, []);
        var pages = await database.QueryAsync(
            $"""
            SELECT kind, zone, number, next_token, ids FROM cell_pages WHERE credential_id = {cell.Credential} AND region = {cell.Region}
            ORDER BY kind, zone, number
            """,
            row => new CheckpointPage(
                row.Text(0), row.Text(1) is { Length: > 0 } zone ? zone : null, (int)row.Number(2), row.TextOrNull(3),
                row.Text(4).Split(' ', StringSplitOptions.RemoveEmptyEntries)), cancellation);
        return new Checkpoint(database, cell, time, began.Value, pages);
    }

    /// <summary>Where a chain goes on: the number of its next page, that page's token, and the ids that it has shown.</summary>
    public (int Number, string? Token, IEnumerable<string> Ids) Of(string kind, string? zone)
    {
        var pages = before[(kind, zone)].ToList();
        return pages.Count == 0 ? (0, null, []) : (pages[^1].Number + 1, pages[^1].NextToken, pages.SelectMany(p => p.Ids));
    }

    /// <summary>A page brought no news.</summary>
    public async Task NoteAsync(CheckpointPage page, CancellationToken cancellation)
    {
        lock (gate)
        {
            waiting.Add(page);
            if (time.GetUtcNow() - written < LongestWait) return;
        }
        await using var transaction = await database.BeginAsync(cancellation);
        await WriteAsync(transaction, null, cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>A page's news are in this transaction: it is written with them, and what waited too.</summary>
    public async Task WriteAsync(Transaction transaction, CheckpointPage? page, CancellationToken cancellation)
    {
        CheckpointPage[] pages;
        lock (gate)
        {
            pages = page is null ? [.. waiting] : [.. waiting, page];
            waiting.Clear();
            written = time.GetUtcNow();
        }
        if (!hasBegun)
        {
            // What an older pass left is not this one's.
            await transaction.ExecuteAsync(
                $"DELETE FROM cell_pages WHERE credential_id = {cell.Credential} AND region = {cell.Region}", cancellation);
            await transaction.ExecuteAsync(
                $"UPDATE cells SET pass_began_at = {Began} WHERE credential_id = {cell.Credential} AND region = {cell.Region}", cancellation);
            hasBegun = true;
        }
        foreach (var one in pages)
            await transaction.ExecuteAsync(
                $"""
                INSERT INTO cell_pages (credential_id, region, kind, zone, number, next_token, ids)
                VALUES ({cell.Credential}, {cell.Region}, {one.Kind}, {one.Zone ?? ""}, {one.Number}, {one.NextToken}, {string.Join(' ', one.Ids)})
                """, cancellation);
    }

    /// <summary>The next pass begins anew.</summary>
    public async Task ForgetAsync(CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await transaction.ExecuteAsync(
            $"UPDATE cells SET pass_began_at = NULL WHERE credential_id = {cell.Credential} AND region = {cell.Region}", cancellation);
        await transaction.ExecuteAsync(
            $"DELETE FROM cell_pages WHERE credential_id = {cell.Credential} AND region = {cell.Region}", cancellation);
        await transaction.CommitAsync();
    }
}
