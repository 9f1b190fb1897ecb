using Octavo.Api;
using Octavo.Server.Inventory;

namespace Octavo.Server.Snapshots;

/// <summary>What the snapshots of an account come to, in groups.</summary>
static class SnapshotTotals
{
    /// <summary>What can be grouped by.</summary>
    public static IReadOnlyDictionary<string, Grouping<IndexedSnapshot>.ValueOf> Words { get; } =
        new Dictionary<string, Grouping<IndexedSnapshot>.ValueOf>
        {
            ["provider"] = (in s) => s.Provider,
            ["credential_id"] = (in s) => s.Credential,
            ["region"] = (in s) => s.Region,
            ["state"] = (in s) => s.State,
            ["provider_volume_id"] = (in s) => s.Volume,
            ["orphan"] = (in s) => s.VolumeId == default ? "true" : "false",
            ["encrypted"] = (in s) => s.IsEncrypted is { } encrypted ? encrypted ? "true" : "false" : null,
            ["storage_tier"] = (in s) => s.Tier,
        };

    /// <summary>Adds up those that fit.</summary>
    public static Task<Totals> OfAsync(AccountInventory inventory, SnapshotFilter filter, string[] groupBy, CancellationToken cancellation) =>
        inventory.AskAsync(
            now => new Grouping<IndexedSnapshot>(
                groupBy, Words, now.Index.Tags, (in s) => s.Tags, (in s) => (s.VolumeSizeBytes, Math.Max(0, s.StoredBytes)))
                .Of(now.Index.Snapshots.Rows, SnapshotFilters.Matches(filter, now)), cancellation);
}
