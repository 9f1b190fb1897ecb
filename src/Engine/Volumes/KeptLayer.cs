using System.Buffers.Binary;
using Octavo.Engine.Io;
using Octavo.Engine.Snapshots;

namespace Octavo.Engine.Volumes;

/// <summary>
/// What was overwritten since the instant of a pending snapshot, as it was at the instant: <c>volumes/ID/kept.N</c>, N larger for a later instant. A sparse file:
/// the blocks where they are in the volume, then at the next multiple of 4,096 one byte a block, 1 where it is kept, then a tail: the magic "OCTK", u32 zero,
/// i64 the volume's size at the instant, little-endian.
/// <para>
/// Only the newest layer of a volume gets blocks. Whoever wants a block of an older instant looks through the layers from that one on: the first that has it has
/// it as it was; where none has, it was not written to since.
/// </para>
/// </summary>
sealed class KeptLayer(IDisk disk, string volumeId, int number, long size) : IDisposable
{
    /// <summary>What the names of the files begin with.</summary>
    public const string Prefix = "kept.";

    const int TailBytes = 16;
    const uint Magic = 0x4B54434F; // "OCTK"
    static readonly byte[] Kept = [1];

    readonly Lock opening = new();
    readonly BlockSet blocks = new(Manifest.BlockCount(size));
    IDiskFile? file;
    volatile bool isBroken;
    volatile KeptLayer? newer;

    public int Number => number;

    /// <summary>The volume's size at the instant.</summary>
    public long Size => size;

    /// <summary>The layer of the next instant, where there is one.</summary>
    public KeptLayer? Newer
    {
        get => newer;
        set => newer = value;
    }

    /// <summary>The file of a layer.</summary>
    public static string PathOf(string volumeId, int number) => $"{VolumeRecord.FolderOf(volumeId)}/{Prefix}{number}";

    /// <summary>The layers that a dead process left, oldest first and linked. One that has no tail yet has no block either.</summary>
    public static List<KeptLayer> Load(IDisk disk, string volumeId)
    {
        var layers = new List<KeptLayer>();
        Span<byte> tail = stackalloc byte[TailBytes];
        foreach (var number in Numbers(disk, volumeId).Order())
        {
            var file = disk.OpenWrite(PathOf(volumeId, number));
            tail.Clear();
            file.ReadFully(tail, Math.Max(0, file.Length - TailBytes));
            var size = BinaryPrimitives.ReadInt64LittleEndian(tail[8..]);
            var isWhole = BinaryPrimitives.ReadUInt32LittleEndian(tail) == Magic && size > 0 && file.Length == LengthFor(size);
            var layer = new KeptLayer(disk, volumeId, number, isWhole ? size : 1);
            if (isWhole) layer.LoadMarks(file, size);
            else file.Dispose();
            if (layers.Count > 0) layers[^1].Newer = layer;
            layers.Add(layer);
        }
        return layers;
    }

    /// <summary>The numbers of the layers whose files are there.</summary>
    public static IEnumerable<int> Numbers(IDisk disk, string volumeId) =>
        from name in disk.List(VolumeRecord.FolderOf(volumeId))
        where IsName(name)
        select int.Parse(name[Prefix.Length..], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether a file of a volume's folder is a layer.</summary>
    public static bool IsName(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length is > 5 and < 15 && name.AsSpan(Prefix.Length).IndexOfAnyExceptInRange('0', '9') < 0;

    /// <summary>Whether a block has to be kept before it is written to.</summary>
    public bool Owes(int block) => block < blocks.Count && !blocks.Contains(block) && !isBroken;

    /// <summary>Whether one of a range has to be kept.</summary>
    public bool OwesAny(int first, int last)
    {
        for (var block = first; block <= last; block++)
            if (Owes(block)) return true;
        return false;
    }

    /// <summary>The length of a block at the instant.</summary>
    public int LengthOf(int block) => Manifest.BlockLength(size, block);

    /// <summary>Makes the file, where that is not done.</summary>
    public void Open()
    {
        lock (opening)
        {
            if (file is not null || isBroken) return;
            var made = disk.OpenWrite(PathOf(volumeId, number));
            try
            {
                made.SetLength(LengthFor(size));
                Span<byte> tail = stackalloc byte[TailBytes];
                tail.Clear();
                BinaryPrimitives.WriteUInt32LittleEndian(tail, Magic);
                BinaryPrimitives.WriteInt64LittleEndian(tail[8..], size);
                made.Write(tail, LengthFor(size) - TailBytes);
            }
            catch
            {
                made.Dispose();
                throw;
            }
            file = made;
        }
    }

    /// <summary>Keeps a block that is owed. One at a time may do that for a block. What a process that dies behind this has kept, the next one finds.</summary>
    public void Keep(int block, ReadOnlySpan<byte> content)
    {
        Open();
        // Given up meanwhile.
        if (file is null) return;
        file.WriteData(content, (long)block * PoolFormat.BlockBytes);
        // Only now: a block that is marked is whole.
        file.Write(Kept, MarksOf(size) + block);
        blocks.Add(block);
    }

    /// <summary>
    /// Owes nothing from now on, and what it does not keep already is not known any more. The file goes, so that the next process sees that too.
    /// </summary>
    public void Break()
    {
        isBroken = true;
        lock (opening) disk.DeleteFile(PathOf(volumeId, number));
    }

    /// <summary>Reads a block as it was at this instant, where it was written to since; false where it was not.</summary>
    /// <exception cref="EngineException">Conflict: it is not known any more.</exception>
    public bool TryRead(int block, Span<byte> plain)
    {
        for (var layer = this; layer is not null; layer = layer.Newer)
        {
            if (layer.blocks.Contains(block))
            {
                if (layer.file!.ReadFully(plain, (long)block * PoolFormat.BlockBytes) == plain.Length) return true;
                throw new IOException("The kept blocks ended early.");
            }
            if (layer.isBroken)
                throw new EngineException(EngineError.Conflict,
                    "The volume was written to and its earlier bytes could not be kept, because the pool's disk is full or failed; so the snapshot's instant is gone.");
        }
        return false;
    }

    /// <summary>The blocks that this layer or a newer one keeps.</summary>
    public IEnumerable<int> AllKept()
    {
        for (var layer = this; layer is not null; layer = layer.Newer)
            foreach (var block in layer.blocks.All)
                yield return block;
    }

    /// <summary>Makes what is kept durable.</summary>
    public void Sync() => file?.Sync();

    public void Dispose() => file?.Dispose();

    static long MarksOf(long size) => (size + 4095) / 4096 * 4096;

    static long LengthFor(long size) => MarksOf(size) + Manifest.BlockCount(size) + TailBytes;

    void LoadMarks(IDiskFile opened, long size)
    {
        var marks = new byte[64 * 1024];
        var end = MarksOf(size) + blocks.Count;
        for (var at = opened.NextData(MarksOf(size)); at < end; at = opened.NextData(at))
        {
            var read = opened.ReadFully(marks.AsSpan(0, (int)Math.Min(marks.Length, end - at)), at);
            for (var i = 0; i < read; i++)
                if (marks[i] == Kept[0]) blocks.Add((int)(at - MarksOf(size)) + i);
            at += read;
        }
        file = opened;
    }
}
