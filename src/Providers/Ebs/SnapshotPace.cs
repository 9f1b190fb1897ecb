using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>The limits on snapshots of one account in one region, and how far they are used.</summary>
sealed class SnapshotPace(TimeProvider time)
{
    /// <summary>EC2's error table: at least so long between two snapshots of a volume.</summary>
    public static readonly TimeSpan BetweenSnapshots = TimeSpan.FromSeconds(15);

    /// <summary>Service Quotas: snapshots of one volume that may be pending at the same time.</summary>
    const int PendingPerVolume = 5;

    /// <summary>The same for st1 and sc1.</summary>
    const int PendingPerDisk = 1;

    /// <summary>Service Quotas, not adjustable: snapshots of one account in one region that may be pending.</summary>
    const int PendingPerRegion = 100;

    /// <summary>When to ask again whether a pending one of the volume has ended; some take seconds, many minutes.</summary>
    static readonly TimeSpan VolumePause = TimeSpan.FromSeconds(15);

    /// <summary>The same for any of a hundred.</summary>
    static readonly TimeSpan RegionPause = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Places are kept free so long for a set that found too few: longer than an operation's longest wait. Single snapshots would else take each place
    /// as it becomes free, and the set would wait for the last of them.
    /// </summary>
    static readonly TimeSpan KeepFor = TimeSpan.FromMinutes(3);

    /// <summary>What was not seen pending for so long is not counted: its end, or its deletion, was simply not observed here.</summary>
    static readonly TimeSpan PendingFor = TimeSpan.FromMinutes(10);

    /// <summary>Entries above which those that no longer count are swept.</summary>
    const int SweepAbove = 10_000;

    readonly Lock gate = new();
    readonly Dictionary<ProviderVolumeId, DateTimeOffset> last = [];
    readonly Dictionary<ProviderVolumeId, DateTimeOffset> closedUntil = [];
    readonly Dictionary<ProviderSnapshotId, (ProviderVolumeId Volume, DateTimeOffset SeenAt)> pending = [];
    readonly Dictionary<OperationId, IReadOnlyList<ProviderVolumeId>> underWay = [];
    readonly HashSet<ProviderVolumeId> disks = [];
    DateTimeOffset regionClosedUntil;
    (OperationId Operation, int Places, DateTimeOffset Until) kept;

    /// <summary>Whether a volume is of the kinds that take one snapshot at a time.</summary>
    public static bool IsDisk(ProviderVolume volume) => volume.VolumeType is "st1" or "sc1";

    /// <summary>A volume is a throughput or cold disk.</summary>
    public void SawDisk(ProviderVolumeId volume)
    {
        lock (gate)
            disks.Add(volume);
    }

    /// <summary>A snapshot as it is now.</summary>
    public void Saw(ProviderSnapshot snapshot)
    {
        lock (gate)
        {
            if (snapshot.State == SnapshotState.Pending) pending[snapshot.Id] = (snapshot.Volume, time.GetUtcNow());
            else pending.Remove(snapshot.Id);
        }
    }

    /// <summary>Takes places for snapshots that are about to be asked for together: of one volume, or of several of an instance.</summary>
    /// <returns>Null: they are taken, until <see cref="End"/>. A time: come back then.</returns>
    public TimeSpan? Begin(IReadOnlyList<ProviderVolumeId> volumes, OperationId operation)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            Sweep(now);
            var until = volumes.Aggregate(regionClosedUntil, (latest, volume) => Later(latest, OpenAt(volume)));
            if (until > now) return until - now;
            var counted = pending.Values.Where(p => now - p.SeenAt < PendingFor).Select(p => p.Volume)
                .Concat(underWay.Values.SelectMany(v => v)).ToList();
            if (!HasRoom(counted.Count, volumes.Count, operation, now)) return RegionPause;
            if (volumes.Any(v => counted.Count(c => c == v) >= (disks.Contains(v) ? PendingPerDisk : PendingPerVolume))) return VolumePause;
            if (kept.Operation == operation) kept = default;
            underWay[operation] = volumes;
            foreach (var volume in volumes) last[volume] = now;
            return null;
        }
    }

    /// <summary>The request has been answered, or not.</summary>
    /// <param name="taken">The snapshots, where there are some.</param>
    /// <param name="isRefused">AWS said no: nothing was taken, so nothing needs to wait for it.</param>
    public void End(
        IReadOnlyList<ProviderVolumeId> volumes, OperationId operation, IReadOnlyList<ProviderSnapshot> taken, bool isRefused)
    {
        lock (gate)
        {
            underWay.Remove(operation);
            var now = time.GetUtcNow();
            foreach (var snapshot in taken) pending[snapshot.Id] = (snapshot.Volume, now);
            // From its answer on, not from its question: the moment that AWS counts from lies between.
            foreach (var volume in volumes.Concat(taken.Select(s => s.Volume)))
                if (isRefused) last.Remove(volume);
                else last[volume] = now;
        }
    }

    /// <summary>AWS refused some for a limit that was not seen here.</summary>
    /// <returns>How long to wait.</returns>
    public TimeSpan Learn(IReadOnlyList<ProviderVolumeId> volumes, string code)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            var pause = code switch
            {
                EbsCodes.SnapshotRate => BetweenSnapshots,
                EbsCodes.ConcurrentSnapshots => VolumePause,
                _ => RegionPause,
            };
            if (code == EbsCodes.PendingSnapshots) regionClosedUntil = now + pause;
            else
                foreach (var volume in volumes) closedUntil[volume] = now + pause;
            return pause;
        }
    }

    DateTimeOffset OpenAt(ProviderVolumeId volume)
    {
        var until = closedUntil.GetValueOrDefault(volume);
        return last.TryGetValue(volume, out var taken) ? Later(until, taken + BetweenSnapshots) : until;
    }

    /// <summary>Whether so many more find room in the region; a set that does not is kept places, the first such set.</summary>
    /// <remarks>None larger than half of all: it would stop everybody else.</remarks>
    bool HasRoom(int counted, int wanted, OperationId operation, DateTimeOffset now)
    {
        var keptForOthers = kept.Operation != operation && kept.Until > now ? kept.Places : 0;
        if (counted + wanted + keptForOthers <= PendingPerRegion) return true;
        if (wanted is > 1 and <= PendingPerRegion / 2 && keptForOthers == 0) kept = (operation, wanted, now + KeepFor);
        return false;
    }

    void Sweep(DateTimeOffset now)
    {
        if (last.Count + pending.Count + closedUntil.Count < SweepAbove) return;
        foreach (var (volume, at) in last)
            if (now - at > BetweenSnapshots) last.Remove(volume);
        foreach (var (volume, until) in closedUntil)
            if (until < now) closedUntil.Remove(volume);
        foreach (var (snapshot, (_, seenAt)) in pending)
            if (now - seenAt > PendingFor) pending.Remove(snapshot);
    }

    static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
