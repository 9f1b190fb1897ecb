using System.Collections.Concurrent;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// AWS's limits on snapshots, kept before they are hit: whoever would collide is told when to come back. It knows what was taken here and what
/// look-ups and listings showed; the rest AWS's own refusals teach it.
/// </summary>
sealed class SnapshotPacing(EbsSessions sessions, TimeProvider time)
{
    readonly ConcurrentDictionary<(string Account, string Region), SnapshotPace> paces = new();

    /// <summary>The pace of a cell's account in its region.</summary>
    public async Task<SnapshotPace> OfAsync(Cell cell, CancellationToken cancellation) =>
        paces.GetOrAdd((await sessions.AccountOfAsync(cell, cancellation), cell.Region), _ => new SnapshotPace(time));

    /// <summary>These snapshots are as they are seen now.</summary>
    public async Task SawAsync(Cell cell, IReadOnlyCollection<ProviderSnapshot> snapshots)
    {
        if (snapshots.Count == 0) return;
        var pace = await OfAsync(cell, CancellationToken.None);
        foreach (var snapshot in snapshots) pace.Saw(snapshot);
    }

    /// <summary>These volumes are as they are seen now.</summary>
    public async Task SawAsync(Cell cell, IReadOnlyCollection<ProviderVolume> volumes)
    {
        if (!volumes.Any(SnapshotPace.IsDisk)) return;
        var pace = await OfAsync(cell, CancellationToken.None);
        foreach (var volume in volumes.Where(SnapshotPace.IsDisk)) pace.SawDisk(volume.Id);
    }
}
