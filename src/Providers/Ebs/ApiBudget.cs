using System.Collections.Concurrent;

namespace Octavo.Providers.Ebs;

/// <summary>
/// The buckets, one per account, region and action as AWS has them. Two keys of one account share its buckets; a credential whose account is
/// not known has its own.
/// </summary>
sealed class ApiBudget(TimeProvider time, EbsOptions options)
{
    readonly ConcurrentDictionary<(string Account, string Region, string Action), TokenBucket> buckets = new();

    /// <summary>The bucket of an action.</summary>
    public TokenBucket Of(string account, string region, string action) =>
        buckets.GetOrAdd((account, region, action), key =>
        {
            var (capacity, refill) = Published(key.Action);
            // A share too small for one request would never let anything through.
            return new TokenBucket(time, Math.Max(1, capacity * options.BudgetShare), refill * options.BudgetShare);
        });

    /// <summary>The buckets that were needed so far.</summary>
    public IEnumerable<(string Account, string Region, string Action, TokenBucket Bucket)> All =>
        buckets.Select(b => (b.Key.Account, b.Key.Region, b.Key.Action, b.Value));

    /// <summary>
    /// The figures of "Request throttling" in the EC2 Developer Guide, requests and requests per second. Every read of ours has a filter or
    /// is paged, which is the larger of two buckets; only the Recycle Bin is asked by id. STS publishes 600 a second for an account.
    /// </summary>
    static (double Capacity, double RefillPerSecond) Published(string action) => action switch
    {
        Actions.CreateVolume or Actions.DeleteVolume or Actions.CreateSnapshot or Actions.CreateSnapshots or Actions.DeleteSnapshot => (100, 5),
        Actions.RestoreVolumeFromRecycleBin => (50, 5),
        Actions.ListVolumesInRecycleBin => (50, 10),
        Actions.CreateTags or Actions.DeleteTags => (100, 10),
        _ => (100, 20),
    };
}
