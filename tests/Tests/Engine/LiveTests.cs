using Octavo.Engine;

namespace Octavo.Tests.Engine;

/// <summary>A volume that is written, trimmed, grown and read through devices while snapshots of it begin, complete, fail and are deleted; beside a model in memory.</summary>
public sealed class LiveTests
{
    static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task A_device_reads_what_was_written_and_refuses_what_lies_outside()
    {
        await using var pool = await Pool.NewAsync();
        var id = await pool.VolumeAsync(new byte[2 * Pool.Block + 512]);
        using var device = pool.Engine.OpenVolumeDevice(id, isReadOnly: false);
        using var other = pool.Engine.OpenVolumeDevice(id, isReadOnly: true);
        var bytes = Pool.Noise(Pool.Block + 1000, 1);

        device.Write(bytes, Pool.Block - 500, isDurable: true);

        Read(other, Pool.Block - 500, bytes.Length).ShouldBe(bytes);
        device.WriteZeroes(Pool.Block, 4096, mayFree: true, isDurable: false);
        Read(other, Pool.Block, 4096).ShouldAllBe(b => b == 0);
        Should.Throw<EngineException>(() => other.Write(bytes, 0, false)).Error.ShouldBe(EngineError.Conflict);
        Should.Throw<EngineException>(() => device.Write(bytes, 2 * Pool.Block, false)).Error.ShouldBe(EngineError.Invalid);
        Should.Throw<EngineException>(() => device.Trim(-1, 1, false)).Error.ShouldBe(EngineError.Invalid);
    }

    [Fact]
    public async Task An_attached_volume_is_in_use_and_is_not_deleted()
    {
        await using var pool = await Pool.NewAsync();
        var id = await pool.VolumeAsync(new byte[4096]);
        using (pool.Engine.OpenVolumeDevice(id, isReadOnly: false))
        {
            pool.Engine.FindVolume(id)!.State.ShouldBe(EngineVolumeState.InUse);
            (await Should.ThrowAsync<EngineException>(() => pool.Engine.DeleteVolumeAsync(id, Never))).Message.ShouldContain("attached");
        }
        pool.Engine.FindVolume(id)!.State.ShouldBe(EngineVolumeState.Available);
        await pool.Engine.DeleteVolumeAsync(id, Never);
        await pool.ShouldBeCleanAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Snapshots_that_overlap_and_are_deleted_in_any_order_have_the_bytes_of_their_instants(int seed)
    {
        await using var pool = await Pool.NewAsync();
        var chance = Chance(seed);
        var size = 20 * Pool.Block + 4096;
        var model = Pool.Noise(size, seed);
        var id = await pool.VolumeAsync(model);
        var device = pool.Engine.OpenVolumeDevice(id, isReadOnly: false);
        var taken = new Dictionary<string, byte[]>();
        for (var step = 0; step < 400; step++)
        {
            switch (chance.Next(40))
            {
                case 0 or 1 or 2:
                    var snapshot = pool.NewSnapshotId();
                    await pool.Engine.BeginSnapshotAsync(snapshot, "t", id, Never);
                    taken.Add(snapshot, (byte[])model.Clone());
                    break;
                case 3 or 4 when taken.Count > 0:
                    var gone = taken.Keys.ElementAt(chance.Next(taken.Count));
                    await pool.Engine.DeleteSnapshotAsync(gone, Never);
                    taken.Remove(gone);
                    break;
                case 5 when taken.Count > 3:
                    await pool.Engine.WhenIdleAsync();
                    break;
                case 6:
                    // Detached and attached: what changed is written down and read again.
                    device.Dispose();
                    device = pool.Engine.OpenVolumeDevice(id, isReadOnly: false);
                    break;
                case 7:
                    device.Dispose();
                    await pool.ReopenAsync();
                    device = pool.Engine.OpenVolumeDevice(id, isReadOnly: false);
                    break;
                case 8 when model.Length < 30 * Pool.Block:
                    Array.Resize(ref model, model.Length + 512 * chance.Next(1, 1200));
                    await pool.Engine.GrowVolumeAsync(id, model.Length, Never);
                    device.SizeBytes.ShouldBe(model.Length);
                    break;
                default:
                    Change(device, model, chance);
                    break;
            }
        }

        Read(device, 0, model.Length).ShouldBe(model);
        device.Dispose();
        await pool.Engine.WhenIdleAsync();
        foreach (var (snapshot, bytes) in taken) ShouldHave(pool, snapshot, bytes);
        pool.BytesOfVolume(id).ShouldBe(model);
        await pool.ShouldBeCleanAsync();
        Directory.EnumerateFiles(Path.Combine(pool.Folder, "volumes", id)).ShouldNotContain(f => f.Contains("kept.", StringComparison.Ordinal));
        foreach (var snapshot in taken.Keys) await pool.Engine.DeleteSnapshotAsync(snapshot, Never);
        pool.StoredBytes().ShouldBe(0);
    }

    [Fact]
    public async Task Volumes_that_are_snapshotted_together_have_one_instant_between_the_writes_of_everybody()
    {
        // Each writer stamps a block of one volume, then the same block of the other one, and so on upwards: at any instant the first is level or one ahead.
        const int Writers = 4, Rounds = 40;
        await using var pool = await Pool.NewAsync();
        var ids = new[] { await pool.VolumeAsync(Pool.Noise(Writers * Pool.Block, 1)), await pool.VolumeAsync(Pool.Noise(Writers * Pool.Block, 2)) };
        using var first = pool.Engine.OpenVolumeDevice(ids[0], isReadOnly: false);
        using var second = pool.Engine.OpenVolumeDevice(ids[1], isReadOnly: false);
        for (var writer = 0; writer < Writers; writer++)
            foreach (var device in new[] { first, second })
                device.Write(Stamp(0), (long)writer * Pool.Block, isDurable: false);
        var acknowledged = new long[Writers];
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Factory.StartNew(() =>
        {
            for (var stamp = 1L; !stop.IsCancellationRequested; stamp++)
            {
                first.Write(Stamp(stamp), (long)writer * Pool.Block, isDurable: false);
                second.Write(Stamp(stamp), (long)writer * Pool.Block, isDurable: false);
                Volatile.Write(ref acknowledged[writer], stamp);
            }
        }, TaskCreationOptions.LongRunning)).ToArray();

        var pairs = new List<(string First, string Second, long[] Before, long[] After)>();
        for (var round = 0; round < Rounds; round++)
        {
            var pair = (First: pool.NewSnapshotId(), Second: pool.NewSnapshotId());
            var before = Look(acknowledged);
            await pool.Engine.BeginSnapshotsAsync(
                [new EngineSnapshotRequest(pair.First, "t", ids[0]), new EngineSnapshotRequest(pair.Second, "t", ids[1])], Never);
            pairs.Add((pair.First, pair.Second, before, Look(acknowledged)));
            if (round % 8 == 7) await pool.Engine.WhenIdleAsync();
        }
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await pool.Engine.WhenIdleAsync();

        foreach (var pair in pairs)
        {
            var (one, two) = (pool.BytesOfSnapshot(pair.First), pool.BytesOfSnapshot(pair.Second));
            for (var writer = 0; writer < Writers; writer++)
            {
                var (a, b) = (StampIn(one, writer * Pool.Block), StampIn(two, writer * Pool.Block));
                (a - b).ShouldBeInRange(0, 1);
                // Nothing that was acknowledged before the call is lacking, nothing that began after it is there.
                b.ShouldBeInRange(pair.Before[writer], pair.After[writer] + 1);
            }
        }
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task Concurrent_writers_and_snapshots_lose_and_invent_nothing()
    {
        // Every page of every block has a stamp that its writer counts up; pages are written in an order by chance.
        const int Blocks = 24, Pages = 8, Writers = 3;
        var rounds = Environment.GetEnvironmentVariable("OCTAVO_TEST_LONG") is null ? 25 : 500;
        await using var pool = await Pool.NewAsync();
        var id = await pool.VolumeAsync(new byte[Blocks * Pool.Block]);
        using var device = pool.Engine.OpenVolumeDevice(id, isReadOnly: false);
        var begun = new long[Blocks * Pages];
        var acknowledged = new long[Blocks * Pages];
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Factory.StartNew(() =>
        {
            var chance = Chance(writer);
            while (!stop.IsCancellationRequested)
            {
                var page = chance.Next(Blocks * Pages / Writers) * Writers + writer;
                var stamp = begun[page] + 1;
                Volatile.Write(ref begun[page], stamp);
                device.Write(Stamp(stamp), Offset(page), isDurable: false);
                Volatile.Write(ref acknowledged[page], stamp);
            }
        }, TaskCreationOptions.LongRunning)).ToArray();

        var taken = new List<(string Id, long[] Before, long[] After)>();
        for (var round = 0; round < rounds; round++)
        {
            var snapshot = pool.NewSnapshotId();
            var before = Look(acknowledged);
            await pool.Engine.BeginSnapshotAsync(snapshot, "t", id, Never);
            taken.Add((snapshot, before, Look(begun)));
            if (round % 5 == 2) await pool.Engine.DeleteSnapshotAsync(taken[^2].Id, Never);
            if (round % 5 == 2) taken.RemoveAt(taken.Count - 2);
            if (round % 5 == 4) await pool.Engine.WhenIdleAsync();
        }
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await pool.Engine.WhenIdleAsync();

        var last = new long[Blocks * Pages];
        foreach (var (snapshot, before, after) in taken)
        {
            var bytes = pool.BytesOfSnapshot(snapshot);
            for (var page = 0; page < Blocks * Pages; page++)
            {
                var stamp = StampIn(bytes, (int)Offset(page));
                stamp.ShouldBeInRange(Math.Max(before[page], last[page]), after[page]);
                last[page] = stamp;
            }
        }
        await pool.ShouldBeCleanAsync();

        static long Offset(int page) => (long)(page / Pages) * Pool.Block + page % Pages * (Pool.Block / Pages);
    }

    [Fact]
    public async Task The_next_snapshot_reads_only_what_changed_also_after_the_volume_was_let_go_of()
    {
        var disk = new SimulatedDisk();
        await using var engine = await OpenAsync(disk);
        var model = Pool.Noise(6 * Pool.Block, 1);
        await engine.ImportVolumeAsync("vol-1", "t", new MemoryStream(model), model.Length, null, Never);
        var device = engine.OpenVolumeDevice("vol-1", isReadOnly: false);
        await engine.BeginSnapshotAsync("snap-1", "t", "vol-1", Never);
        await engine.WhenIdleAsync();
        Write(device, model, Pool.Noise(100, 2), 2 * Pool.Block);
        device.Dispose();
        device = engine.OpenVolumeDevice("vol-1", isReadOnly: false);
        Write(device, model, Pool.Noise(100, 3), 4 * Pool.Block);
        var reads = disk.BytesRead("volumes/vol-1/data");

        await engine.BeginSnapshotAsync("snap-2", "t", "vol-1", Never);
        await engine.WhenIdleAsync();

        (disk.BytesRead("volumes/vol-1/data") - reads).ShouldBe(2 * Pool.Block);
        ReadAll(engine.OpenSnapshot("snap-2")).ShouldBe(model);
        device.Dispose();
        disk.Files.ShouldContain("volumes/vol-1/changed");
    }

    [Fact]
    public async Task An_image_that_another_program_wrote_to_is_read_anew()
    {
        await using var pool = await Pool.NewAsync();
        var model = Pool.Noise(4 * Pool.Block, 1);
        var id = await pool.VolumeAsync(model);
        using (var device = pool.Engine.OpenVolumeDevice(id, isReadOnly: false))
        {
            await pool.SnapshotAsync(id);
            Write(device, model, [1], 0);
        }
        model[3 * Pool.Block] ^= 1;
        pool.Write(id, 3 * Pool.Block, [model[3 * Pool.Block]]);

        using (pool.Engine.OpenVolumeDevice(id, isReadOnly: false))
            ShouldHave(pool, (await pool.SnapshotAsync(id)).Id, model);
    }

    [Fact]
    public async Task A_snapshot_that_began_before_the_volume_was_attached_survives_what_is_written_then()
    {
        await using var pool = await Pool.NewAsync();
        var model = Pool.Noise(80 * Pool.Block, 1);
        var id = await pool.VolumeAsync(model);
        var snapshot = pool.NewSnapshotId();

        await pool.Engine.BeginSnapshotAsync(snapshot, "t", id, Never);
        using (var device = pool.Engine.OpenVolumeDevice(id, isReadOnly: false))
            for (var block = 79; block >= 0; block--) device.Write(Pool.Noise(4096, block + 2), (long)block * Pool.Block, isDurable: false);
        await pool.Engine.WhenIdleAsync();

        ShouldHave(pool, snapshot, model);
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_full_disk_fails_the_snapshot_and_never_the_writer()
    {
        var disk = new SimulatedDisk();
        await using var engine = await OpenAsync(disk);
        // More blocks than a copy has workers: it cannot have read all of them before it waits.
        const int Blocks = 9;
        var model = Pool.Noise(Blocks * Pool.Block, 1);
        await engine.ImportVolumeAsync("vol-1", "t", new MemoryStream(model), model.Length, null, Never);
        using var device = engine.OpenVolumeDevice("vol-1", isReadOnly: false);
        using var isWritten = new ManualResetEventSlim();
        // The copy waits until the writer was there.
        disk.Meanwhile = what =>
        {
            if (what == "write segments/00000001") isWritten.Wait(Never);
        };
        await engine.BeginSnapshotAsync("snap-1", "t", "vol-1", Never);
        await engine.BeginSnapshotAsync("snap-2", "t", "vol-1", Never);

        disk.FullPath = "kept";
        for (var block = 0; block < Blocks; block++) Write(device, model, [1, 2, 3], block * Pool.Block);
        disk.FullPath = null;
        isWritten.Set();
        await engine.WhenIdleAsync();

        Read(device, 0, model.Length).ShouldBe(model);
        foreach (var id in new[] { "snap-1", "snap-2" })
        {
            engine.FindSnapshot(id)!.State.ShouldBe(EngineSnapshotState.Error);
            engine.FindSnapshot(id)!.Reason!.ShouldContain("could not be kept");
        }
        await engine.BeginSnapshotAsync("snap-3", "t", "vol-1", Never);
        await engine.WhenIdleAsync();
        ReadAll(engine.OpenSnapshot("snap-3")).ShouldBe(model);
    }

    [Fact]
    public async Task A_snapshot_as_a_device_stays_good_while_it_is_deleted()
    {
        await using var pool = await Pool.NewAsync();
        byte[] model = [.. Pool.Noise(Pool.Block, 1), .. new byte[Pool.Block], .. Pool.Noise(1024, 2)];
        var snapshot = (await pool.SnapshotAsync(await pool.VolumeAsync(model))).Id;
        using (var device = pool.Engine.OpenSnapshotDevice(snapshot))
        {
            await pool.Engine.DeleteSnapshotAsync(snapshot, Never);

            device.IsReadOnly.ShouldBeTrue();
            Read(device, 0, model.Length).ShouldBe(model);
            var extents = new BlockExtent[8];
            device.Extents(0, model.Length, extents).ShouldBe(3);
            extents[1].ShouldBe(new BlockExtent(Pool.Block, true));
            device.TryRead(new byte[100], model.Length - 100).ShouldBeTrue();
            Should.Throw<EngineException>(() => device.Write([1], 0, false)).Error.ShouldBe(EngineError.Conflict);
        }
        pool.StoredBytes().ShouldBe(0);
    }

    [Fact]
    public async Task A_volume_grows_while_it_is_attached_and_never_shrinks()
    {
        await using var pool = await Pool.NewAsync();
        var model = Pool.Noise(Pool.Block + 512, 1);
        var id = await pool.VolumeAsync(model);
        using var device = pool.Engine.OpenVolumeDevice(id, isReadOnly: false);
        var before = await pool.SnapshotAsync(id);

        (await pool.Engine.GrowVolumeAsync(id, 3 * Pool.Block, Never)).SizeBytes.ShouldBe(3 * Pool.Block);
        await pool.Engine.GrowVolumeAsync(id, 3 * Pool.Block, Never);
        device.SizeBytes.ShouldBe(3 * Pool.Block);
        Array.Resize(ref model, 3 * Pool.Block);
        Write(device, model, [7, 8], 3 * Pool.Block - 2);

        ShouldHave(pool, (await pool.SnapshotAsync(id)).Id, model);
        ShouldHave(pool, before.Id, model[..(Pool.Block + 512)]);
        (await Should.ThrowAsync<EngineException>(() => pool.Engine.GrowVolumeAsync(id, 512, Never))).Error.ShouldBe(EngineError.Invalid);
    }

    internal static void Change(IBlockDevice device, byte[] model, Random chance)
    {
        var offset = chance.Next(model.Length);
        var length = Math.Min(model.Length - offset, chance.Next(8) == 0 ? chance.Next(1, 2 * Pool.Block) : chance.Next(1, 9000));
        switch (chance.Next(6))
        {
            case 0:
                device.WriteZeroes(offset, length, mayFree: chance.Next(2) == 0, isDurable: chance.Next(4) == 0);
                model.AsSpan(offset, length).Clear();
                break;
            case 1:
                device.Trim(offset, length, isDurable: false);
                model.AsSpan(offset, length).Clear();
                break;
            case 2:
                Read(device, offset, length).ShouldBe(model.AsSpan(offset, length).ToArray());
                break;
            default:
                Write(device, model, Pool.Noise(length, chance.Next()), offset);
                break;
        }
    }

    internal static void Write(IBlockDevice device, byte[] model, byte[] bytes, int offset)
    {
        device.Write(bytes, offset, isDurable: false);
        bytes.CopyTo(model, offset);
    }

    internal static byte[] Read(IBlockDevice device, long offset, int length)
    {
        var bytes = new byte[length];
        if (!device.TryRead(bytes, offset)) device.Read(bytes, offset);
        return bytes;
    }

    internal static byte[] ReadAll(Stream stream)
    {
        using (stream)
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
    }

    internal static Task<BlockEngine> OpenAsync(SimulatedDisk disk) => BlockEngine.OpenAsync(disk, new EngineOptions(TimeProvider.System), Never);

    internal static Random Chance(int seed)
    {
#pragma warning disable RS0030 // A named seed, as the ban asks.
        return new Random(seed);
#pragma warning restore RS0030
    }

    static void ShouldHave(Pool pool, string snapshot, byte[] bytes)
    {
        pool.Engine.FindSnapshot(snapshot)!.Reason.ShouldBeNull();
        pool.BytesOfSnapshot(snapshot).AsSpan().SequenceEqual(bytes).ShouldBeTrue(snapshot);
    }

    static byte[] Stamp(long stamp)
    {
        var bytes = new byte[4096];
        BitConverter.TryWriteBytes(bytes, stamp);
        BitConverter.TryWriteBytes(bytes.AsSpan(4088), stamp);
        return bytes;
    }

    static long StampIn(byte[] bytes, int offset)
    {
        var stamp = BitConverter.ToInt64(bytes, offset);
        BitConverter.ToInt64(bytes, offset + 4088).ShouldBe(stamp, "A write is there by half.");
        return stamp;
    }

    static long[] Look(long[] counters) => [.. Enumerable.Range(0, counters.Length).Select(i => Volatile.Read(ref counters[i]))];
}
