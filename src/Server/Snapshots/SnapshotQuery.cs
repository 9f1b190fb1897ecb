using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Http;
using Octavo.Server.Inventory;

namespace Octavo.Server.Snapshots;

/// <summary>A page of snapshots as it is asked for: which, in what order, from where.</summary>
/// <param name="Filter">Which.</param>
/// <param name="Sort">A word of <see cref="Sorts"/>, with a hyphen before it for the largest first; null for the newest first.</param>
/// <param name="Page">From where.</param>
/// <param name="IsCounted">Whether to count all that fit.</param>
sealed record SnapshotQuery(SnapshotFilter Filter, string? Sort, PageOf Page, bool IsCounted)
{
    const string NewestFirst = "-started_at";

    /// <summary>What snapshots can be sorted by.</summary>
    public static IReadOnlyDictionary<string, Sort<IndexedSnapshot>> Sorts { get; } = new Dictionary<string, Sort<IndexedSnapshot>>
    {
        ["started_at"] = Sort<IndexedSnapshot>.By((in s) => s.StartedAt),
        ["updated_at"] = Sort<IndexedSnapshot>.By((in s) => s.UpdatedAt),
        ["state"] = Sort<IndexedSnapshot>.By((in s) => s.State),
        ["progress"] = Sort<IndexedSnapshot>.By((in s) => s.ProgressPercent),
        ["volume_size"] = Sort<IndexedSnapshot>.By((in s) => s.VolumeSizeBytes),
        ["stored"] = Sort<IndexedSnapshot>.By((in s) => s.StoredBytes == IndexedVolume.None ? null : s.StoredBytes),
        ["provider"] = Sort<IndexedSnapshot>.By((in s) => s.Provider),
        ["region"] = Sort<IndexedSnapshot>.By((in s) => s.Region),
        ["provider_volume_id"] = Sort<IndexedSnapshot>.By((in s) => s.Volume),
    };

    /// <summary>Behind the question mark.</summary>
    public static IReadOnlyList<QueryParameter> Parameters { get; } =
        [.. SnapshotFilters.Parameters, Ordering.Parameter(Sorts.Keys), .. PageOf.Parameters, Ordering.Count];

    /// <summary>Called by the framework to fill a parameter of this type.</summary>
    /// <exception cref="VolumeException">Invalid: a value that makes no sense.</exception>
    public static async ValueTask<SnapshotQuery> BindAsync(HttpContext context) => new(
        SnapshotFilters.Read(context), Query.Text(context, Ordering.Name), await PageOf.BindAsync(context),
        Query.Flag(context, Ordering.Count.Name) ?? false);

    /// <summary>Asks for the page.</summary>
    /// <exception cref="VolumeException">Invalid: no such sort or state, or a page token of another question.</exception>
    public async Task<SnapshotPage> AskAsync(AccountInventory inventory, SnapshotStore snapshots, CancellationToken cancellation)
    {
        var order = Ordering.Of(Sorts, Sort ?? NewestFirst);
        var list = Ordering.ListName("snapshots", JsonSerializer.SerializeToUtf8Bytes(Filter, ApiJson.Wire.SnapshotFilter), Sort);
        var after = Ordering.After(Page, list);
        var (keys, count) = await inventory.AskAsync(
            now => now.Index.Snapshots.Ask(SnapshotFilters.Matches(Filter, now), order, after, Page.Limit + 1), cancellation);
        var shown = await snapshots.ShowAsync(keys.Take(Page.Limit).Select(key => Ids.Text(key.Id)), cancellation);
        var page = Ordering.Cut(Page, list, keys, shown, snapshot => snapshot.Id, ApiJson.Wire.Snapshot);
        return new SnapshotPage(page.Items, page.NextPageToken, IsCounted ? count : null);
    }
}
