using System.Buffers;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;

namespace Octavo.Engine.Volumes;

/// <summary>
/// A volume that this process writes: its image, and what has to happen before a block is changed. A block that is still in a snapshot alone is fetched; one that
/// a pending snapshot owes is kept for it; and it is noted as changed. Both of the first are done before the gate, so that whoever closes the gate, to fix an
/// instant, waits for plain writes only; behind the gate a writer only looks whether it is still so.
/// </summary>
sealed class LiveVolume(string id, IDiskFile image, long size, Action<string> warn)
{
    const int Stripes = 64;
    static readonly byte[] Zeros = new byte[PoolFormat.BlockBytes];

    readonly Lock[] stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new Lock())];
    long sizeBytes = size;
    volatile Filling? filling;
    volatile object? watch;

    /// <summary>Closed for an instant.</summary>
    public WriteGate Gate { get; } = new();

    /// <summary>The image, open for writing.</summary>
    public IDiskFile Image => image;

    /// <summary>The size now.</summary>
    public long SizeBytes => Volatile.Read(ref sizeBytes);

    /// <summary>Who needs it open: handles and streams. Guarded by the entry's lock, as is <see cref="Attached"/>.</summary>
    public int Users { get; set; }

    /// <summary>The handles among them.</summary>
    public int Attached { get; set; }

    /// <summary>The number of the next layer. Guarded by the lock of the instants.</summary>
    public int NextLayer { get; set; } = 1;

    /// <summary>The image's signature since the last user let go; null while there is one, or the image is being filled.</summary>
    public FileSignature? Rest { get; set; }

    /// <summary>What is still in a snapshot alone; null where nothing is.</summary>
    public Filling? Filling
    {
        get => filling;
        set => filling = value;
    }

    /// <summary>The layers that pending snapshots need, oldest first. Changed while the gate is closed, or by who removes from its beginning.</summary>
    public List<KeptLayer> Layers { get; } = [];

    /// <summary>The newest of them: the one that blocks are kept in.</summary>
    public KeptLayer? Newest { get; private set; }

    /// <summary>The snapshot since whose instant <see cref="Changed"/> tells the changes; null where nobody knows.</summary>
    public string? BaseId { get; set; }

    /// <summary>Blocks that may have been changed since the base.</summary>
    public BlockSet Changed { get; private set; } = new(Manifest.BlockCount(size));

    /// <summary>
    /// Begins a new layer, only behind a closed gate: from here on what is overwritten is kept in it, and changes go into the new set. Returns the old set.
    /// </summary>
    public BlockSet Begin(KeptLayer layer, BlockSet changed)
    {
        Append(layer);
        var before = Changed;
        Changed = changed;
        return before;
    }

    /// <summary>Takes over a layer before anybody writes.</summary>
    public void Append(KeptLayer layer)
    {
        lock (Layers)
        {
            if (Newest is not null) Newest.Newer = layer;
            Layers.Add(layer);
            Newest = layer;
        }
    }

    /// <summary>Takes over what is known to have changed since a base, before anybody writes.</summary>
    public void Know(string baseId, BlockSet changed) => (BaseId, Changed) = (baseId, changed);

    /// <summary>Takes off the layers before one, which nobody needs any more: for <see cref="Discard"/>.</summary>
    public List<KeptLayer> TakeBefore(int number)
    {
        lock (Layers)
        {
            List<KeptLayer> taken = [.. Layers.TakeWhile(layer => layer.Number < number)];
            Layers.RemoveRange(0, taken.Count);
            if (Layers.Count == 0) Newest = null;
            return taken;
        }
    }

    /// <summary>Deletes layers that were taken off.</summary>
    public void Discard(List<KeptLayer> layers)
    {
        foreach (var layer in layers) layer.Break();
        // Whoever is just keeping a block in one has its stripe.
        foreach (var stripe in stripes)
            lock (stripe) { }
        foreach (var layer in layers) layer.Dispose();
    }

    /// <summary>Grows, behind a closed gate.</summary>
    public void Grow(long newSize)
    {
        var partial = (int)(sizeBytes / PoolFormat.BlockBytes);
        var isPartial = sizeBytes % PoolFormat.BlockBytes != 0;
        Changed = Changed.Enlarged(Manifest.BlockCount(newSize));
        // It is longer now, and so another one.
        if (isPartial) Changed.Add(partial);
        Volatile.Write(ref sizeBytes, newSize);
    }

    /// <summary>Reads without waiting; see <see cref="IBlockDevice.TryRead"/>.</summary>
    public bool TryRead(Span<byte> buffer, long offset)
    {
        if (buffer.IsEmpty) return true;
        return (filling is not { } missing || !missing.IsAnyMissing(First(offset), Last(offset, buffer.Length))) && image.TryReadNow(buffer, offset);
    }

    /// <summary>Fills the buffer.</summary>
    public void Read(Span<byte> buffer, long offset)
    {
        if (buffer.IsEmpty) return;
        if (filling is { } missing)
            for (var block = First(offset); block <= Last(offset, buffer.Length); block++) Fill(missing, block, default);
        if (image.ReadFully(buffer, offset) < buffer.Length) throw new IOException("The image ended early.");
    }

    /// <summary>Writes.</summary>
    public void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        if (buffer.IsEmpty) return;
        var slot = Enter(offset, buffer.Length, buffer);
        try
        {
            image.Write(buffer, offset);
        }
        finally
        {
            Gate.Leave(slot);
        }
    }

    /// <summary>Makes a range read as zeros.</summary>
    public void WriteZeroes(long offset, long length, bool mayFree)
    {
        // In pieces: a writer must not be inside the gate for long.
        for (var end = offset + length; offset < end;)
        {
            var piece = Math.Min(end - offset, mayFree ? 64 * PoolFormat.BlockBytes : PoolFormat.BlockBytes);
            var slot = Enter(offset, piece, default, isZeros: true);
            try
            {
                if (!(mayFree && image.TryPunchHole(offset, piece)))
                    for (var at = 0L; at < piece; at += Zeros.Length) image.Write(Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, piece - at)), offset + at);
            }
            finally
            {
                Gate.Leave(slot);
            }
            offset += piece;
        }
    }

    /// <summary>Gives back space, where the file system can.</summary>
    public void Trim(long offset, long length)
    {
        for (var end = offset + length; offset < end;)
        {
            var piece = Math.Min(end - offset, 64 * PoolFormat.BlockBytes);
            var slot = Enter(offset, piece, default, isZeros: true);
            try
            {
                image.TryPunchHole(offset, piece);
            }
            finally
            {
                Gate.Leave(slot);
            }
            offset += piece;
        }
    }

    /// <summary>Makes every change that has returned durable.</summary>
    public void Flush()
    {
        if (filling is { } missing) missing.Settle(image);
        else image.Sync();
    }

    /// <summary>Fetches a block into the image, where it is missing.</summary>
    public void Fill(Filling missing, int block) => Fill(missing, block, default);

    /// <summary>Begins, behind a closed gate, to watch for changes; they show in <see cref="IsUnchangedSince"/>.</summary>
    public object Watch() => Interlocked.CompareExchange(ref watch, new object(), null) ?? watch!;

    /// <summary>Whether nothing was changed since that watch began.</summary>
    public bool IsUnchangedSince(object began) => watch == began;

    /// <summary>Whether a position lies in a hole, and how far that goes, at the most to an end.</summary>
    public (long Next, bool IsHole) Extent(long at, long end)
    {
        if (filling is { } missing)
        {
            var block = First(at);
            var blockEnd = Math.Min(end, (block + 1L) * PoolFormat.BlockBytes);
            if (missing.IsMissing(block)) return (blockEnd, false);
            end = blockEnd;
        }
        var data = image.NextData(at);
        return (Math.Min(end, data > at ? data : image.NextHole(at)), data > at);
    }

    /// <summary>Closes every file. Whoever still has it gets <see cref="ObjectDisposedException"/>.</summary>
    public void Close()
    {
        image.Dispose();
        filling?.Dispose();
        lock (Layers)
            foreach (var layer in Layers) layer.Dispose();
        Gate.Open();
    }

    static int First(long offset) => (int)(offset / PoolFormat.BlockBytes);

    static int Last(long offset, long length) => (int)((offset + length - 1) / PoolFormat.BlockBytes);

    /// <summary>Comes back behind the gate, with every block of the range ready to be changed, and noted as changed.</summary>
    int Enter(long offset, long length, ReadOnlySpan<byte> content, bool isZeros = false)
    {
        int first = First(offset), last = Last(offset, length);
        while (true)
        {
            var slot = Gate.Enter();
            if (IsReady(first, last))
            {
                var changed = Changed;
                for (var block = first; block <= last; block++) changed.Add(block);
                if (watch is not null) watch = null;
                return slot;
            }
            Gate.Leave(slot);
            Prepare(first, last, offset, length, content, isZeros);
        }
    }

    bool IsReady(int first, int last) =>
        (Newest is not { } layer || !layer.OwesAny(first, last)) && (filling is not { } missing || !missing.IsAnyMissing(first, last));

    void Prepare(int first, int last, long offset, long length, ReadOnlySpan<byte> content, bool isZeros)
    {
        for (var block = first; block <= last; block++)
        {
            if (filling is { } missing && missing.IsMissing(block))
            {
                var start = (long)block * PoolFormat.BlockBytes;
                var blockLength = Manifest.BlockLength(SizeBytes, block);
                var isCovered = offset <= start && offset + length >= start + blockLength;
                // What would be overwritten at once is not fetched, unless a pending snapshot needs it.
                if (isCovered && Newest is null)
                {
                    Changed.Add(block);
                    Fill(missing, block, isZeros ? Zeros.AsSpan(0, blockLength) : content.Slice((int)(start - offset), blockLength));
                }
                else Fill(missing, block, default);
            }
            if (Newest is { } layer && layer.Owes(block)) Keep(layer, block);
        }
    }

    void Keep(KeptLayer layer, int block)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PoolFormat.BlockBytes);
        try
        {
            lock (stripes[block % Stripes])
            {
                if (!layer.Owes(block)) return;
                try
                {
                    var start = (long)block * PoolFormat.BlockBytes;
                    var present = buffer.AsSpan(0, layer.LengthOf(block));
                    if (image.NextData(start) >= start + present.Length) present.Clear();
                    else if (image.ReadFully(present, start) < present.Length) throw new IOException("The image ended early.");
                    layer.Keep(block, present);
                }
                catch (IOException e)
                {
                    GiveUp(layer, e);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The writer goes on, the snapshots fail: this one and the older ones, which look for their blocks here.</summary>
    void GiveUp(KeptLayer layer, IOException why)
    {
        warn($"Volume {id}: a block could not be kept for a pending snapshot, which fails now: {why.Message}");
        List<KeptLayer> lost;
        lock (Layers) lost = [.. Layers.TakeWhile(l => l.Number <= layer.Number)];
        foreach (var one in lost) one.Break();
    }

    void Fill(Filling missing, int block, ReadOnlySpan<byte> content)
    {
        if (!missing.IsMissing(block)) return;
        var record = ArrayPool<byte>.Shared.Rent(BlockCodec.MaxRecordBytes);
        var plain = ArrayPool<byte>.Shared.Rent(PoolFormat.BlockBytes);
        try
        {
            lock (stripes[block % Stripes])
            {
                if (!missing.IsMissing(block)) return;
                if (content.IsEmpty)
                {
                    var fetched = plain.AsSpan(0, missing.LengthOf(block));
                    missing.Fetch(block, record, fetched);
                    content = fetched;
                }
                var start = (long)block * PoolFormat.BlockBytes;
                // A death in the middle of an earlier attempt may have left something there.
                if (image.NextData(start) >= start + content.Length) image.WriteData(content, start);
                else image.Write(content, start);
                missing.Filled(block);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(record);
            ArrayPool<byte>.Shared.Return(plain);
        }
    }
}
