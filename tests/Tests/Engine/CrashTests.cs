using Octavo.Engine;

namespace Octavo.Tests.Engine;

/// <summary>
/// One long story on a simulated disk, with the power cut, or the disk full, at every single change of it. After each: what was acknowledged is
/// there and whole, nothing half-made is listed as whole, the pool is clean, and when everything is deleted nothing is left.
/// </summary>
public sealed class CrashTests
{
    const string Empty = "vol-1", Imported = "vol-2", Restored = "vol-3", First = "snap-1", Second = "snap-2";
    static readonly CancellationToken Never = CancellationToken.None;
    static readonly byte[] Before = [.. Pool.Noise(20_000, 1), .. new byte[600_000], .. Pool.Noise(512 * 9, 2)];
    static readonly byte[] Change = Pool.Noise(3000, 3);

    static byte[] Original => Before[..(Before.Length / 512 * 512)];

    static byte[] Changed
    {
        get
        {
            var changed = Original;
            Change.CopyTo(changed, 1000);
            return changed;
        }
    }

    static readonly int Seeds = Environment.GetEnvironmentVariable("OCTAVO_TEST_LONG") is null ? 2 : 20;

    [Fact]
    public async Task A_power_cut_at_any_change_loses_nothing_that_was_acknowledged()
    {
        var all = await StoryAsync(new SimulatedDisk(), new Story());
        all.ShouldBeGreaterThan(60);
        for (var at = 1; at <= all; at++)
        {
            var disk = new SimulatedDisk { PowerCutAt = at };
            var story = new Story();
            await StoryAsync(disk, story);
            for (var seed = 0; seed < Seeds; seed++) await ShouldBeTrueAsync(disk.AfterPowerCut(seed), story, $"power cut at change {at}, seed {seed}");
        }
    }

    [Fact]
    public async Task A_second_power_cut_while_the_first_is_mended_loses_nothing_either()
    {
        var all = await StoryAsync(new SimulatedDisk(), new Story());
        for (var at = 2; at <= all; at += 3)
        {
            var disk = new SimulatedDisk { PowerCutAt = at };
            var story = new Story();
            await StoryAsync(disk, story);
            for (var again = 1; again < 40; again += 7)
            {
                var mending = disk.AfterPowerCut(again);
                mending.PowerCutAt = again;
                await QuietlyAsync(async () => await (await OpenAsync(mending)).WhenIdleAsync());
                await ShouldBeTrueAsync(mending.AfterPowerCut(again + 1), story, $"power cuts at changes {at} and {again}");
            }
        }
    }

    [Fact]
    public async Task A_full_disk_at_any_change_harms_nothing_that_was_there()
    {
        var all = await StoryAsync(new SimulatedDisk(), new Story());
        for (var at = 8; at <= all; at++)
        {
            var disk = new SimulatedDisk { FullAt = at };
            var story = new Story();
            await StoryAsync(disk, story, onFull: () => disk.FullAt = null);
            await ShouldBeTrueAsync(disk.AfterPowerCut(at), story, $"disk full at change {at}");
        }
    }

    /// <summary>Runs the story to its end or the disaster; notes what was acknowledged. Returns the number of changes.</summary>
    static async Task<int> StoryAsync(SimulatedDisk disk, Story story, Action? onFull = null)
    {
        await QuietlyAsync(async () =>
        {
            var engine = await OpenAsync(disk);
            async Task StepAsync(Func<Task> step, Action acknowledged)
            {
                try
                {
                    await step();
                    acknowledged();
                }
                catch (EngineException e) when (onFull is not null)
                {
                    e.Error.ShouldBe(EngineError.NoSpace);
                    onFull();
                    story.IsCutShort = true;
                }
            }

            await StepAsync(() => engine.CreateVolumeAsync(Empty, "t1", 4096, Never), () => story.HasEmpty = true);
            await StepAsync(
                () => engine.ImportVolumeAsync(Imported, "t2", new MemoryStream(Original), Original.Length, null, Never),
                () => story.HasImported = true);
            if (story.IsCutShort) return;
            await StepAsync(() => engine.BeginSnapshotAsync(First, "t3", Imported, Never), () => story.HasFirst = true);
            await engine.WhenIdleAsync();
            story.IsFirstDone = engine.FindSnapshot(First)?.State == EngineSnapshotState.Completed;
            if (onFull is not null && !story.IsFirstDone)
            {
                onFull();
                story.IsCutShort = true;
                return;
            }
            story.IsChanging = true;
            try
            {
                using var image = disk.OpenWrite($"volumes/{Imported}/data");
                image.Write(Change, 1000);
                image.Sync();
            }
            catch (IOException) when (onFull is not null)
            {
                onFull();
                story.IsCutShort = true;
                return;
            }
            await StepAsync(() => engine.BeginSnapshotAsync(Second, "t4", Imported, Never), () => story.HasSecond = true);
            await engine.WhenIdleAsync();
            await StepAsync(() => engine.RestoreVolumeAsync(Restored, "t5", First, null, Never), () => story.HasRestored = true);
            await engine.WhenIdleAsync();
            story.IsRestoreDone = engine.FindVolume(Restored)?.State == EngineVolumeState.Available;
            if (onFull is not null && !story.IsRestoreDone)
            {
                // Its maker takes it back, as an operation does.
                onFull();
                await engine.DeleteVolumeAsync(Restored, Never);
                story.HasRestored = false;
                story.IsCutShort = true;
                return;
            }
            story.IsDeletingFirst = true;
            await StepAsync(() => engine.DeleteSnapshotAsync(First, Never), () => story.HasDeletedFirst = true);
            story.IsDeletingImported = true;
            await StepAsync(() => engine.DeleteVolumeAsync(Imported, Never), () => story.HasDeletedImported = true);
            await engine.DisposeAsync();
        });
        return disk.Changes;
    }

    static async Task ShouldBeTrueAsync(SimulatedDisk disk, Story story, string when)
    {
        await using var engine = await OpenAsync(disk);
        await engine.WhenIdleAsync();

        if (story.HasEmpty) engine.FindVolume(Empty)!.State.ShouldBe(EngineVolumeState.Available, when);
        if (story.HasImported && !story.IsDeletingImported)
            engine.FindVolume(Imported)!.State.ShouldBe(EngineVolumeState.Available, when);
        if (engine.FindVolume(Imported) is { State: EngineVolumeState.Available } && !story.IsChanging)
            Read(engine.OpenVolume(Imported)).ShouldBe(Original, when);
        if (story.HasDeletedImported) engine.FindVolume(Imported).ShouldBeNull(when);

        if (story.HasFirst && !story.IsDeletingFirst) engine.FindSnapshot(First).ShouldNotBeNull(when);
        if (story.IsFirstDone && !story.IsDeletingFirst) engine.FindSnapshot(First)!.State.ShouldBe(EngineSnapshotState.Completed, when);
        if (engine.FindSnapshot(First) is { State: EngineSnapshotState.Completed }) Read(engine.OpenSnapshot(First)).ShouldBe(Original, when);
        if (story.HasDeletedFirst) engine.FindSnapshot(First).ShouldBeNull(when);
        if (story.HasSecond && !story.IsCutShort) engine.FindSnapshot(Second)!.State.ShouldBe(EngineSnapshotState.Completed, when);
        if (engine.FindSnapshot(Second) is { State: EngineSnapshotState.Completed }) Read(engine.OpenSnapshot(Second)).ShouldBe(Changed, when);

        if (story.IsRestoreDone) engine.FindVolume(Restored)!.State.ShouldBe(EngineVolumeState.Available, when);
        if (story.HasRestored && engine.FindVolume(Restored)!.State == EngineVolumeState.Creating)
        {
            // Its maker repeats the call, as an operation does.
            await engine.RestoreVolumeAsync(Restored, "t5", First, null, Never);
            await engine.WhenIdleAsync();
        }
        if (engine.FindVolume(Restored) is { State: EngineVolumeState.Available }) Read(engine.OpenVolume(Restored)).ShouldBe(Original, when);

        foreach (var finding in await engine.CheckAsync(repair: false, null, Never))
            finding.Kind.ShouldBe("unfinished-volume", $"{when}: {finding}");
        foreach (var volume in engine.ListVolumes()) await engine.DeleteVolumeAsync(volume.Id, Never);
        foreach (var snapshot in engine.ListSnapshots()) await engine.DeleteSnapshotAsync(snapshot.Id, Never);
        disk.Files.ShouldBe(["engine.json"], when);
    }

    static Task<BlockEngine> OpenAsync(SimulatedDisk disk) =>
        BlockEngine.OpenAsync(disk, new EngineOptions(TimeProvider.System), Never);

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

    static byte[] Read(Stream stream)
    {
        using (stream)
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
    }

    sealed class Story
    {
        public bool HasEmpty, HasImported, HasFirst, IsFirstDone, IsChanging, HasSecond, HasRestored, IsRestoreDone, IsDeletingFirst,
            HasDeletedFirst, IsDeletingImported, HasDeletedImported, IsCutShort;
    }
}
