using System.Collections.Concurrent;
using Amazon.EC2.Model;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// Single volumes and snapshots, by id and by the operation that made them, gathered into few requests. A filter instead of a list of ids: what is
/// absent is then simply absent instead of failing the whole request, and the larger of AWS's two buckets pays.
/// </summary>
sealed class LookUps(EbsSessions sessions, SnapshotPacing pacing, RecentTags recentTags, TimeProvider time)
{
    /// <summary>EC2's bound on the values of one filter.</summary>
    const int MostValues = 200;

    const int VolumePage = 500;
    const int SnapshotPage = 1000;

    /// <summary>A person does not notice it, and everything that a burst of work asks comes together within it.</summary>
    static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);

    static readonly string TagFilter = "tag:" + EbsTranslation.OperationTag;

    readonly ConcurrentDictionary<(CredentialId, string Region, string Filter), Coalescer<FoundVolume>> volumes = new();
    readonly ConcurrentDictionary<(CredentialId, string Region, string Filter), Coalescer<ProviderSnapshot>> snapshots = new();
    readonly ConcurrentDictionary<(CredentialId, string Region), Coalescer<IReadOnlyList<ProviderSnapshot>>> sets = new();

    /// <summary>A volume, or null where there is none.</summary>
    public async Task<ProviderVolume?> VolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        (await FindAsync(cell, id, cancellation))?.Volume;

    /// <summary>A volume as EC2 sent it, or null where there is none.</summary>
    public async Task<Volume?> RecordAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        (await FindAsync(cell, id, cancellation))?.Record;

    /// <summary>The volume that an operation made, or null.</summary>
    public async Task<ProviderVolume?> VolumeAsync(Cell cell, OperationId operation, CancellationToken cancellation) =>
        (await Volumes(cell, TagFilter, v => v.CreatedBy?.Value).FindAsync(operation.Value, cancellation))?.Volume;

    /// <summary>A snapshot, or null where there is none.</summary>
    public Task<ProviderSnapshot?> SnapshotAsync(Cell cell, ProviderSnapshotId id, CancellationToken cancellation) =>
        Snapshots(cell, "snapshot-id", s => s.Id.Value).FindAsync(id.Value, cancellation);

    /// <summary>The snapshot that an operation took, or null.</summary>
    public async Task<ProviderSnapshot?> SnapshotAsync(Cell cell, OperationId operation, CancellationToken cancellation) =>
        // Of several the oldest: it is the one that was wanted.
        (await SnapshotsAsync(cell, operation, cancellation)).MinBy(s => s.StartedAt);

    /// <summary>All snapshots that an operation took.</summary>
    public async Task<IReadOnlyList<ProviderSnapshot>> SnapshotsAsync(Cell cell, OperationId operation, CancellationToken cancellation) =>
        await sets.GetOrAdd((cell.Credential, cell.Region), _ => new(MostValues, Gather, time, async values =>
            (await SnapshotsAsync(cell, TagFilter, values)).Where(s => s.CreatedBy is not null).GroupBy(s => s.CreatedBy!.Value.Value)
                .ToDictionary(set => set.Key, IReadOnlyList<ProviderSnapshot> (set) => [.. set])))
            .FindAsync(operation.Value, cancellation) ?? [];

    Task<FoundVolume?> FindAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        Volumes(cell, "volume-id", v => v.Id.Value).FindAsync(id.Value, cancellation);

    Coalescer<FoundVolume> Volumes(Cell cell, string filter, Func<ProviderVolume, string?> key) =>
        volumes.GetOrAdd((cell.Credential, cell.Region, filter), _ => new(MostValues, Gather, time, async values =>
            ByKey(await AllAsync(token => VolumesAsync(cell, filter, values, token)), found => key(found.Volume), found => found.Volume.CreatedAt)));

    Coalescer<ProviderSnapshot> Snapshots(Cell cell, string filter, Func<ProviderSnapshot, string?> key) =>
        snapshots.GetOrAdd((cell.Credential, cell.Region, filter), _ => new(MostValues, Gather, time, async values =>
            ByKey(await SnapshotsAsync(cell, filter, values), key, s => s.StartedAt)));

    async Task<List<ProviderSnapshot>> SnapshotsAsync(Cell cell, string filter, IReadOnlyCollection<string> values)
    {
        var found = await AllAsync(token => SnapshotsAsync(cell, filter, values, token));
        await pacing.SawAsync(cell, found);
        return found;
    }

    async Task<(IEnumerable<FoundVolume?>, string?)> VolumesAsync(
        Cell cell, string filter, IReadOnlyCollection<string> values, string? token)
    {
        var page = await sessions.ReadAsync(cell, Actions.DescribeVolumes, (ec2, cancel) => ec2.DescribeVolumesAsync(new DescribeVolumesRequest
        {
            Filters = [new Filter(filter, [.. values])],
            MaxResults = VolumePage,
            NextToken = token,
            IncludeManagedResources = true,
        }, cancel), CancellationToken.None);
        return ((page.Volumes ?? []).Select(record =>
            recentTags.ApplyTo(cell, EbsTranslation.From(record)) is { } volume ? new FoundVolume(volume, record) : null), page.NextToken);
    }

    async Task<(IEnumerable<ProviderSnapshot?>, string?)> SnapshotsAsync(
        Cell cell, string filter, IReadOnlyCollection<string> values, string? token)
    {
        var page = await sessions.ReadAsync(cell, Actions.DescribeSnapshots, (ec2, cancel) => ec2.DescribeSnapshotsAsync(new DescribeSnapshotsRequest
        {
            Filters = [new Filter(filter, [.. values])],
            OwnerIds = ["self"],
            MaxResults = SnapshotPage,
            NextToken = token,
        }, cancel), CancellationToken.None);
        return ((page.Snapshots ?? []).Select(EbsTranslation.From), page.NextToken);
    }

    static async Task<List<T>> AllAsync<T>(Func<string?, Task<(IEnumerable<T?> Items, string? Token)>> page) where T : class
    {
        var all = new List<T>();
        string? token = null;
        do
        {
            (var items, token) = await page(token);
            all.AddRange(items.OfType<T>());
        }
        while (!string.IsNullOrEmpty(token));
        return all;
    }

    /// <summary>Of several with one key, the oldest: it is the one that was wanted.</summary>
    static Dictionary<string, T> ByKey<T>(List<T> found, Func<T, string?> key, Func<T, DateTimeOffset> madeAt)
    {
        var byKey = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var item in found.OrderBy(madeAt))
            if (key(item) is { } k) byKey.TryAdd(k, item);
        return byKey;
    }

    sealed record FoundVolume(ProviderVolume Volume, Volume Record);
}
