namespace Octavo.Engine.Segments;

/// <summary>Which blocks are sound: what reads find out, and how a broken block is stored anew.</summary>
sealed partial class SegmentStore
{
    /// <summary>The fault of a manifest, not of a block: the same block may be sound elsewhere.</summary>
    public const string OtherLength = "a stored block has another length than belongs there";

    const string Missing = "a stored block is missing";
    const string Unreadable = "a stored block cannot be read from the disk";
    const string Unsound = "a stored block does not verify";

    /// <summary>
    /// Blocks whose record a read found broken, or that are missing, each with the reason: the next one who brings such a block stores it anew. Until then it is never
    /// read without its SHA-256 being verified.
    /// </summary>
    readonly Dictionary<BlockHash, string> damaged = [];

    /// <summary>Broken records whose block is stored anew, to be freed once the new one is durable.</summary>
    readonly List<BlockLocation> superseded = [];

    long foundBad;
    long repaired;
    int looks;

    /// <summary>How many blocks are known to be broken or missing, how many were ever found to be, and how many were stored anew, both since the opening.</summary>
    public (long Bad, long Found, long Repaired) Health
    {
        get
        {
            lock (gate) return (damaged.Count, foundBad, repaired);
        }
    }

    /// <summary>Some of the blocks that are stored and known to be broken, at most so many, in the order of their hashes.</summary>
    public List<BlockHash> Broken(int limit)
    {
        lock (gate)
            return [.. damaged.Keys.Where(hash => !index[hash].IsMissing).OrderBy(hash => hash.ToString(), StringComparer.Ordinal).Take(limit)];
    }

    /// <summary>Takes over what an earlier process found to be broken.</summary>
    public void Suspect(BlockHash hash)
    {
        lock (gate)
            if (index.TryGetValue(hash, out var entry)) MarkDamaged(hash, entry.Location, Unsound);
    }

    /// <summary>What is known to be wrong with a block that somebody needs; null where nothing is.</summary>
    public string? FaultOf(BlockHash hash)
    {
        lock (gate) return damaged.GetValueOrDefault(hash);
    }

    /// <summary>Begins a look at all blocks: the number for <see cref="Verify"/>.</summary>
    public int BeginLook() => Interlocked.Increment(ref looks);

    /// <summary>
    /// Reads a block to see whether it is sound, its SHA-256 included. One that this look, or one that began later, has seen already is not read again.
    /// </summary>
    /// <returns>How many bytes were read, and what is wrong; null for nothing.</returns>
    public (int ReadBytes, string? Fault) Verify(BlockHash hash, int look, byte[] record, Span<byte> plain)
    {
        // A manifest may claim another length than the block has: only what is surely whole needs one look.
        var isWhole = plain.Length == PoolFormat.BlockBytes;
        lock (gate)
            if (isWhole && index.TryGetValue(hash, out var seen) && seen.Look >= look) return (0, damaged.GetValueOrDefault(hash));
        string? fault = null;
        try
        {
            Read(hash, record, plain, verifyHash: true);
        }
        catch (EngineException e)
        {
            fault = e.Message;
        }
        lock (gate)
        {
            if (!index.TryGetValue(hash, out var entry)) return (0, fault);
            if (isWhole && fault != OtherLength) Put(hash, entry with { Look = look });
            return (entry.Location.Footprint, fault);
        }
    }

    /// <summary>
    /// Stores a broken block anew for all who need it. False where nobody needs it any more, or somebody else did that. Durable after <see cref="Sync"/>.
    /// </summary>
    /// <param name="record">As for <see cref="Append"/>.</param>
    public bool TryReplace(RecordHeader header, Span<byte> record)
    {
        header.Write(record);
        lock (gate)
        {
            if (!damaged.ContainsKey(header.Hash)) return false;
            var entry = index[header.Hash];
            Put(header.Hash, new Entry(Write(header, record), entry.Count));
            Supersede(header.Hash, entry.Location);
            return true;
        }
    }

    void MarkDamaged(BlockHash hash, BlockLocation location, string why)
    {
        lock (gate)
        {
            if (!index.TryGetValue(hash, out var entry) || entry.Location != location) return;
            if (!damaged.ContainsKey(hash)) foundBad++;
            damaged[hash] = why;
        }
    }

    /// <summary>The disk failed a read before, and does not any more.</summary>
    void Clear(BlockHash hash, BlockLocation location)
    {
        lock (gate)
            if (index.TryGetValue(hash, out var entry) && entry.Location == location) damaged.Remove(hash);
    }

    void Supersede(BlockHash hash, BlockLocation broken)
    {
        superseded.Add(broken);
        damaged.Remove(hash);
    }
}
