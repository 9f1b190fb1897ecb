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

    /// <summary>Asks AWS for snapshots of these volumes, once, where the limits allow it now.</summary>
    /// <exception cref="VolumeException">With a time to come back: a limit, and nothing was taken.</exception>
    public async Task<IReadOnlyList<ProviderSnapshot>> TakeAsync(
        Cell cell, IReadOnlyList<ProviderVolumeId> volumes, OperationId operation, Func<Task<IReadOnlyList<ProviderSnapshot>>> ask,
        CancellationToken cancellation)
    {
        var pace = await OfAsync(cell, cancellation);
        if (pace.Begin(volumes, operation) is { } wait)
            throw new VolumeException(ErrorCode.Unavailable,
                $"AWS takes no other snapshot of this volume or account for now; Octavo takes it in {wait.TotalSeconds:0} s.")
            {
                RetryAfter = wait,
            };
        IReadOnlyList<ProviderSnapshot> taken = [];
        var isRefused = false;
        try
        {
            return taken = await ask();
        }
        catch (VolumeException e) when (e.ProviderCode is EbsCodes.SnapshotRate or EbsCodes.ConcurrentSnapshots or EbsCodes.PendingSnapshots)
        {
            isRefused = true;
            throw new VolumeException(ErrorCode.Unavailable, e.Message, e)
            {
                RetryAfter = pace.Learn(volumes, e.ProviderCode),
                ProviderCode = e.ProviderCode,
                ProviderRequestId = e.ProviderRequestId,
            };
        }
        catch (VolumeException e) when (!Outcome.IsUnknown(e))
        {
            isRefused = true;
            throw;
        }
        finally
        {
            pace.End(volumes, operation, taken, isRefused);
        }
    }

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
