using System.Text;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;

namespace Octavo.Engine.Volumes;

/// <summary>
/// The blocks of a volume that are still in the snapshot alone from which it is being made, and <c>volumes/ID/filling</c>, which says so to the next process: the
/// magic "OCTF", then from byte 16 the id of the machine's boot (36 characters), then from byte 64 one byte a block of the snapshot. 0: missing, if the snapshot stores it. 1:
/// in the image, and durable there only if the machine has not been started anew since. 2: in the image, durable.
/// </summary>
sealed class Filling : IDisposable
{
    public const string Name = "filling";

    const int BootAt = 16;
    const int MarksAt = 64;
    static readonly byte[] Present = [1];
    static readonly byte[] Durable = [2];

    readonly Manifest source;
    readonly SegmentStore segments;
    readonly IDiskFile marks;
    readonly BlockSet missing;
    readonly Lock listing = new();
    readonly Lock settling = new();
    readonly int total;
    List<int> unsettled = [];
    int left;

    Filling(IDiskFile marks, Manifest source, SegmentStore segments)
    {
        (this.marks, this.source, this.segments) = (marks, source, segments);
        missing = new BlockSet(source.Blocks.Length);
        foreach (var (block, _) in source.Blocks.Stored) missing.Add(block);
        left = total = missing.Size;
    }

    /// <summary>The file of a volume.</summary>
    public static string PathOf(string volumeId) => $"{VolumeRecord.FolderOf(volumeId)}/{Name}";

    /// <summary>Writes down, durably but for its name, that everything is missing.</summary>
    public static Filling Begin(IDisk disk, string volumeId, Manifest source, SegmentStore segments)
    {
        var marks = disk.OpenWrite(PathOf(volumeId));
        marks.SetLength(0);
        marks.SetLength(MarksAt + source.Blocks.Length);
        marks.Write("OCTF"u8, 0);
        marks.Write(Encoding.ASCII.GetBytes(disk.BootId), BootAt);
        marks.Sync();
        return new Filling(marks, source, segments);
    }

    /// <summary>Goes on with what an earlier process left.</summary>
    public static Filling Resume(IDisk disk, string volumeId, Manifest source, SegmentStore segments)
    {
        var marks = disk.OpenWrite(PathOf(volumeId));
        var boot = new byte[MarksAt - BootAt];
        marks.ReadFully(boot, BootAt);
        var isSameBoot = Encoding.ASCII.GetString(boot).TrimEnd('\0') == disk.BootId;
        var filling = new Filling(marks, source, segments);
        var content = new byte[source.Blocks.Length];
        marks.ReadFully(content, MarksAt);
        for (var block = 0; block < content.Length; block++)
        {
            if (content[block] == Durable[0] || (content[block] == Present[0] && isSameBoot)) filling.Take(block, content[block] == Present[0]);
            else if (content[block] != 0) marks.Write([0], MarksAt + block);
        }
        if (isSameBoot) return filling;
        // In this order: marks of an earlier boot never stand below this one's id.
        marks.Sync();
        marks.Write(Encoding.ASCII.GetBytes(disk.BootId), BootAt);
        marks.Sync();
        return filling;
    }

    /// <summary>0 to 1: how much of what the snapshot stores is in the image.</summary>
    public double Fraction => total == 0 ? 1 : (double)(total - Volatile.Read(ref left)) / total;

    /// <summary>Whether everything is in the image.</summary>
    public bool IsDone => Volatile.Read(ref left) == 0;

    /// <summary>Whether a block is missing.</summary>
    public bool IsMissing(int block) => missing.Contains(block);

    /// <summary>Whether one of a range is missing.</summary>
    public bool IsAnyMissing(int first, int last) => missing.ContainsAny(first, last);

    /// <summary>What is missing, each looked at when it is its turn.</summary>
    public IEnumerable<int> Missing => missing.All;

    /// <summary>The length of a block in the snapshot; the volume's may be longer, with zeros behind.</summary>
    public int LengthOf(int block) => Manifest.BlockLength(source.VolumeSize, block);

    /// <summary>Reads a block from the snapshot, verified.</summary>
    /// <param name="plain">At least <see cref="LengthOf"/>; what is longer becomes zeros.</param>
    public void Fetch(int block, byte[] record, Span<byte> plain)
    {
        try
        {
            segments.Read(source.Blocks[block]!.Value, record, plain[..LengthOf(block)]);
            plain[LengthOf(block)..].Clear();
        }
        catch (EngineException e)
        {
            throw new EngineException(
                e.Error, $"The snapshot cannot be read at byte {(long)block * PoolFormat.BlockBytes}: {e.Message}.", e);
        }
    }

    /// <summary>Notes that a block is in the image now. From here on a death of the process keeps what is written over it.</summary>
    public void Filled(int block)
    {
        marks.Write(Present, MarksAt + block);
        Take(block, isUnsettled: true);
    }

    /// <summary>Makes the image durable, and that the blocks filled before need not be fetched any more.</summary>
    public void Settle(IDiskFile image)
    {
        lock (settling)
        {
            List<int> settled;
            lock (listing) (settled, unsettled) = (unsettled, []);
            try
            {
                image.Sync();
                if (settled.Count == 0) return;
                foreach (var block in settled) marks.Write(Durable, MarksAt + block);
                marks.Sync();
            }
            catch
            {
                lock (listing) unsettled.AddRange(settled);
                throw;
            }
        }
    }

    public void Dispose() => marks.Dispose();

    void Take(int block, bool isUnsettled)
    {
        if (!missing.Contains(block)) return;
        if (isUnsettled)
            lock (listing) unsettled.Add(block);
        missing.Remove(block);
        Interlocked.Decrement(ref left);
    }
}
