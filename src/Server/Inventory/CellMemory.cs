namespace Octavo.Server.Inventory;

/// <summary>
/// What the last pass over a cell saw, as fingerprints: a page that is the same as one of then is not written again, so that a pass which
/// finds nothing changed writes nothing. Every so manieth pass writes all the same: that heals a row that anything else got wrong.
/// </summary>
sealed class CellMemory
{
    const int FullPassEvery = 12;

    readonly Lock gate = new();
    HashSet<(string Kind, UInt128 Fingerprint)> last = [];
    HashSet<(string Kind, UInt128 Fingerprint)> now = [];
    int passes;

    /// <summary>How many volumes the last whole pass saw; null before the first, before a full one, and where that is no proof of anything.</summary>
    public int? Volumes { get; private set; }

    /// <summary>The same of snapshots.</summary>
    public int? Snapshots { get; private set; }

    /// <summary>Begins a pass.</summary>
    public void BeginPass()
    {
        lock (gate)
        {
            now = [];
            if (++passes % FullPassEvery != 0) return;
            last = [];
            Volumes = Snapshots = null;
        }
    }

    /// <summary>Whether the last pass saw this page.</summary>
    public bool IsKnown(string kind, UInt128 fingerprint)
    {
        lock (gate) return last.Contains((kind, fingerprint));
    }

    /// <summary>This pass saw it, and it is in the inventory.</summary>
    public void Remember(string kind, UInt128 fingerprint)
    {
        lock (gate) now.Add((kind, fingerprint));
    }

    /// <summary>The pass saw everything; null where something that it did not show may still be there.</summary>
    public void EndPass(int? volumes, int? snapshots)
    {
        lock (gate) (last, Volumes, Snapshots) = (now, volumes, snapshots);
    }
}
