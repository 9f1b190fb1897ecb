using System.Buffers;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Volumes;

namespace Octavo.Engine.Snapshots;

/// <summary>
/// A pending snapshot's blocks as they were at its instant, while the volume goes on: from the kept ones, from the snapshot that the volume is being filled from, or
/// from the image.
/// </summary>
/// <param name="image">The image, or its clone.</param>
/// <param name="filling">What was missing of the image when the copy began.</param>
sealed class SnapshotSource(SnapshotEntry entry, IDiskFile image, Filling? filling)
{
    /// <summary>Fills the buffer with a block.</summary>
    public void Read(int block, Span<byte> plain)
    {
        if (entry.Layer?.TryRead(block, plain) is true) return;
        if (!TryFetch(block, plain))
        {
            var read = image.ReadFully(plain, (long)block * PoolFormat.BlockBytes);
            // What a shrunken image lacks is told by its signature afterwards.
            plain[read..].Clear();
        }
        // A writer keeps a block before it changes it: where it is not kept now, what was read is what was there at the instant.
        entry.Layer?.TryRead(block, plain);
    }

    bool TryFetch(int block, Span<byte> plain)
    {
        if (filling is null || !filling.IsMissing(block)) return false;
        var record = ArrayPool<byte>.Shared.Rent(BlockCodec.MaxRecordBytes);
        try
        {
            filling.Fetch(block, record, plain);
            return true;
        }
        catch (EngineException) when (!filling.IsMissing(block))
        {
            // It was filled meanwhile, and perhaps nobody needs it in the snapshot any more.
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(record);
        }
    }
}
