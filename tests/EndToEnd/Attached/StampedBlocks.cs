using System.Buffers.Binary;
using System.Collections.Concurrent;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Attached;

/// <summary>
/// Blocks that are written over and over, each write with a stamp of its own, and a record of when each write was begun and when it was answered. With
/// that, an image of the blocks can be proven to be of one instant, or not: there is a moment after the beginning of every write that is in it, and before the answer
/// to every write that is not.
/// </summary>
sealed class StampedBlocks(long start, int count)
{
    /// <summary>Bytes of a block.</summary>
    public const int Bytes = 4096;

    readonly Block[] blocks = [.. Enumerable.Range(0, count).Select(_ => new Block())];

    /// <summary>Writes through this address, in so many connections, until told to stop or the server dies. Returns how many writes were answered.</summary>
    public async Task<long> WriteAsync(string address, int connections, int seed, CancellationToken stop)
    {
        var answered = 0L;
        await Task.WhenAll(Enumerable.Range(0, connections).Select(lane => Task.Run(async () =>
        {
#pragma warning disable RS0030 // The seed is named.
            var random = new Random(seed * 1000 + lane);
#pragma warning restore RS0030
            var data = new byte[Bytes];
            NbdClient? client = null;
            try
            {
                client = await NbdClient.ConnectAsync(address);
                while (!stop.IsCancellationRequested)
                {
                    // A block is one lane's alone, so that its writes have an order.
                    var index = random.Next(count / connections) * connections + lane;
                    var block = blocks[index];
                    var write = new Write(block.NextSequence(), TimeProvider.System.GetTimestamp());
                    Stamp(data, index, write.Sequence);
                    block.Writes.Enqueue(write);
                    await client.WriteAsync(data, start + (long)index * Bytes, isForced: random.Next(16) == 0);
                    write.AnsweredAt = TimeProvider.System.GetTimestamp();
                    Interlocked.Increment(ref answered);
                    if (random.Next(64) == 0) await client.FlushAsync();
                }
            }
            catch (IOException)
            {
                // The server died, or is not there yet: what was in flight stays without an answer.
            }
            finally
            {
                if (client is not null) await client.DisposeAsync();
            }
        })));
        return answered;
    }

    /// <summary>Every answered write is in what is there now; what was in flight is settled by it. A service that is just starting is waited for.</summary>
    public async Task ShouldSurviveAsync(string address)
    {
        await using var client = await Eventually.GetAsync("a connection", async () =>
        {
            try
            {
                return await NbdClient.ConnectAsync(address);
            }
            catch (IOException)
            {
                return null;
            }
        });
        var image = new byte[count * Bytes];
        for (var at = 0; at < image.Length; at += 1 << 20)
            await client.ReadAsync(image.AsMemory(at, Math.Min(1 << 20, image.Length - at)), start + at);
        var now = TimeProvider.System.GetTimestamp();
        for (var index = 0; index < count; index++)
        {
            var found = Read(image, index);
            var block = blocks[index];
            var last = block.Writes.LastOrDefault(write => write.IsAnswered)?.Sequence ?? 0;
            found.ShouldBeGreaterThanOrEqualTo(last, $"block {index}: an answered write is lost");
            block.Settle(found, now);
        }
    }

    /// <summary>A snapshot's image is of one instant, between these moments.</summary>
    public void ShouldBeOfOneInstant(ReadOnlySpan<byte> volume, long notBefore, long notAfter)
    {
        var image = volume.Slice((int)start, count * Bytes);
        var (latest, latestBlock) = (notBefore, -1);
        var (earliest, earliestBlock) = (notAfter, -1);
        for (var index = 0; index < count; index++)
        {
            var found = Read(image, index);
            foreach (var write in blocks[index].Writes)
            {
                if (write.Sequence == found && write.BegunAt > latest) (latest, latestBlock) = (write.BegunAt, index);
                if (write.Sequence > found && write.AnsweredAt < earliest) (earliest, earliestBlock) = (write.AnsweredAt, index);
            }
        }
        var apart = TimeProvider.System.GetElapsedTime(earliest, latest);
        latest.ShouldBeLessThanOrEqualTo(earliest,
            $"block {latestBlock} has a write that began {apart.TotalMilliseconds} ms after block {earliestBlock} lacks an answered one (-1 is the call itself)");
    }

    static void Stamp(Span<byte> data, int index, long sequence)
    {
        for (var at = 0; at < Bytes; at += 16)
        {
            BinaryPrimitives.WriteInt64LittleEndian(data[at..], index);
            BinaryPrimitives.WriteInt64LittleEndian(data[(at + 8)..], sequence);
        }
    }

    static long Read(ReadOnlySpan<byte> image, int index)
    {
        var data = image.Slice(index * Bytes, Bytes);
        var sequence = BinaryPrimitives.ReadInt64LittleEndian(data[8..]);
        Span<byte> whole = stackalloc byte[Bytes];
        if (sequence != 0) Stamp(whole, index, sequence);
        data.SequenceEqual(whole).ShouldBeTrue($"block {index} is torn or another's, at stamp {sequence}");
        return sequence;
    }

    sealed class Write(long sequence, long begunAt)
    {
        long answeredAt = long.MaxValue;

        public long Sequence => sequence;

        public long BegunAt => begunAt;

        public long AnsweredAt
        {
            get => Volatile.Read(ref answeredAt);
            set => Volatile.Write(ref answeredAt, value);
        }

        public bool IsAnswered => AnsweredAt != long.MaxValue;
    }

    sealed class Block
    {
        long last;

        public ConcurrentQueue<Write> Writes { get; private set; } = [];

        public long NextSequence() => ++last;

        /// <summary>What had no answer either came to be, or never will.</summary>
        public void Settle(long found, long now)
        {
            foreach (var write in Writes.Where(write => !write.IsAnswered && write.Sequence <= found)) write.AnsweredAt = now;
            if (Writes.Any(write => write.Sequence > found)) Writes = new ConcurrentQueue<Write>(Writes.Where(write => write.Sequence <= found));
        }
    }
}
