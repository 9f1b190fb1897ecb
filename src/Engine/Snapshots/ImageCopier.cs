using Octavo.Engine.Io;
using Octavo.Engine.Segments;

namespace Octavo.Engine.Snapshots;

/// <summary>
/// Copies an image into the segments: reads the blocks that hold data, hashes each, and compresses and appends those that are not stored
/// yet. A few workers take blocks from one list, each with buffers of its own, so that reading, hashing and writing overlap on all
/// processors and memory stays bounded.
/// </summary>
sealed class ImageCopier(SegmentStore segments)
{
    /// <summary>One more than the processors, up to four, so that one may wait for the disk; 1 MiB of buffers each.</summary>
    static readonly int Workers = Math.Clamp(Environment.ProcessorCount + 1, 2, 4);

    /// <summary>Copies at a time over all pools of the process: more would only take memory and disturb each other.</summary>
    static readonly SemaphoreSlim Turn = new(2, 2);

    /// <summary>
    /// Copies; returns the blocks and how many bytes were added to the segments. Every block returned holds one need; on failure none does.
    /// </summary>
    public async Task<(BlockHash?[] Blocks, long StoredBytes)> CopyAsync(
        IDiskFile image, long size, Action<double> progress, CancellationToken cancellation)
    {
        var blocks = new BlockHash?[Manifest.BlockCount(size)];
        await Turn.WaitAsync(cancellation);
        try
        {
            var work = new Work(DataBlocks(image, size), progress);
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ =>
                Task.Run(() => Copy(image, size, blocks, work, cancellation), cancellation)));
            return (blocks, work.StoredBytes);
        }
        catch
        {
            segments.Release(blocks.Where(block => block is not null).Select(block => block!.Value), mayFree: true);
            throw;
        }
        finally
        {
            Turn.Release();
        }
    }

    void Copy(IDiskFile image, long size, BlockHash?[] blocks, Work work, CancellationToken cancellation)
    {
        using var codec = new BlockCodec();
        var buffer = new byte[PoolFormat.BlockBytes];
        var record = new byte[BlockCodec.MaxRecordBytes];
        while (work.TryTake(out var block))
        {
            try
            {
                cancellation.ThrowIfCancellationRequested();
                var length = Manifest.BlockLength(size, block);
                var plain = buffer.AsSpan(0, length);
                var read = image.ReadFully(plain, (long)block * PoolFormat.BlockBytes);
                // What a shrunken image lacks is told by its signature afterwards.
                plain[read..].Clear();
                if (plain.ContainsAnyExcept((byte)0))
                {
                    var hash = BlockHash.Of(plain);
                    if (!segments.TryReuse(hash)) work.Stored(segments.Append(codec.Encode(hash, plain, record), record));
                    blocks[block] = hash;
                }
                work.Done();
            }
            catch
            {
                work.Stop();
                throw;
            }
        }
    }

    /// <summary>The blocks that are not wholly holes, in order.</summary>
    static List<int> DataBlocks(IDiskFile image, long size)
    {
        var blocks = new List<int>();
        for (var at = image.NextData(0); at < size;)
        {
            var end = Math.Min(size, image.NextHole(at));
            var first = (int)(at / PoolFormat.BlockBytes);
            if (blocks.Count > 0 && blocks[^1] >= first) first = blocks[^1] + 1;
            for (var block = first; block <= (end - 1) / PoolFormat.BlockBytes; block++) blocks.Add(block);
            at = image.NextData(end);
        }
        return blocks;
    }

    /// <summary>The list that the workers share.</summary>
    sealed class Work(List<int> blocks, Action<double> progress)
    {
        int next;
        int done;
        long stored;

        public long StoredBytes => Interlocked.Read(ref stored);

        public bool TryTake(out int block)
        {
            var index = Interlocked.Increment(ref next) - 1;
            block = index < blocks.Count && index >= 0 ? blocks[index] : 0;
            return index < blocks.Count && index >= 0;
        }

        public void Stored(long bytes) => Interlocked.Add(ref stored, bytes);

        public void Done() => progress((double)Interlocked.Increment(ref done) / blocks.Count);

        public void Stop() => Interlocked.Exchange(ref next, int.MaxValue / 2);
    }
}
