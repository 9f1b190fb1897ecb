using Octavo.Ec2.Faults;
using Octavo.Ec2.Model;

namespace Octavo.Ec2;

/// <summary>
/// One account's region: its volumes, its snapshots, the ids of its instances. Safe for many threads. What a test reads and writes here
/// is the truth, without the lags that a client meets.
/// </summary>
public sealed class Ec2Region
{
    static readonly string[] ZoneLetters = ["a", "b", "c"];

    readonly TimeProvider time;
    readonly HashSet<string> instances = new(StringComparer.Ordinal);
    long calls;
    long throttled;

    internal Ec2Region(string account, string name, TimeProvider time)
    {
        Account = account;
        Name = name;
        Zones = [.. ZoneLetters.Select(letter => name + letter)];
        this.time = time;
        Buckets = new Buckets(time);
    }

    public string Account { get; }
    public string Name { get; }

    /// <summary>Three zones: a, b and c.</summary>
    public IReadOnlyList<string> Zones { get; }

    /// <summary>The calls that reached this account's region with a good signature, the throttled ones among them.</summary>
    public long Calls => Interlocked.Read(ref calls);

    public long Throttled => Interlocked.Read(ref throttled);

    /// <summary>Held while anything below is read or changed.</summary>
    internal Lock Gate { get; } = new();

    internal Buckets Buckets { get; }
    internal Table<Ec2Volume> VolumeTable { get; } = new(v => v.Id);
    internal Table<Ec2BinnedVolume> Bin { get; } = new(b => b.Volume.Id);
    internal Table<Ec2Snapshot> SnapshotTable { get; } = new(s => s.Id);

    /// <summary>The client tokens of CreateVolume with what was asked and made; EC2 forgets them after hours, this never.</summary>
    internal Dictionary<string, (string Asked, Entry<Ec2Volume> Made)> ClientTokens { get; } = new(StringComparer.Ordinal);

    /// <summary>Snapshots that count against the limits; one that was deleted while pending does until it would have ended.</summary>
    internal List<Entry<Ec2Snapshot>> CountedSnapshots { get; } = [];

    internal Dictionary<string, long> LastSnapshotTicks { get; } = new(StringComparer.Ordinal);

    internal long NowTicks => time.GetUtcNow().UtcTicks;

    /// <summary>The retention rules of its Recycle Bin. May be set at any time; what is in the bin stays to its time.</summary>
    public IReadOnlyList<Ec2RetentionRule> RetentionRules { get; set; } = [];

    /// <summary>The deleted volumes that can be restored.</summary>
    public IReadOnlyList<Ec2BinnedVolume> RecycleBin
    {
        get
        {
            lock (Gate) return [.. Bin.InOrder.Where(e => !e.IsDeleted && NowTicks < e.LeavesAt).Select(e => e.Item)];
        }
    }

    /// <summary>The volumes that exist.</summary>
    public IReadOnlyList<Ec2Volume> Volumes
    {
        get
        {
            lock (Gate) return [.. VolumeTable.InOrder.Where(e => !e.IsDeleted).Select(e => View.Of(e, NowTicks))];
        }
    }

    /// <summary>The snapshots that exist, each with its progress of this instant.</summary>
    public IReadOnlyList<Ec2Snapshot> Snapshots
    {
        get
        {
            lock (Gate) return [.. SnapshotTable.InOrder.Where(e => !e.IsDeleted).Select(e => View.Of(e, NowTicks))];
        }
    }

    /// <summary>The ids of its instances.</summary>
    public IReadOnlyList<string> Instances
    {
        get
        {
            lock (Gate) return [.. instances];
        }
    }

    /// <summary>The number of volumes that exist.</summary>
    public int VolumeCount
    {
        get
        {
            lock (Gate) return VolumeTable.InOrder.Count(e => !e.IsDeleted);
        }
    }

    /// <summary>Adds a volume, or changes the one with its id. Its instances are known from then on.</summary>
    public void Put(Ec2Volume volume)
    {
        lock (Gate)
        {
            VolumeTable.Put(volume);
            foreach (var attachment in volume.Attachments)
                if (attachment.InstanceId is { } instance)
                    instances.Add(instance);
        }
    }

    /// <summary>Adds a snapshot, or changes the one with its id.</summary>
    public void Put(Ec2Snapshot snapshot)
    {
        lock (Gate) SnapshotTable.Put(snapshot);
    }

    /// <summary>Makes an instance known, so that volumes can be attached to it.</summary>
    public void AddInstance(string id)
    {
        lock (Gate) instances.Add(id);
    }

    /// <summary>Takes a volume or a snapshot away at once, as somebody else with the same account would; false where there is none.</summary>
    public bool Remove(string id)
    {
        lock (Gate)
        {
            if (VolumeTable.TryGet(id, out var volume) && !volume.IsDeleted)
                VolumeTable.Delete(volume, NowTicks, TimeSpan.Zero, TimeSpan.Zero);
            else if (SnapshotTable.TryGet(id, out var snapshot) && !snapshot.IsDeleted)
                SnapshotTable.Delete(snapshot, NowTicks, TimeSpan.Zero, TimeSpan.Zero);
            else
                return false;
            return true;
        }
    }

    internal bool HasInstance(string id) => instances.Contains(id);

    internal void CountCall(bool isThrottled)
    {
        Interlocked.Increment(ref calls);
        if (isThrottled) Interlocked.Increment(ref throttled);
    }
}
