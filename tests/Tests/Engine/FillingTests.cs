using System.Collections.Concurrent;
using System.Diagnostics;
using Octavo.Engine;

namespace Octavo.Tests.Engine;

/// <summary>A volume made from a snapshot is whole for whoever uses it at once, however little of it is in its image.</summary>
public sealed class FillingTests
{
    const string Source = "vol-1", Restored = "vol-2";
    static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task Everything_can_be_done_with_a_volume_that_is_still_being_filled()
    {
        var disk = new SimulatedDisk();
        await using var engine = await LiveTests.OpenAsync(disk);
        var model = await SourceAsync(engine, 9);
        using var mayFill = new ManualResetEventSlim();
        HoldFilling(disk, mayFill);
        await engine.RestoreVolumeAsync(Restored, "r", "snap-1", null, Never);

        var volume = engine.FindVolume(Restored)!;
        volume.State.ShouldBe(EngineVolumeState.Available);
        volume.HydratedFraction.ShouldBeLessThan(1);
        using (var device = engine.OpenVolumeDevice(Restored, isReadOnly: false))
        {
            device.TryRead(new byte[10], 4 * Pool.Block).ShouldBeFalse();
            LiveTests.Read(device, 4 * Pool.Block + 5, 5000).ShouldBe(model.AsSpan(4 * Pool.Block + 5, 5000).ToArray());
            LiveTests.Write(device, model, Pool.Noise(100, 2), 5 * Pool.Block + 7);
            LiveTests.Write(device, model, Pool.Noise(Pool.Block, 3), 6 * Pool.Block);
            device.Trim(7 * Pool.Block, Pool.Block, isDurable: false);
            model.AsSpan(7 * Pool.Block, Pool.Block).Clear();
            var extents = new BlockExtent[10];
            device.Extents(0, model.Length, extents).ShouldBe(3);
            extents[1].ShouldBe(new BlockExtent(Pool.Block, true));
            await engine.BeginSnapshotAsync("snap-2", "t", Restored, Never);
            var instant = (byte[])model.Clone();
            LiveTests.Write(device, model, Pool.Noise(Pool.Block, 4), 8 * Pool.Block);
            (await Should.ThrowAsync<EngineException>(() => engine.DeleteSnapshotAsync("snap-1", Never))).Error.ShouldBe(EngineError.Busy);
            mayFill.Set();
            await engine.WhenIdleAsync();
            LiveTests.ReadAll(engine.OpenSnapshot("snap-2")).ShouldBe(instant);
        }
        engine.FindVolume(Restored)!.HydratedFraction.ShouldBe(1);
        disk.Files.ShouldNotContain($"volumes/{Restored}/filling");
        LiveTests.ReadAll(engine.OpenVolume(Restored)).ShouldBe(model);
        await engine.DeleteSnapshotAsync("snap-1", Never);
        (await engine.CheckAsync(repair: false, null, Never)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_written_while_it_was_filled_is_there_after_a_death_and_after_a_flush_and_a_power_cut()
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var disk = new SimulatedDisk();
            var engine = await LiveTests.OpenAsync(disk);
            var model = await SourceAsync(engine, 6);
            using var mayFill = new ManualResetEventSlim();
            HoldFilling(disk, mayFill);
            await engine.RestoreVolumeAsync(Restored, "r", "snap-1", null, Never);
            var device = engine.OpenVolumeDevice(Restored, isReadOnly: false);
            LiveTests.Write(device, model, Pool.Noise(100, 2), 3 * Pool.Block + 7);
            LiveTests.Write(device, model, Pool.Noise(Pool.Block, 3), 4 * Pool.Block);
            LiveTests.Read(device, 5 * Pool.Block, 100);
            if (seed > 0) device.Flush();

            var after = seed == 0 ? disk.AfterProcessDeath() : disk.AfterPowerCut(seed);
            mayFill.Set();
            await using var next = await LiveTests.OpenAsync(after);

            LiveTests.ReadAll(next.OpenVolume(Restored)).ShouldBe(model);
            await next.WhenIdleAsync();
            LiveTests.ReadAll(next.OpenVolume(Restored)).ShouldBe(model);
            (await next.CheckAsync(repair: false, null, Never)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_damaged_block_is_named_and_never_read_as_zeros()
    {
        var disk = new SimulatedDisk();
        await using var engine = await LiveTests.OpenAsync(disk);
        await SourceAsync(engine, 4);
        using var mayFill = new ManualResetEventSlim();
        HoldFilling(disk, mayFill);
        await engine.RestoreVolumeAsync(Restored, "r", "snap-1", null, Never);
        using var device = engine.OpenVolumeDevice(Restored, isReadOnly: false);

        disk.UnreadablePath = "segments/";
        var failure = Should.Throw<EngineException>(() => device.Read(new byte[10], 3 * Pool.Block + 1));
        disk.UnreadablePath = null;
        mayFill.Set();

        failure.Message.ShouldContain($"byte {3 * Pool.Block}");
    }

    [Fact]
    public async Task A_larger_volume_reads_zeros_behind_the_snapshot_and_its_snapshot_too()
    {
        await using var pool = await Pool.NewAsync();
        var model = Pool.Noise(2 * Pool.Block + 512, 1);
        var snapshot = await pool.SnapshotAsync(await pool.VolumeAsync(model));
        var id = pool.NewVolumeId();
        Array.Resize(ref model, 4 * Pool.Block);

        await pool.Engine.RestoreVolumeAsync(id, "r", snapshot.Id, model.Length, Never);
        using (var device = pool.Engine.OpenVolumeDevice(id, isReadOnly: false))
        {
            LiveTests.Read(device, 0, model.Length).ShouldBe(model);
            LiveTests.Write(device, model, [5], 2 * Pool.Block + 600);
            pool.BytesOfSnapshot((await pool.SnapshotAsync(id)).Id).ShouldBe(model);
        }
        pool.BytesOfVolume(id).ShouldBe(model);
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task Copying_and_filling_leave_the_pools_threads_to_those_who_wait_for_an_answer()
    {
        var disk = new SimulatedDisk();
        await using var engine = await LiveTests.OpenAsync(disk);
        var ofThePool = new ConcurrentQueue<(string What, bool IsOfThePool)>();
        disk.Meanwhile = what =>
        {
            if (what.StartsWith("write segments/", StringComparison.Ordinal) || what == $"write volumes/{Restored}/data")
                ofThePool.Enqueue((what, Thread.CurrentThread.IsThreadPoolThread));
        };

        await SourceAsync(engine, 9);
        var copied = ofThePool.Count;
        await engine.RestoreVolumeAsync(Restored, "r", "snap-1", null, Never);
        await engine.WhenIdleAsync();

        copied.ShouldBeGreaterThanOrEqualTo(9);
        ofThePool.Count.ShouldBeGreaterThanOrEqualTo(copied + 9);
        ofThePool.ShouldAllBe(write => !write.IsOfThePool);
    }

    static async Task<byte[]> SourceAsync(BlockEngine engine, int blocks)
    {
        var model = Pool.Noise(blocks * Pool.Block, 1);
        await engine.ImportVolumeAsync(Source, "t", new MemoryStream(model), model.Length, null, Never);
        await engine.BeginSnapshotAsync("snap-1", "t", Source, Never);
        await engine.WhenIdleAsync();
        return model;
    }

    /// <summary>What is filled in the background waits; who asks for a block does not.</summary>
    static void HoldFilling(SimulatedDisk disk, ManualResetEventSlim mayFill) => disk.Meanwhile = what =>
    {
        if (what == $"write volumes/{Restored}/data" && IsInTheBackground()) mayFill.Wait(Never);
    };

    static bool IsInTheBackground() => new StackTrace().GetFrames().Any(f => f.GetMethod() is { Name: "Fill" } method && method.DeclaringType == typeof(BlockEngine));
}
