using System.Buffers.Binary;
using System.IO.Hashing;
using Octavo.Engine;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;
using Octavo.Tests.Engine;

namespace Octavo.Tests.Fuzz;

/// <summary>The engine's records, one by one, also with their check values put right again, which is how the deeper parts are reached.</summary>
public sealed class RecordFuzz
{
    static readonly byte[] Manifest = Make().ToBytes();
    static readonly byte[] Compressible = [.. Enumerable.Range(0, Pool.Block).Select(i => (byte)(i / 1000 * i))];

    [Fact]
    public Task A_manifest_parses_or_is_damaged() => Fuzzing.RunAsync(10_000, mutator =>
    {
        var bytes = mutator.Mutate(Manifest);
        if (mutator.OneIn(2)) Sign(bytes);
        try
        {
            var parsed = Octavo.Engine.Snapshots.Manifest.Parse(bytes);
            parsed.Blocks.Length.ShouldBe(Octavo.Engine.Snapshots.Manifest.BlockCount(parsed.VolumeSize));
        }
        catch (EngineException e)
        {
            e.Error.ShouldBe(EngineError.Damaged);
        }
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_pending_record_parses_or_is_none() => Fuzzing.RunAsync(10_000, mutator =>
    {
        var valid = new PendingRecord("snap-1", "tag", "vol-1", 4096, DateTimeOffset.UnixEpoch, 1, 4096, 2, 3, false, "why").ToBytes();
        _ = PendingRecord.Parse(mutator.Mutate(valid));
        return Task.CompletedTask;
    });

    [Fact]
    public Task A_block_is_read_as_it_was_or_not_at_all()
    {
        using var codec = new BlockCodec();
        var stored = new byte[BlockCodec.MaxRecordBytes];
        return Fuzzing.RunAsync(400, mutator =>
        {
            var length = mutator.OneIn(4) ? Pool.Block : 1 + mutator.Below(20_000);
            var plain = mutator.OneIn(2) ? Compressible[..length] : Pool.Noise(length, mutator.Seed);
            var hash = BlockHash.Of(plain);
            var header = codec.Encode(hash, plain, stored);
            header.Write(stored);
            var bytes = mutator.Mutate(stored.AsSpan(0, RecordHeader.Length + header.StoredLength));
            var isForged = mutator.OneIn(2) && bytes.Length > RecordHeader.Length;
            if (isForged) SignRecord(bytes);
            var disk = new SimulatedDisk();
            disk.CreateFolder("segments");
            using (var file = disk.OpenWrite("segments/00000001")) file.Write(bytes, 0);
            using var store = new SegmentStore(disk);
            store.Open(new Dictionary<BlockHash, int> { [hash] = 1 }, mayFree: mutator.OneIn(2));

            var read = new byte[length];
            try
            {
                store.Read(hash, new byte[BlockCodec.MaxRecordBytes], read, verifyHash: isForged);
                read.AsSpan().SequenceEqual(plain).ShouldBeTrue();
            }
            catch (EngineException e)
            {
                e.Error.ShouldBe(EngineError.Damaged);
            }
            return Task.CompletedTask;
        });
    }

    /// <summary>Puts a manifest's checksum right.</summary>
    internal static void Sign(Span<byte> manifest)
    {
        if (manifest.Length >= 8) BinaryPrimitives.WriteUInt64LittleEndian(manifest[^8..], XxHash3.HashToUInt64(manifest[..^8]));
    }

    /// <summary>Puts a record's check values right, as far as its lengths allow it.</summary>
    internal static void SignRecord(Span<byte> record)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(record[12..]);
        if (length > 0 && length <= record.Length - RecordHeader.Length)
            BinaryPrimitives.WriteUInt64LittleEndian(record[48..], XxHash3.HashToUInt64(record.Slice(RecordHeader.Length, length)));
        BinaryPrimitives.WriteUInt64LittleEndian(record[56..], XxHash3.HashToUInt64(record[..56]));
    }

    static Manifest Make()
    {
        var blocks = new BlockMap(6);
        blocks[0] = BlockHash.Of([1]);
        blocks[2] = BlockHash.Of([2]);
        blocks[5] = BlockHash.Of([3]);
        return new("vol-1", "tag", 5L * Pool.Block + 512, DateTimeOffset.UnixEpoch, 77, new FileSignature(1, 2, 3, 4), blocks);
    }
}
