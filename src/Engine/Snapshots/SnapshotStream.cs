using Octavo.Engine.Io;
using Octavo.Engine.Segments;

namespace Octavo.Engine.Snapshots;

/// <summary>Reads a completed snapshot, one block in memory at a time. Its blocks are held until it is disposed.</summary>
sealed class SnapshotStream(Manifest manifest, SegmentStore segments, Action release) : ReadOnlyStream(manifest.VolumeSize)
{
    readonly byte[] record = new byte[BlockCodec.MaxRecordBytes];
    readonly byte[] block = new byte[PoolFormat.BlockBytes];
    int loaded = -1;
    bool isReleased;

    public override int Read(Span<byte> buffer)
    {
        if (Position >= Length || buffer.IsEmpty) return 0;
        var index = (int)(Position / PoolFormat.BlockBytes);
        var within = (int)(Position % PoolFormat.BlockBytes);
        var count = Math.Min(buffer.Length, Manifest.BlockLength(Length, index) - within);
        if (manifest.Blocks[index] is not { } hash) buffer[..count].Clear();
        else
        {
            if (loaded != index) Load(index, hash);
            block.AsSpan(within, count).CopyTo(buffer);
        }
        Position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !isReleased) release();
        isReleased = true;
        base.Dispose(disposing);
    }

    void Load(int index, BlockHash hash)
    {
        loaded = -1;
        try
        {
            segments.Read(hash, record, block.AsSpan(0, Manifest.BlockLength(Length, index)));
        }
        catch (EngineException e)
        {
            throw new EngineException(e.Error, $"The snapshot cannot be read at byte {(long)index * PoolFormat.BlockBytes}: {e.Message}.", e);
        }
        loaded = index;
    }
}
