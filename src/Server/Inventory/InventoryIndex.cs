using Octavo.Server.Database;

namespace Octavo.Server.Inventory;

/// <summary>
/// The rows of an <see cref="AccountInventory"/>, and how volumes and snapshots belong together. Reading a row adds to the shared texts only, which may be
/// looked at meanwhile; everything else is for one thread at a time.
/// </summary>
sealed class InventoryIndex(int volumes, int snapshots)
{
    readonly Dictionary<UInt128, Link> links = new(volumes);
    readonly HashSet<UInt128> moved = [];

    /// <summary>Volumes, those that are gone too.</summary>
    public Table<IndexedVolume> Volumes { get; } = new(volumes);

    /// <summary>Snapshots that are listed.</summary>
    public Table<IndexedSnapshot> Snapshots { get; } = new(snapshots);

    /// <summary>Texts of the rows, each once.</summary>
    public SharedTexts Texts { get; } = new();

    /// <summary>Tags of the rows, each once.</summary>
    public SharedTags Tags { get; } = new();

    /// <summary>What is found by a part of it.</summary>
    public SearchTexts Search { get; } = new();

    /// <summary>A row of <see cref="IndexedVolume.Select"/>.</summary>
    public IndexedVolume ReadVolume(Row row) => IndexedVolume.Read(row, Texts, Tags, Search);

    /// <summary>A row of <see cref="IndexedSnapshot.Select"/>.</summary>
    public IndexedSnapshot ReadSnapshot(Row row) => IndexedSnapshot.Read(row, Texts, Tags, Search);

    /// <summary>Puts a volume in; <see cref="Join"/> follows.</summary>
    public void Put(in IndexedVolume volume)
    {
        Volumes.Put(in volume);
        if (volume.Link != default) LinkOf(volume.Link).Volume = volume.Id;
    }

    /// <summary>Puts a snapshot in; <see cref="Join"/> follows.</summary>
    public void Put(in IndexedSnapshot snapshot)
    {
        Snapshots.Put(in snapshot);
        LinkOf(snapshot.Link).Snapshots.Add(snapshot.Id);
    }

    /// <summary>Takes a volume out, if it is in; <see cref="Join"/> follows.</summary>
    public void RemoveVolume(UInt128 id)
    {
        if (!Volumes.Has(id)) return;
        ref var volume = ref Volumes[id];
        if (volume.Link != default) LinkOf(volume.Link).Volume = default;
        Search.Remove(volume.Text);
        Volumes.Remove(id);
    }

    /// <summary>Takes a snapshot out, if it is in; <see cref="Join"/> follows.</summary>
    public void RemoveSnapshot(UInt128 id)
    {
        if (!Snapshots.Has(id)) return;
        ref var snapshot = ref Snapshots[id];
        LinkOf(snapshot.Link).Snapshots.Remove(id);
        Search.Remove(snapshot.Text);
        Snapshots.Remove(id);
    }

    /// <summary>Writes into the rows what those that belong to them come to, where anything was put in or taken out.</summary>
    public void Join()
    {
        foreach (var id in moved)
        {
            var link = links[id];
            var (count, last) = (0, IndexedVolume.None);
            var isListed = link.Volume != default && Volumes[link.Volume].IsListed;
            foreach (var one in link.Snapshots)
            {
                ref var snapshot = ref Snapshots[one];
                snapshot.VolumeId = isListed ? link.Volume : default;
                if (snapshot.State != "completed") continue;
                count++;
                last = Math.Max(last, snapshot.StartedAt);
            }
            if (link.Volume != default)
            {
                ref var volume = ref Volumes[link.Volume];
                (volume.SnapshotCount, volume.LastSnapshotAt) = (count, last);
            }
            else if (link.Snapshots.Count == 0) links.Remove(id);
        }
        moved.Clear();
        moved.TrimExcess();
    }

    Link LinkOf(UInt128 id)
    {
        moved.Add(id);
        if (!links.TryGetValue(id, out var link)) links.Add(id, link = new Link());
        return link;
    }

    /// <summary>A provider's volume, whether or not it is there, and its snapshots.</summary>
    sealed class Link
    {
        /// <summary>0 where it is gone.</summary>
        public UInt128 Volume { get; set; }

        public List<UInt128> Snapshots { get; } = new(0);
    }
}
