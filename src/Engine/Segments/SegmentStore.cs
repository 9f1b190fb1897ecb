using System.Globalization;
using System.IO.Hashing;
using Octavo.Engine.Io;

namespace Octavo.Engine.Segments;

/// <summary>Where a block lies. In this order it takes 16 bytes, and the index has one for every block.</summary>
readonly record struct BlockLocation(int Segment, int Footprint, long Offset);

/// <summary>
/// The blocks of a pool, each stored once, in append-only files <c>segments/00000001</c>, … of about 1 GiB, with a count of the
/// manifests that need it. The index is made from the record headers when the pool is opened; no copy of it is kept.
/// <para>
/// Only blocks that a manifest names are indexed at opening: everything else in a segment is what a dead process left unfinished, cannot be
/// trusted to be whole, and is freed. A block whose count falls to zero is freed at once, by punching its record out; a segment
/// without records is deleted.
/// </para>
/// </summary>
sealed partial class SegmentStore : IDisposable
{
    /// <summary>A new segment is begun past this size.</summary>
    const long SegmentBytes = 1L << 30;

    const string Folder = "segments";

    readonly IDisk disk;
    readonly Lock gate = new();
    readonly Dictionary<BlockHash, Entry> index = [];
    readonly SortedDictionary<int, Segment> segments = [];
    readonly HashSet<int> unsynced = [];

    /// <summary>One sync at a time: what another one has taken off the list is durable only when that one is done.</summary>
    readonly Lock syncing = new();

    long aloneBytes;
    long sharedBytes;

    public SegmentStore(IDisk disk)
    {
        this.disk = disk;
        disk.CreateFolder(Folder);
        disk.SyncFolder("");
    }

    /// <summary>
    /// Reads the headers of every segment, indexes the blocks that are needed and, where that is allowed, frees the rest.
    /// </summary>
    /// <param name="needed">How many manifests need each block.</param>
    /// <param name="mayFree">False where a manifest could not be read: what it needs is unknown, so nothing is freed.</param>
    public void Open(IReadOnlyDictionary<BlockHash, int> needed, bool mayFree)
    {
        index.EnsureCapacity(needed.Count);
        var unsound = new List<BlockLocation>();
        foreach (var name in disk.List(Folder))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || Path(number) != $"{Folder}/{name}"
                || disk.Stat(Path(number)) is not { IsRegular: true }) continue;
            var segment = new Segment(number, disk.OpenWrite(Path(number)));
            segments.Add(number, segment);
            var kept = 0L;
            foreach (var (offset, length, header) in Scan(segment.File))
            {
                if (header is { } found && needed.TryGetValue(found.Hash, out var count) && TryIndex(found, new BlockLocation(number, found.Footprint, offset), count, unsound))
                {
                    segment.Live++;
                    kept = offset + length;
                }
                else if (mayFree) Punch(segment, offset, length);
                else kept = offset + length;
            }
            segment.Tail = RecordHeader.Align(kept);
            if (segment.File.Length > segment.Tail && mayFree) segment.File.SetLength(segment.Tail);
            else segment.Tail = RecordHeader.Align(Math.Max(segment.Tail, segment.File.Length));
        }
        foreach (var (hash, count) in needed)
        {
            if (index.ContainsKey(hash)) continue;
            // Counted all the same, so that it is right again once somebody brings the block.
            Put(hash, new Entry(default, count));
            MarkDamaged(hash, default, Missing);
        }
        if (!mayFree) return;
        foreach (var (number, length, offset) in unsound) Punch(segments[number], offset, length);
        foreach (var segment in segments.Values.Where(s => s.Live == 0).ToList()) Drop(segment);
    }

    /// <summary>
    /// Puts a record into the index; false where there is one of its block already. While nothing may be freed, a dead process's unfinished
    /// record stays and the block is stored again, and a broken one stays until it is stored anew: so the first one is kept only if it verifies.
    /// </summary>
    bool TryIndex(RecordHeader header, BlockLocation location, int count, List<BlockLocation> unsound)
    {
        if (!index.TryGetValue(header.Hash, out var entry))
        {
            Put(header.Hash, new Entry(location, count));
            return true;
        }
        try
        {
            Read(header.Hash, new byte[BlockCodec.MaxRecordBytes], new byte[header.PlainLength], verifyHash: true);
            return false;
        }
        catch (EngineException)
        {
            var first = entry.Location;
            segments[first.Segment].Live--;
            unsound.Add(first);
            damaged.Remove(header.Hash);
            Put(header.Hash, new Entry(location, count));
            return true;
        }
    }

    /// <summary>Bytes of blocks that only one needs, and of those that several do: manifests, and restores under way.</summary>
    public (long AloneBytes, long SharedBytes) Space
    {
        get
        {
            lock (gate) return (aloneBytes, sharedBytes);
        }
    }

    /// <summary>Counts one more need of a block; false where nobody needs it yet, so that it is not stored.</summary>
    public bool TryHold(BlockHash hash)
    {
        lock (gate)
        {
            if (!index.TryGetValue(hash, out var entry)) return false;
            Put(hash, entry with { Count = entry.Count + 1 });
            return true;
        }
    }

    /// <summary>The same for somebody who has the block's bytes at hand: false too where the stored ones are known to be broken.</summary>
    public bool TryReuse(BlockHash hash)
    {
        lock (gate) return !damaged.ContainsKey(hash) && TryHold(hash);
    }

    /// <summary>
    /// Stores a block with one need, or counts one more where somebody stored it meanwhile. A block that is stored but broken is stored anew for
    /// all who need it. Durable after <see cref="Sync"/>. Returns
    /// the bytes that it added.
    /// </summary>
    /// <param name="record">The record: room for the header, then the payload.</param>
    public long Append(RecordHeader header, Span<byte> record)
    {
        header.Write(record);
        lock (gate)
        {
            var isNeeded = index.TryGetValue(header.Hash, out var entry);
            if (isNeeded && !damaged.ContainsKey(header.Hash))
            {
                Put(header.Hash, entry with { Count = entry.Count + 1 });
                return 0;
            }
            Put(header.Hash, new Entry(Write(header, record), entry.Count + 1));
            if (isNeeded) Supersede(header.Hash, entry.Location);
            return header.Footprint;
        }
    }

    BlockLocation Write(RecordHeader header, ReadOnlySpan<byte> record)
    {
        var segment = Writable();
        var offset = segment.Tail;
        unsynced.Add(segment.Number);
        try
        {
            segment.File.Write(record[..(RecordHeader.Length + header.StoredLength)], offset);
        }
        catch
        {
            // Half a record at the end: cut it off, or leave it to the next opening.
            Quietly(() => segment.File.SetLength(offset));
            throw;
        }
        segment.Tail = offset + header.Footprint;
        segment.Live++;
        return new BlockLocation(segment.Number, header.Footprint, offset);
    }

    /// <summary>Makes everything that was appended durable.</summary>
    /// <returns>Whether broken blocks were among it, which are sound now.</returns>
    public bool Sync()
    {
        lock (syncing)
        {
            Segment[] files;
            BlockLocation[] broken;
            lock (gate)
            {
                broken = [.. superseded];
                superseded.Clear();
                files = [.. unsynced.Where(segments.ContainsKey).Select(number => segments[number])];
                unsynced.Clear();
            }
            try
            {
                foreach (var segment in files) SyncUnlessDropped(segment);
            }
            catch
            {
                lock (gate)
                {
                    unsynced.UnionWith(files.Select(segment => segment.Number));
                    superseded.AddRange(broken);
                }
                throw;
            }
            lock (gate)
            {
                repaired += broken.Length;
                foreach (var location in broken) Free(location);
            }
            return broken.Length > 0;
        }
    }

    void Free(BlockLocation location)
    {
        // It was missing.
        if (location == default) return;
        var segment = segments[location.Segment];
        Punch(segment, location.Offset, location.Footprint);
        if (--segment.Live == 0) Drop(segment);
    }

    static void SyncUnlessDropped(Segment segment)
    {
        try
        {
            segment.File.Sync();
        }
        catch (ObjectDisposedException)
        {
            // Dropped meanwhile: nobody needs a block of it, least of all the caller.
        }
    }

    /// <summary>Takes one need from each block, and frees those that nobody needs any more.</summary>
    /// <param name="mayFree">As for <see cref="Open"/>.</param>
    public void Release(IEnumerable<BlockHash> hashes, bool mayFree)
    {
        foreach (var hash in hashes)
        {
            lock (gate)
            {
                if (!index.TryGetValue(hash, out var entry)) continue;
                if (entry.Count > 1 || !mayFree)
                {
                    Put(hash, entry with { Count = entry.Count - 1 });
                    continue;
                }
                index.Remove(hash);
                Add(entry, -1);
                damaged.Remove(hash);
                Free(entry.Location);
            }
        }
    }

    /// <summary>Reads a block and verifies its record's check value.</summary>
    /// <param name="record">A buffer for the record, at least <see cref="RecordHeader.Length"/> more than a block.</param>
    /// <param name="plain">Where the plain bytes go: as many as the block has to have.</param>
    /// <param name="verifyHash">Also verify the SHA-256, which costs three times as much as the rest.</param>
    /// <exception cref="EngineException">Damaged: the block is not there or does not verify. Io: the disk failed the read.</exception>
    public void Read(BlockHash hash, byte[] record, Span<byte> plain, bool verifyHash = false)
    {
        Segment segment;
        BlockLocation location;
        bool isSuspect;
        lock (gate)
        {
            if (!index.TryGetValue(hash, out var entry) || entry.IsMissing) throw new EngineException(EngineError.Damaged, Missing);
            location = entry.Location;
            segment = segments[location.Segment];
            isSuspect = damaged.ContainsKey(hash);
        }
        int read;
        try
        {
            var wanted = (int)Math.Min(location.Footprint, record.Length);
            read = segment.File.ReadFully(record.AsSpan(0, wanted), location.Offset);
        }
        catch (IOException e)
        {
            MarkDamaged(hash, location, Unreadable);
            throw new EngineException(EngineError.Io, Unreadable, e);
        }
        catch (ObjectDisposedException e)
        {
            // Only somebody who does not hold the block can meet this: it was freed, and its segment with it.
            throw new EngineException(EngineError.Damaged, Missing, e);
        }
        if (RecordHeader.Read(record.AsSpan(0, read)) is { } stored && stored.Hash == hash && stored.PlainLength != plain.Length)
            throw new EngineException(EngineError.Damaged, OtherLength);
        var isSound = RecordHeader.Read(record.AsSpan(0, read)) is { } header
            && header.Hash == hash
            && read >= RecordHeader.Length + header.StoredLength
            && XxHash3.HashToUInt64(record.AsSpan(RecordHeader.Length, header.StoredLength)) == header.PayloadCheck
            && BlockCodec.TryDecode(header, record.AsSpan(RecordHeader.Length, header.StoredLength), plain)
            && (!(verifyHash || isSuspect) || BlockHash.Of(plain) == hash);
        if (isSound)
        {
            if (isSuspect) Clear(hash, location);
            return;
        }
        MarkDamaged(hash, location, Unsound);
        throw new EngineException(EngineError.Damaged, Unsound);
    }

    /// <summary>Every record or stretch of garbage in the segments that no manifest needs, for a check; freed, if asked.</summary>
    public List<(int Segment, long Offset, long Length)> Unneeded(bool free)
    {
        lock (gate)
        {
            var needed = index.Values.Select(entry => (entry.Location.Segment, entry.Location.Offset)).ToHashSet();
            var parts =
                (from segment in segments.Values
                 from part in Scan(segment.File)
                 where !needed.Contains((segment.Number, part.Offset))
                 select (segment.Number, part.Offset, part.Length)).ToList();
            if (!free) return parts;
            foreach (var (number, offset, length) in parts) Punch(segments[number], offset, length);
            foreach (var segment in segments.Values.Where(s => s.Live == 0).ToList()) Drop(segment);
            return parts;
        }
    }

    /// <summary>The name of a segment's file.</summary>
    public static string Path(int number) => $"{Folder}/{number.ToString("D8", CultureInfo.InvariantCulture)}";

    /// <summary>
    /// What a segment holds, by its headers alone: records, and stretches of garbage (no header) between and after them. Holes are passed
    /// over.
    /// </summary>
    internal static IEnumerable<(long Offset, long Length, RecordHeader? Header)> Scan(IDiskFile file)
    {
        var header = new byte[RecordHeader.Length];
        var length = file.Length;
        var garbage = -1L;
        for (var at = 0L; at < length;)
        {
            var found = file.ReadFully(header, at) == header.Length ? RecordHeader.Read(header) : null;
            if (found is { } record && at + RecordHeader.Length + record.StoredLength <= length)
            {
                if (garbage >= 0) yield return (garbage, at - garbage, null);
                garbage = -1;
                yield return (at, record.Footprint, record);
                at += record.Footprint;
                continue;
            }
            var data = file.NextData(at);
            if (data >= Math.Min(at + RecordHeader.Alignment, length))
            {
                if (garbage >= 0) yield return (garbage, at - garbage, null);
                garbage = -1;
                at = Math.Max(at + RecordHeader.Alignment, data / RecordHeader.Alignment * RecordHeader.Alignment);
                continue;
            }
            if (garbage < 0) garbage = at;
            at += RecordHeader.Alignment;
        }
        if (garbage >= 0) yield return (garbage, RecordHeader.Align(length) - garbage, null);
    }

    void Put(BlockHash hash, Entry entry)
    {
        if (index.TryGetValue(hash, out var before)) Add(before, -1);
        index[hash] = entry;
        Add(entry, 1);
    }

    void Add(Entry entry, int sign)
    {
        if (entry.Count > 1) sharedBytes += sign * (long)entry.Location.Footprint;
        else aloneBytes += sign * (long)entry.Location.Footprint;
    }

    Segment Writable()
    {
        var last = segments.Count == 0 ? null : segments.Values.Last();
        if (last is { Tail: < SegmentBytes }) return last;
        var number = (last?.Number ?? 0) + 1;
        var segment = new Segment(number, disk.OpenWrite(Path(number)));
        disk.SyncFolder(Folder);
        segments.Add(number, segment);
        return segment;
    }

    // The header goes last: after a crash in between, the record is still known for what it is.
    static void Punch(Segment segment, long offset, long length)
    {
        if (length > RecordHeader.Alignment)
            segment.File.TryPunchHole(offset + RecordHeader.Alignment, length - RecordHeader.Alignment);
        segment.File.TryPunchHole(offset, Math.Min(length, RecordHeader.Alignment));
    }

    void Drop(Segment segment)
    {
        segments.Remove(segment.Number);
        unsynced.Remove(segment.Number);
        segment.File.Dispose();
        disk.DeleteFile(Path(segment.Number));
        disk.SyncFolder(Folder);
    }

    static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (IOException)
        {
            // The failure that led here is the one to tell.
        }
    }

    public void Dispose()
    {
        foreach (var segment in segments.Values) segment.File.Dispose();
    }

    /// <param name="Look">The last look at all blocks that has seen it. It takes no memory: the others leave these four bytes.</param>
    readonly record struct Entry(BlockLocation Location, int Count, int Look = 0)
    {
        public bool IsMissing => Location == default;
    }

    sealed class Segment(int number, IDiskFile file)
    {
        public int Number => number;

        public IDiskFile File => file;

        /// <summary>Where the next record goes.</summary>
        public long Tail { get; set; }

        /// <summary>Records that somebody needs.</summary>
        public int Live { get; set; }
    }
}
