using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Snapshots;
using Octavo.Server.Volumes;

namespace Octavo.Server.Inventory;

/// <summary>Which volumes, or which snapshots, are selected for something that is done to many at once.</summary>
/// <param name="Ids">Octavo's ids, in their order.</param>
/// <param name="IsNamed">Whether they were named one by one: then each of them must be there.</param>
sealed record Selection(IReadOnlyList<string> Ids, bool IsNamed)
{
    /// <summary>In one selection: more than a day of EBS's 100 pending snapshots a region.</summary>
    const int MaxFound = 100_000;

    /// <summary>Ids in one body.</summary>
    const int MaxNamed = 10_000;

    /// <summary>The volumes that are named, or those of the account that pass the filter.</summary>
    /// <exception cref="VolumeException">Invalid: none of the two, or both. Quota exceeded: too many.</exception>
    public static Task<Selection> OfVolumesAsync(
        AccountInventory inventory, IReadOnlyList<string>? ids, VolumeFilter? filter, CancellationToken cancellation) =>
        OfAsync(inventory, "volume", ids, filter is null ? null : now => now.Index.Volumes.Find(VolumeFilters.Matches(filter, now)), cancellation);

    /// <summary>The snapshots that are named, or those of the account that pass the filter.</summary>
    /// <exception cref="VolumeException">Invalid: none of the two, or both. Quota exceeded: too many.</exception>
    public static Task<Selection> OfSnapshotsAsync(
        AccountInventory inventory, IReadOnlyList<string>? ids, SnapshotFilter? filter, CancellationToken cancellation) =>
        OfAsync(inventory, "snapshot", ids, filter is null ? null : now => now.Index.Snapshots.Find(SnapshotFilters.Matches(filter, now)), cancellation);

    static async Task<Selection> OfAsync(
        AccountInventory inventory, string what, IReadOnlyList<string>? ids, Func<AccountInventory, List<UInt128>>? find, CancellationToken cancellation)
    {
        if (ids is null == find is null)
            throw new VolumeException(ErrorCode.Invalid, $"Give {what}_ids or a filter, one of the two; an empty filter {{}} is every {what}.");
        if (ids is { Count: 0 or > MaxNamed })
            throw new VolumeException(ErrorCode.Invalid, $"{what}_ids has {ids.Count} ids; from 1 to {MaxNamed} are allowed.");
        if (ids is not null) return new Selection([.. ids.Distinct().Order(StringComparer.Ordinal)], true);
        var found = await inventory.AskAsync(find!, cancellation);
        if (found.Count > MaxFound)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"The selection has {found.Count} {what}s; at most {MaxFound} go at once. Filter more.");
        found.Sort();
        return new Selection(found.ConvertAll(Inventory.Ids.Text), false);
    }
}
