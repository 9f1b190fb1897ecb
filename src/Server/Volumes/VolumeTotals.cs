using Octavo.Api;
using Octavo.Server.Inventory;

namespace Octavo.Server.Volumes;

/// <summary>What the volumes of an account come to, in groups.</summary>
static class VolumeTotals
{
    /// <summary>What can be grouped by.</summary>
    public static IReadOnlyDictionary<string, Grouping<IndexedVolume>.ValueOf> Words { get; } =
        new Dictionary<string, Grouping<IndexedVolume>.ValueOf>
        {
            ["provider"] = (in v) => v.Provider,
            ["credential_id"] = (in v) => v.Credential,
            ["region"] = (in v) => v.Region,
            ["availability_zone"] = (in v) => v.Zone,
            ["state"] = (in v) => v.State,
            ["volume_type"] = (in v) => v.Type,
            ["attached"] = (in v) => v.IsAttached ? "true" : "false",
            ["encrypted"] = (in v) => v.IsEncrypted is { } encrypted ? encrypted ? "true" : "false" : null,
            ["protected"] = (in v) => v.IsProtected ? "true" : "false",
            ["managed_by"] = (in v) => v.ManagedBy,
        };

    /// <summary>Adds up those that fit.</summary>
    public static Task<Totals> OfAsync(AccountInventory inventory, VolumeFilter filter, string[] groupBy, CancellationToken cancellation) =>
        inventory.AskAsync(
            now => new Grouping<IndexedVolume>(
                groupBy, Words, now.Index.Tags, (in v) => v.Tags, (in v) => (v.SizeBytes, Math.Max(0, v.UsedBytes)))
                .Of(now.Index.Volumes.Rows, VolumeFilters.Matches(filter, now)), cancellation);
}
