using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Http;
using Octavo.Server.Inventory;

namespace Octavo.Server.Volumes;

/// <summary>A page of volumes as it is asked for: which, in what order, from where.</summary>
/// <param name="Filter">Which.</param>
/// <param name="Sort">A word of <see cref="Sorts"/>, with a hyphen before it for the largest first; null for the oldest first.</param>
/// <param name="Page">From where.</param>
/// <param name="IsCounted">Whether to count all that fit.</param>
sealed record VolumeQuery(VolumeFilter Filter, string? Sort, PageOf Page, bool IsCounted)
{
    const string OldestFirst = "created_at";

    /// <summary>What volumes can be sorted by.</summary>
    public static IReadOnlyDictionary<string, Sort<IndexedVolume>> Sorts { get; } = new Dictionary<string, Sort<IndexedVolume>>
    {
        ["created_at"] = Sort<IndexedVolume>.By((in v) => v.CreatedAt),
        ["updated_at"] = Sort<IndexedVolume>.By((in v) => v.UpdatedAt),
        ["name"] = Sort<IndexedVolume>.By((in v) => new SortKey(false, v.NameBeginning, v.FoldedName, v.Id)),
        ["state"] = Sort<IndexedVolume>.By((in v) => v.State),
        ["size"] = Sort<IndexedVolume>.By((in v) => v.SizeBytes),
        ["used"] = Sort<IndexedVolume>.By((in v) => Known(v.UsedBytes)),
        ["provider"] = Sort<IndexedVolume>.By((in v) => v.Provider),
        ["region"] = Sort<IndexedVolume>.By((in v) => v.Region),
        ["availability_zone"] = Sort<IndexedVolume>.By((in v) => v.Zone),
        ["volume_type"] = Sort<IndexedVolume>.By((in v) => v.Type),
        ["instance_id"] = Sort<IndexedVolume>.By((in v) => v.Instance),
        ["unattached_since"] = Sort<IndexedVolume>.By((in v) => Known(v.UnattachedSince)),
        ["snapshot_count"] = Sort<IndexedVolume>.By((in v) => v.SnapshotCount),
        ["last_snapshot_at"] = Sort<IndexedVolume>.By((in v) => Known(v.LastSnapshotAt)),
        ["deleted_at"] = Sort<IndexedVolume>.By((in v) => Known(v.DeletedAt)),
    };

    /// <summary>Behind the question mark.</summary>
    public static IReadOnlyList<QueryParameter> Parameters { get; } =
        [.. VolumeFilters.Parameters, Ordering.Parameter(Sorts.Keys), .. PageOf.Parameters, Ordering.Count];

    /// <summary>Called by the framework to fill a parameter of this type.</summary>
    /// <exception cref="VolumeException">Invalid: a value that makes no sense.</exception>
    public static async ValueTask<VolumeQuery> BindAsync(HttpContext context) => new(
        VolumeFilters.Read(context), Query.Text(context, Ordering.Name), await PageOf.BindAsync(context), Query.Flag(context, Ordering.Count.Name) ?? false);

    /// <summary>Asks for the page.</summary>
    /// <exception cref="VolumeException">Invalid: no such sort or state, or a page token of another question.</exception>
    public async Task<(IReadOnlyList<Volume> Items, string? NextPageToken, long? Count)> AskAsync(
        AccountInventory inventory, VolumeStore volumes, CancellationToken cancellation)
    {
        var order = Ordering.Of(Sorts, Sort ?? OldestFirst);
        // A token is of one question: with another filter or order it would show nonsense.
        var list = Ordering.ListName("volumes", JsonSerializer.SerializeToUtf8Bytes(Filter, ApiJson.Wire.VolumeFilter), Sort);
        var after = Ordering.After(Page, list);
        var (keys, count, known) = await inventory.AskAsync(
            now =>
            {
                var (keys, all) = now.Index.Volumes.Ask(VolumeFilters.Matches(Filter, now), order, after, Page.Limit + 1);
                return (keys, all, keys.Take(Page.Limit).Select(key => now.Index.Volumes[key.Id].Snapshots).ToList());
            }, cancellation);
        var page = Ordering.Cut(Page, list, keys, await volumes.ShowAsync(known, cancellation), volume => volume.Id, ApiJson.Wire.Volume);
        return (page.Items, page.NextPageToken, IsCounted ? count : null);
    }

    static long? Known(long number) => number == IndexedVolume.None ? null : number;
}
