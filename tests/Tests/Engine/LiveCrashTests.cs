using Octavo.Engine;

namespace Octavo.Tests.Engine;

/// <summary>
/// A story of an attached volume on a simulated disk, with the end of the process or of the power at its changes. After each: a snapshot that is completed has exactly the
/// bytes of its instant, what was flushed is there, and after a mere death of the process nothing at all is lost.
/// </summary>
public sealed class LiveCrashTests
{
    const string Volume = "vol-1", Restored = "vol-2";
    static readonly CancellationToken Never = CancellationToken.None;
    static readonly bool IsLong = Environment.GetEnvironmentVariable("OCTAVO_TEST_LONG") is not null;
    static readonly int Step = IsLong ? 1 : 5;

    [Fact]
    public async Task A_death_of_the_process_at_any_change_loses_nothing_that_was_acknowledged()
    {
        var all = await StoryAsync(new SimulatedDisk(), new Story());
        all.ShouldBeGreaterThan(100);
        for (var at = 1; at <= all; at += Step)
        {
            var disk = new SimulatedDisk { PowerCutAt = at };
            var story = new Story();
            await StoryAsync(disk, story);
            await ShouldBeTrueAsync(disk.AfterProcessDeath(), story, isPowerCut: false, $"death at change {at}");
        }
    }

    [Fact]
    public async Task A_power_cut_at_any_change_loses_nothing_that_was_flushed_and_completes_no_wrong_snapshot()
    {
        var all = await StoryAsync(new SimulatedDisk(), new Story());
        for (var at = 3; at <= all; at += Step)
            for (var seed = 0; seed < (IsLong ? 10 : 1); seed++)
            {
                var disk = new SimulatedDisk { PowerCutAt = at };
                var story = new Story();
                await StoryAsync(disk, story);
                await ShouldBeTrueAsync(disk.AfterPowerCut(seed + at), story, isPowerCut: true, $"power cut at change {at}, seed {seed + at}");
            }
    }

    [Fact]
    public async Task A_power_cut_after_a_death_of_the_process_completes_no_wrong_snapshot_either()
    {
        var all = await StoryAsync(new SimulatedDisk(), new Story());
        for (var at = 2; at <= all; at += 3 * Step)
        {
            var disk = new SimulatedDisk { PowerCutAt = at };
            var story = new Story();
            await StoryAsync(disk, story);
            for (var again = 1; again < 60; again += 13)
            {
                var mending = disk.AfterProcessDeath();
                mending.PowerCutAt = again;
                await QuietlyAsync(async () => await (await LiveTests.OpenAsync(mending)).WhenIdleAsync());
                await ShouldBeTrueAsync(mending.AfterPowerCut(again), story, isPowerCut: true, $"death at {at}, power cut at {again}");
            }
        }
    }

    [Fact]
    public async Task A_snapshot_that_is_pending_when_the_engine_is_closed_goes_on_after_the_machine_was_started_anew()
    {
        var (disk, model) = await ClosedWhilePendingAsync();
        for (var seed = 0; seed < 4; seed++)
        {
            await using var engine = await LiveTests.OpenAsync(disk.AfterPowerCut(seed));
            await engine.WhenIdleAsync();

            engine.FindSnapshot("snap-1")!.Reason.ShouldBeNull();
            LiveTests.ReadAll(engine.OpenSnapshot("snap-1")).ShouldBe(model);
            (await engine.CheckAsync(repair: false, null, Never)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_snapshot_that_is_pending_when_the_engine_is_closed_is_an_error_if_another_program_wrote_and_the_machine_was_started_anew()
    {
        var (disk, _) = await ClosedWhilePendingAsync();
        using (var image = disk.OpenWrite($"volumes/{Volume}/data"))
        {
            image.Write([1, 2, 3], 5);
            image.Sync();
        }

        await using var engine = await LiveTests.OpenAsync(disk.AfterPowerCut(1));
        await engine.WhenIdleAsync();

        engine.FindSnapshot("snap-1")!.State.ShouldBe(EngineSnapshotState.Error);
        engine.FindSnapshot("snap-1")!.Reason!.ShouldContain("its instant is gone");
    }

    static async Task<(SimulatedDisk, byte[])> ClosedWhilePendingAsync()
    {
        var disk = new SimulatedDisk();
        // More blocks than a copy has workers: each of them looks, before its second one, whether the engine is being closed.
        var model = Pool.Noise(9 * Pool.Block, 1);
        var engine = await LiveTests.OpenAsync(disk);
        await engine.ImportVolumeAsync(Volume, "t", new MemoryStream(model), model.Length, null, Never);
        using var isClosing = new ManualResetEventSlim();
        disk.Meanwhile = what =>
        {
            if (what.StartsWith("write segments", StringComparison.Ordinal)) isClosing.Wait(Never);
        };
        var device = engine.OpenVolumeDevice(Volume, isReadOnly: false);
        await engine.BeginSnapshotAsync("snap-1", "t", Volume, Never);
        device.Write([9, 9, 9], 100, isDurable: false);
        device.Dispose();
        var closed = engine.DisposeAsync();
        isClosing.Set();
        await closed;
        disk.Meanwhile = null;
        disk.Files.ShouldContain("snapshots/snap-1.pending");
        return (disk, model);
    }

    /// <summary>Runs the story to its end or the disaster; notes what was acknowledged. Returns the number of changes.</summary>
    static async Task<int> StoryAsync(SimulatedDisk disk, Story story)
    {
        await QuietlyAsync(async () =>
        {
            var engine = await LiveTests.OpenAsync(disk);
            var original = Pool.Noise(2 * Pool.Block + 1024, 1);
            await engine.ImportVolumeAsync(Volume, "t", new MemoryStream(original), original.Length, null, Never);
            story.Of(Volume, original);
            var device = engine.OpenVolumeDevice(Volume, isReadOnly: false);
            story.Write(Volume, device, 100, 5000, 2);
            await SnapshotAsync("snap-1", Volume);
            story.Write(Volume, device, 200, 3000, 3);
            story.Write(Volume, device, Pool.Block - 100, 6000, 4);
            await SnapshotAsync("snap-2", Volume);
            story.Write(Volume, device, 150, 700, 5);
            story.Flush(Volume, device);
            story.Write(Volume, device, 2 * Pool.Block + 10, 900, 6);
            await EndAsync();
            device.Dispose();
            device = engine.OpenVolumeDevice(Volume, isReadOnly: false);
            story.Write(Volume, device, Pool.Block + 77, 400, 7);
            await SnapshotAsync("snap-3", Volume);
            await EndAsync();

            await engine.RestoreVolumeAsync(Restored, "t", "snap-2", null, Never);
            story.Of(Restored, story.Snapshots["snap-2"]);
            var clone = engine.OpenVolumeDevice(Restored, isReadOnly: false);
            story.Write(Restored, clone, Pool.Block + 5, 300, 8);
            story.Flush(Restored, clone);
            story.Write(Restored, clone, 0, Pool.Block, 9);
            await SnapshotAsync("snap-4", Restored);
            story.Write(Restored, clone, 3, 300, 10);
            await EndAsync();

            await SnapshotAsync("snap-5", Volume);
            story.Write(Volume, device, 1000, 50, 11);
            story.Deleted.Add("snap-5");
            await engine.DeleteSnapshotAsync("snap-5", Never);
            var size = 3 * Pool.Block;
            story.Grow(Volume, size);
            await engine.GrowVolumeAsync(Volume, size, Never);
            story.Write(Volume, device, size - 100, 100, 12);
            clone.Dispose();
            device.Dispose();
            await engine.DisposeAsync();

            async Task SnapshotAsync(string id, string volume)
            {
                await engine.BeginSnapshotAsync(id, "t", volume, Never);
                story.Snapshots.Add(id, story.Now(volume));
            }

            async Task EndAsync()
            {
                await engine.WhenIdleAsync();
                foreach (var snapshot in engine.ListSnapshots()) snapshot.State.ShouldBe(EngineSnapshotState.Completed, snapshot.Reason);
                story.Completed.UnionWith(engine.ListSnapshots().Select(s => s.Id));
            }
        });
        return disk.Changes;
    }

    static async Task ShouldBeTrueAsync(SimulatedDisk disk, Story story, bool isPowerCut, string when)
    {
        await using var engine = await LiveTests.OpenAsync(disk);
        await engine.WhenIdleAsync();

        foreach (var (id, bytes) in story.Snapshots)
        {
            var found = engine.FindSnapshot(id);
            if (story.Deleted.Contains(id) && found is null) continue;
            found.ShouldNotBeNull(when);
            if (!isPowerCut || story.Completed.Contains(id)) found.State.ShouldBe(EngineSnapshotState.Completed, $"{when}: {id}: {found.Reason}");
            if (found.State == EngineSnapshotState.Completed)
                LiveTests.ReadAll(engine.OpenSnapshot(id)).AsSpan().SequenceEqual(bytes).ShouldBeTrue($"{when}: {id}");
            else found.Reason!.ShouldContain("instant is gone", Case.Sensitive, when);
        }
        foreach (var volume in story.Volumes)
        {
            engine.FindVolume(volume)!.State.ShouldBe(EngineVolumeState.Available, when);
            story.ShouldHave(volume, LiveTests.ReadAll(engine.OpenVolume(volume)), isPowerCut, when);

            // And on it goes.
            using var device = engine.OpenVolumeDevice(volume, isReadOnly: false);
            device.Write([1, 2, 3, 4], 512, isDurable: false);
            await engine.BeginSnapshotAsync("snap-a" + volume[4..], "t", volume, Never);
            var bytes = LiveTests.Read(device, 0, (int)device.SizeBytes);
            device.Write(new byte[Pool.Block], 0, isDurable: false);
            await engine.WhenIdleAsync();
            engine.FindSnapshot("snap-a" + volume[4..])!.State.ShouldBe(EngineSnapshotState.Completed, when);
            LiveTests.ReadAll(engine.OpenSnapshot("snap-a" + volume[4..])).AsSpan().SequenceEqual(bytes).ShouldBeTrue(when);
        }

        foreach (var finding in await engine.CheckAsync(repair: false, null, Never)) finding.Kind.ShouldBe("unfinished-volume", $"{when}: {finding}");
        foreach (var volume in engine.ListVolumes()) await engine.DeleteVolumeAsync(volume.Id, Never);
        foreach (var snapshot in engine.ListSnapshots()) await engine.DeleteSnapshotAsync(snapshot.Id, Never);
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
            // What was acknowledged before it is in the story.
        }
    }

    sealed class Story
    {
        /// <summary>What each volume may hold: as it was flushed, and after each write since; the last may be in flight.</summary>
        readonly Dictionary<string, List<byte[]>> states = [];
        bool isInFlight;

        public Dictionary<string, byte[]> Snapshots { get; } = [];

        public HashSet<string> Completed { get; } = [];

        public HashSet<string> Deleted { get; } = [];

        public IEnumerable<string> Volumes => states.Keys;

        public byte[] Now(string volume) => states[volume][^1];

        public void Of(string volume, byte[] content) => states[volume] = [content];

        public void Write(string volume, IBlockDevice device, int offset, int length, int seed)
        {
            var bytes = Pool.Noise(length, seed);
            var next = (byte[])Now(volume).Clone();
            bytes.CopyTo(next, offset);
            states[volume].Add(next);
            isInFlight = true;
            device.Write(bytes, offset, isDurable: false);
            isInFlight = false;
        }

        public void Flush(string volume, IBlockDevice device)
        {
            device.Flush();
            states[volume] = [Now(volume)];
        }

        public void Grow(string volume, int size)
        {
            var larger = Now(volume);
            Array.Resize(ref larger, size);
            states[volume].Add(larger);
        }

        public void ShouldHave(string volume, byte[] bytes, bool isPowerCut, string when)
        {
            // Without a power cut: as it was acknowledged, the write in flight done, undone or by half.
            var possible = isPowerCut ? states[volume] : isInFlight ? states[volume][^2..] : states[volume][^1..];
            if (!possible.Exists(state => state.Length == bytes.Length)) possible = states[volume];
            for (var i = 0; i < bytes.Length; i++)
            {
                var isPossible = false;
                foreach (var state in possible) isPossible |= i < state.Length ? state[i] == bytes[i] : bytes[i] == 0;
                if (!isPossible) throw new InvalidOperationException($"{when}: byte {i} of {volume} was never that.");
            }
        }
    }
}
