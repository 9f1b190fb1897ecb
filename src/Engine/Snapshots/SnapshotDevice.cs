using System.Buffers;
using Octavo.Engine.Segments;

namespace Octavo.Engine.Snapshots;

/// <summary>A completed snapshot as a block device. Its blocks are held until it is disposed; the last few that were read stay unpacked.</summary>
sealed class SnapshotDevice(Manifest manifest, SegmentStore segments, Action release) : IBlockDevice
{
    const int CachedBlocks = 16;

    readonly Cached[] cache = [.. Enumerable.Range(0, CachedBlocks).Select(_ => new Cached())];
    int isReleased;

    public long SizeBytes => manifest.VolumeSize;

    public bool IsReadOnly => true;

    public bool TryRead(Span<byte> buffer, long offset)
    {
        CheckRange(offset, buffer.Length);
        while (!buffer.IsEmpty)
        {
            var (block, within, count) = Piece(buffer.Length, offset);
            if (manifest.Blocks[block] is null) buffer[..count].Clear();
            else
            {
                var cached = cache[block % CachedBlocks];
                if (!cached.Gate.TryEnter()) return false;
                try
                {
                    if (cached.Block != block) return false;
                    cached.Plain.AsSpan(within, count).CopyTo(buffer);
                }
                finally
                {
                    cached.Gate.Exit();
                }
            }
            buffer = buffer[count..];
            offset += count;
        }
        return true;
    }

    public void Read(Span<byte> buffer, long offset)
    {
        CheckRange(offset, buffer.Length);
        while (!buffer.IsEmpty)
        {
            var (block, within, count) = Piece(buffer.Length, offset);
            if (manifest.Blocks[block] is not { } hash) buffer[..count].Clear();
            else
            {
                var cached = cache[block % CachedBlocks];
                lock (cached.Gate)
                {
                    if (cached.Block != block) Load(cached, block, hash);
                    cached.Plain.AsSpan(within, count).CopyTo(buffer);
                }
            }
            buffer = buffer[count..];
            offset += count;
        }
    }

    public void Write(ReadOnlySpan<byte> buffer, long offset, bool isDurable) => throw ReadOnly();

    public void WriteZeroes(long offset, long length, bool mayFree, bool isDurable) => throw ReadOnly();

    public void Trim(long offset, long length, bool isDurable) => throw ReadOnly();

    public void Flush() { }

    public int Extents(long offset, long length, Span<BlockExtent> extents)
    {
        CheckRange(offset, length);
        var count = 0;
        for (var end = offset + length; offset < end;)
        {
            var (block, _, piece) = Piece(end - offset, offset);
            var isHole = manifest.Blocks[block] is null;
            if (count > 0 && extents[count - 1].IsHole == isHole) extents[count - 1] = new BlockExtent(extents[count - 1].LengthBytes + piece, isHole);
            else if (count == extents.Length) break;
            else extents[count++] = new BlockExtent(piece, isHole);
            offset += piece;
        }
        return count;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref isReleased, 1) == 0) release();
    }

    (int Block, int Within, int Count) Piece(long length, long offset)
    {
        var block = (int)(offset / PoolFormat.BlockBytes);
        var within = (int)(offset % PoolFormat.BlockBytes);
        return (block, within, (int)Math.Min(length, Manifest.BlockLength(SizeBytes, block) - within));
    }

    void Load(Cached cached, int block, BlockHash hash)
    {
        cached.Block = -1;
        cached.Plain ??= new byte[PoolFormat.BlockBytes];
        var record = ArrayPool<byte>.Shared.Rent(BlockCodec.MaxRecordBytes);
        try
        {
            segments.Read(hash, record, cached.Plain.AsSpan(0, Manifest.BlockLength(SizeBytes, block)));
            cached.Block = block;
        }
        catch (EngineException e)
        {
            throw new EngineException(e.Error, $"The snapshot cannot be read at byte {(long)block * PoolFormat.BlockBytes}: {e.Message}.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(record);
        }
    }

    void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > SizeBytes - length)
            throw new EngineException(EngineError.Invalid, $"The snapshot ends at byte {SizeBytes}; bytes {offset} to {offset + length} are not all of it.");
    }

    static EngineException ReadOnly() => new(EngineError.Conflict, "A snapshot cannot be written to. Make a volume from it.");

    sealed class Cached
    {
        public Lock Gate { get; } = new();

        public int Block { get; set; } = -1;

        public byte[]? Plain { get; set; }
    }
}
