using Octavo.Engine.Io;
using Octavo.Engine.Segments;

namespace Octavo.Engine.Snapshots;

/// <summary>Reads a block of what is copied, all of it; zeros where it lies in a hole.</summary>
delegate void BlockReader(int block, Span<byte> plain);

/// <summary>
/// Copies blocks into the segments: reads each, hashes it, and compresses and appends those that are not stored
/// yet. A few workers take blocks from one list, each with buffers of its own, so that reading, hashing and writing overlap on all
/// processors and memory stays bounded.
/// </summary>
/// <param name="passed">A number that moves while somebody writes to the volume; the copy goes slower then.</param>
sealed class ImageCopier(SegmentStore segments, TimeProvider time, Func<long> passed)
{
    /// <summary>One more than the processors, up to four, so that one may wait for the disk; 1 MiB of buffers each.</summary>
    static readonly int Workers = Math.Clamp(Environment.ProcessorCount + 1, 2, 4);

    /// <summary>Copies at a time over all pools of the process: more would only take memory and disturb each other.</summary>
    static readonly SemaphoreSlim Turn = new(2, 2);

    /// <summary>
    /// Copies; returns how many bytes were added to the segments. Every block that it puts into the result holds one need; on failure all that are in it are
    /// released, those too that were there before.
    /// </summary>
    /// <param name="blocks">The blocks to read.</param>
    /// <param name="result">The blocks of the snapshot, as far as they are known already.</param>
    public async Task<long> CopyAsync(
        BlockReader read, List<int> blocks, long size, BlockMap result, Action<double> progress, CancellationToken cancellation)
    {
        try
        {
            await Turn.WaitAsync(cancellation);
            try
            {
                var work = new Work(blocks, progress);
                await OwnThreads.RunAsync(Math.Min(Workers, blocks.Count), () => Copy(read, size, result, work, cancellation));
                return work.StoredBytes;
            }
            finally
            {
                Turn.Release();
            }
        }
        catch
        {
            segments.Release(result.Stored.Select(stored => stored.Hash), mayFree: true);
            throw;
        }
    }

    void Copy(BlockReader read, long size, BlockMap result, Work work, CancellationToken cancellation)
    {
        using var codec = new BlockCodec();
        var plain = new byte[PoolFormat.BlockBytes];
        var record = new byte[BlockCodec.MaxRecordBytes];
        while (work.TryTake(out var block))
        {
            try
            {
                cancellation.ThrowIfCancellationRequested();
                var before = passed();
                var start = time.GetTimestamp();
                Copy(read, block, plain.AsSpan(0, Manifest.BlockLength(size, block)), record, codec, result, work);
                if (passed() != before) OwnThreads.Rest(Pause(time.GetElapsedTime(start)), time, cancellation);
            }
            catch
            {
                work.Stop();
                throw;
            }
        }
    }

    /// <summary>While somebody writes, each worker rests longer than it works: the writer comes first.</summary>
    public static TimeSpan Pause(TimeSpan worked) => TimeSpan.FromMilliseconds(Math.Clamp(4 * worked.TotalMilliseconds, 1, 100));

    void Copy(BlockReader read, int block, Span<byte> plain, byte[] record, BlockCodec codec, BlockMap result, Work work)
    {
        read(block, plain);
        if (plain.ContainsAnyExcept((byte)0))
        {
            var hash = BlockHash.Of(plain);
            if (!segments.TryReuse(hash)) work.Stored(segments.Append(codec.Encode(hash, plain, record), record));
            result[block] = hash;
        }
        work.Done();
    }

    /// <summary>The blocks that are not wholly holes, in order.</summary>
    public static List<int> DataBlocks(IDiskFile image, long size)
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
