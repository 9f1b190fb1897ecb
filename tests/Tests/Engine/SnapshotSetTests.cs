using Octavo.Engine;

namespace Octavo.Tests.Engine;

/// <summary>Snapshots that begin together: all or none of them, whatever happens, and one instant whoever comes in between.</summary>
public sealed class SnapshotSetTests
{
    static readonly CancellationToken Never = CancellationToken.None;
    static readonly string[] Volumes = ["vol-1", "vol-2", "vol-3"];
    static readonly string[] Snapshots = ["snap-1", "snap-2", "snap-3"];

    [Fact]
    public async Task A_death_of_the_process_at_any_change_leaves_all_of_a_set_or_none_of_it()
    {
        var (from, to, _) = await StoryAsync(new SimulatedDisk());
        (to - from).ShouldBeGreaterThan(10);
        for (var at = from; at <= to; at++)
        {
            var disk = new SimulatedDisk { PowerCutAt = at };
            var (_, _, isAcknowledged) = await StoryAsync(disk);
            await ShouldBeWholeAsync(disk.AfterProcessDeath(), isAcknowledged, $"death at change {at}");
        }
    }

    [Fact]
    public async Task A_power_cut_at_any_change_leaves_all_of_a_set_or_none_of_it()
    {
        var (from, to, _) = await StoryAsync(new SimulatedDisk());
        for (var at = from; at <= to; at++)
            for (var seed = 0; seed < 4; seed++)
            {
                var disk = new SimulatedDisk { PowerCutAt = at };
                var (_, _, isAcknowledged) = await StoryAsync(disk);
                await ShouldBeWholeAsync(disk.AfterPowerCut(seed), isAcknowledged, $"power cut at change {at}, seed {seed}");
            }
    }

    [Fact]
    public async Task A_second_death_while_the_first_is_mended_leaves_all_of_a_set_or_none_of_it()
    {
        var (from, to, _) = await StoryAsync(new SimulatedDisk());
        for (var at = from; at <= to; at += 2)
            for (var again = 1; again < 12; again++)
            {
                var disk = new SimulatedDisk { PowerCutAt = at };
                var (_, _, isAcknowledged) = await StoryAsync(disk);
                var mending = disk.AfterProcessDeath();
                mending.PowerCutAt = again;
                await QuietlyAsync(async () => await (await LiveTests.OpenAsync(mending)).WhenIdleAsync());
                await ShouldBeWholeAsync(mending.AfterPowerCut(again), isAcknowledged, $"death at change {at}, power cut at {again}");
            }
    }

    [Theory]
    [InlineData(".set")]
    [InlineData("snap-1.pending")]
    [InlineData("snap-3.pending")]
    [InlineData("vol-2/kept")]
    public async Task Where_one_cannot_begin_none_does_and_nothing_of_them_stays(string full)
    {
        var disk = new SimulatedDisk();
        var engine = await LiveTests.OpenAsync(disk);
        var devices = await MakeAsync(engine);
        disk.FullPath = full;

        (await Should.ThrowAsync<EngineException>(() => BeginAsync(engine))).Error.ShouldBe(EngineError.NoSpace);

        engine.ListSnapshots().ShouldBeEmpty();
        disk.Files.Where(f => f.StartsWith("snapshots/", StringComparison.Ordinal) && !f.EndsWith(".new", StringComparison.Ordinal)).ShouldBeEmpty();
        disk.FullPath = null;
        (await BeginAsync(engine)).Select(s => s.StartedAt).Distinct().ShouldHaveSingleItem();
        await engine.WhenIdleAsync();
        engine.ListSnapshots().ShouldAllBe(s => s.State == EngineSnapshotState.Completed);
        foreach (var device in devices) device.Dispose();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_volume_that_is_opened_while_a_set_begins_has_the_instant_of_the_others()
    {
        var disk = new SimulatedDisk();
        await using var engine = await LiveTests.OpenAsync(disk);
        foreach (var volume in Volumes) await engine.ImportVolumeAsync(volume, "t", new MemoryStream(new byte[4096]), 4096, null, Never);
        using var second = engine.OpenVolumeDevice("vol-2", isReadOnly: false);
        IBlockDevice? first = null;
        var looks = 0;
        disk.Meanwhile = what =>
        {
            // The image of vol-1 has been fixed, that of vol-3 is being: somebody opens vol-1, writes there, and then to vol-2.
            if (what != "sync volumes/vol-3/data" || ++looks != 2) return;
            Task.Run(() =>
            {
                first = engine.OpenVolumeDevice("vol-1", isReadOnly: false);
                first.Write([1], 0, isDurable: false);
                second.Write([1], 0, isDurable: false);
            }, Never).GetAwaiter().GetResult();
        };

        await BeginAsync(engine);
        disk.Meanwhile = null;
        await engine.WhenIdleAsync();

        looks.ShouldBeGreaterThanOrEqualTo(2);
        LiveTests.ReadAll(engine.OpenSnapshot("snap-1"))[0].ShouldBe((byte)1);
        LiveTests.ReadAll(engine.OpenSnapshot("snap-2"))[0].ShouldBe((byte)1);
        first.ShouldNotBeNull().Dispose();
    }

    /// <summary>A set of two volumes that are written and one that is not. Returns the changes from before it until behind it.</summary>
    static async Task<(int From, int To, bool IsAcknowledged)> StoryAsync(SimulatedDisk disk)
    {
        var (from, to, isAcknowledged) = (0, 0, false);
        await QuietlyAsync(async () =>
        {
            var engine = await LiveTests.OpenAsync(disk);
            await MakeAsync(engine);
            from = disk.Changes + 1;
            await BeginAsync(engine);
            isAcknowledged = true;
            to = disk.Changes;
            await engine.WhenIdleAsync();
        });
        return (from, to, isAcknowledged);
    }

    static async Task<List<IBlockDevice>> MakeAsync(BlockEngine engine)
    {
        foreach (var volume in Volumes)
        {
            var bytes = Pool.Noise(Pool.Block + 512, volume[^1]);
            await engine.ImportVolumeAsync(volume, "t", new MemoryStream(bytes), bytes.Length, null, Never);
        }
        var devices = Volumes[..2].Select(volume => engine.OpenVolumeDevice(volume, isReadOnly: false)).ToList();
        foreach (var device in devices) device.Write(new byte[100], 50, isDurable: true);
        return devices;
    }

    static Task<IReadOnlyList<EngineSnapshot>> BeginAsync(BlockEngine engine) =>
        engine.BeginSnapshotsAsync([.. Snapshots.Zip(Volumes, (snapshot, volume) => new EngineSnapshotRequest(snapshot, "t", volume))], Never);

    static async Task ShouldBeWholeAsync(SimulatedDisk disk, bool isAcknowledged, string when)
    {
        await using var engine = await LiveTests.OpenAsync(disk);
        var found = engine.ListSnapshots().Count;
        if (isAcknowledged) found.ShouldBe(3, when);
        else found.ShouldBeOneOf(0, 3);
        disk.Files.ShouldNotContain(file => file.EndsWith(".set", StringComparison.Ordinal), when);

        (await BeginAsync(engine)).Count.ShouldBe(3, when);
        await engine.WhenIdleAsync();
        engine.ListSnapshots().Count.ShouldBe(3, when);
        foreach (var volume in Volumes) await engine.DeleteVolumeAsync(volume, Never);
        foreach (var snapshot in Snapshots) await engine.DeleteSnapshotAsync(snapshot, Never);
        disk.Files.ShouldBe(["engine.json"], when);
    }

    static async Task QuietlyAsync(Func<Task> story)
    {
        try
        {
            await story();
        }
        catch (PowerCutException)
        {
            // What was acknowledged before it was noted.
        }
    }
}
