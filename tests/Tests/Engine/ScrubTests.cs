using Microsoft.Extensions.Time.Testing;
using Octavo.Engine;
using Octavo.Engine.Io;
using Octavo.Engine.Nbd;
using Octavo.Engine.Scrubbing;
using Octavo.Tests.Engine.Nbd;

namespace Octavo.Tests.Engine;

/// <summary>What snapshots store is verified in the background: what is bad is named, stored anew where a volume still has it, and never given out.</summary>
public sealed class ScrubTests
{
    const string Volume = "vol-1", Other = "vol-2", First = "snap-1", Second = "snap-2";
    static readonly CancellationToken Never = CancellationToken.None;

    /// <summary>Four blocks, of which the last is short.</summary>
    static readonly byte[] Content = Pool.Noise(3 * Pool.Block + 4096, 1);
    static readonly byte[] Changed = Pool.Noise(4096, 2);

    static ReadOnlySpan<byte> Block(int block) => Content.AsSpan(block * Pool.Block, Math.Min(Pool.Block, Content.Length - block * Pool.Block));

    [Fact]
    public async Task A_sound_pool_gives_nothing_to_tell_and_a_pass_that_has_ended()
    {
        await using var pool = await PoolAsync();

        await pool.ScrubAsync();

        pool.Warnings.ShouldBeEmpty();
        pool.ReasonOf(First).ShouldBeNull();
        pool.Engine.Health.ShouldBe(new EngineHealth(0, 0, 0, 3 * ScrubbedPool.WholeRecord + 8192, pool.Time.GetUtcNow()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_damaged_block_that_no_volume_has_any_more_is_named_and_not_given_out(int block)
    {
        await using var pool = await PoolAsync();
        pool.Overwrite(Volume, block * Pool.Block, Changed);
        pool.Damage(Block(block));

        await pool.ScrubAsync();

        var named = $"1 of the snapshot's blocks cannot be read, the first at byte {block * Pool.Block} of volume {Volume}: a stored block does not verify.";
        pool.Engine.FindSnapshot(First)!.State.ShouldBe(EngineSnapshotState.Completed);
        pool.ReasonOf(First).ShouldBe(named);
        pool.Warnings.ShouldHaveSingleItem().ShouldStartWith($"Snapshot {First}: {named}");
        pool.Engine.Health.BadBlocks.ShouldBe(1);
        Should.Throw<EngineException>(() => pool.Read(First)).Error.ShouldBe(EngineError.Damaged);
        (await pool.Engine.CheckAsync(repair: true, null, Never)).ShouldHaveSingleItem().ShouldBe(new EngineFinding("damaged-block", First, named, false));
    }

    [Fact]
    public async Task Many_damaged_blocks_are_one_warning_a_snapshot_and_pass()
    {
        await using var pool = await PoolAsync();
        await pool.Engine.DeleteVolumeAsync(Volume, Never);
        for (var block = 0; block < 4; block++) pool.Damage(Block(block));

        await pool.ScrubAsync();
        await pool.ScrubAsync();

        pool.Warnings.Count.ShouldBe(2);
        pool.ReasonOf(First)!.ShouldStartWith("4 of the snapshot's blocks cannot be read, the first at byte 0 ");
        pool.Engine.Health.FoundBlocks.ShouldBe(4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_block_is_stored_anew_from_the_volume_also_while_somebody_writes_to_that(bool isAttached)
    {
        await using var pool = await PoolAsync();
        using var device = isAttached ? pool.Engine.OpenVolumeDevice(Volume, isReadOnly: false) : null;
        device?.Write(Changed, 0, isDurable: false);
        pool.Damage(Block(1));
        pool.Damage(Block(3));

        await pool.ScrubAsync();

        pool.Warnings.ShouldHaveSingleItem().ShouldBe($"Snapshot {First} of volume {Volume}: damaged blocks of it were stored anew from {Volume}.");
        pool.ReasonOf(First).ShouldBeNull();
        pool.Engine.Health.BadBlocks.ShouldBe(0);
        pool.Engine.Health.RepairedBlocks.ShouldBe(2);
        pool.Read(First).ShouldBe(Content);
        await pool.ShouldBeCleanAsync();
        device?.Dispose();
        await pool.ReopenAsync();
        pool.Read(First).ShouldBe(Content);
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_repair_is_durable_before_it_is_told()
    {
        await using var pool = await PoolAsync();
        pool.Damage(Block(1));
        pool.Disk.WithAllSynced();

        await pool.ScrubAsync();

        for (var seed = 0; seed < 20; seed++)
        {
            await using var engine = await LiveTests.OpenAsync(pool.Disk.AfterPowerCut(seed));
            LiveTests.ReadAll(engine.OpenSnapshot(First)).ShouldBe(Content);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_power_cut_or_a_death_anywhere_in_a_pass_the_next_one_repairs(bool isForged)
    {
        var steps = 0;
        for (var cut = 0; ; cut++)
        {
            var pool = await PoolAsync();
            if (isForged) pool.Forge(Block(1));
            else pool.Damage(Block(1));
            pool.Disk.WithAllSynced();
            pool.Disk.PowerCutAt = pool.Disk.Changes + 1 + cut;
            try
            {
                await pool.ScrubAsync();
                break;
            }
            catch (PowerCutException)
            {
                steps++;
            }
            foreach (var disk in new[] { pool.Disk.AfterProcessDeath(), pool.Disk.AfterPowerCut(cut), pool.Disk.AfterPowerCut(cut + 1000) })
            {
                await using var engine = await LiveTests.OpenAsync(disk);
                await engine.ScrubAsync(new EngineScrub(long.MaxValue, TimeSpan.FromDays(7)), Never);
                engine.FindSnapshot(First)!.Reason.ShouldBeNull();
                LiveTests.ReadAll(engine.OpenSnapshot(First)).ShouldBe(Content);
                (await engine.CheckAsync(repair: false, null, Never)).ShouldBeEmpty();
            }
        }
        steps.ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task A_damaged_block_is_stored_anew_from_a_volume_that_was_made_from_the_snapshot()
    {
        await using var pool = await PoolAsync();
        await pool.Engine.RestoreVolumeAsync(Other, "t", First, Content.Length + 4096, Never);
        await pool.Engine.WhenIdleAsync();
        await pool.Engine.DeleteVolumeAsync(Volume, Never);
        pool.Damage(Block(3));

        await pool.ScrubAsync();

        pool.Warnings.ShouldHaveSingleItem().ShouldEndWith($"from {Other}.");
        pool.Read(First).ShouldBe(Content);
    }

    [Theory]
    [InlineData(Volume)]
    [InlineData(Other)]
    public async Task A_block_that_two_volumes_snapshots_share_is_stored_anew_from_the_volume_that_still_is(string gone)
    {
        await using var pool = await PoolAsync();
        await pool.VolumeAsync(Other, Content);
        await pool.SnapshotAsync(Second, Other);
        await pool.Engine.DeleteVolumeAsync(gone, Never);
        pool.Damage(Block(1));

        await pool.ScrubAsync();

        pool.ReasonOf(First).ShouldBeNull();
        pool.ReasonOf(Second).ShouldBeNull();
        pool.Engine.Health.BadBlocks.ShouldBe(0);
        pool.Read(First).ShouldBe(Content);
    }

    [Fact]
    public async Task A_check_that_may_repair_does_the_same_and_says_so()
    {
        await using var pool = await PoolAsync();
        await pool.VolumeAsync(Other, Content);
        await pool.SnapshotAsync(Second, Other);
        await pool.Engine.DeleteVolumeAsync(Volume, Never);
        pool.Damage(Block(1));

        var looked = await pool.Engine.CheckAsync(repair: false, null, Never);
        looked.Select(f => (f.Kind, f.Subject, f.IsRepaired)).ShouldBe([("damaged-block", First, false), ("damaged-block", Second, false)]);
        pool.ReasonOf(First).ShouldNotBeNull();
        var repaired = await pool.Engine.CheckAsync(repair: true, null, Never);

        repaired.Select(f => (f.Kind, f.Subject, f.IsRepaired)).ShouldBe([("damaged-block", First, true), ("damaged-block", Second, true)]);
        pool.ReasonOf(First).ShouldBeNull();
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task The_reason_goes_when_a_later_snapshot_brings_the_block()
    {
        await using var pool = await PoolAsync();
        pool.Overwrite(Volume, Pool.Block, Changed);
        pool.Damage(Block(1));
        await pool.ScrubAsync();
        pool.ReasonOf(First).ShouldNotBeNull();
        pool.Overwrite(Volume, Pool.Block, Content[Pool.Block..(2 * Pool.Block)]);

        await pool.SnapshotAsync(Second, Volume);

        pool.ReasonOf(First).ShouldBeNull();
        pool.Engine.Health.BadBlocks.ShouldBe(0);
        pool.Read(First).ShouldBe(Content);
    }

    [Fact]
    public async Task A_block_that_the_disk_fails_to_read_for_a_while_is_told_for_a_while()
    {
        await using var pool = await PoolAsync();
        await pool.Engine.DeleteVolumeAsync(Volume, Never);
        pool.Disk.UnreadablePath = ScrubbedPool.Segment;
        await pool.ScrubAsync();
        pool.ReasonOf(First)!.ShouldEndWith("a stored block cannot be read from the disk.");

        pool.Disk.UnreadablePath = null;
        await pool.ScrubAsync();

        pool.ReasonOf(First).ShouldBeNull();
        pool.Engine.Health.BadBlocks.ShouldBe(0);
        pool.Engine.Health.RepairedBlocks.ShouldBe(0);
    }

    [Fact]
    public async Task A_block_of_which_only_the_SHA_256_is_wrong_is_not_given_out_any_more_nor_after_a_restart()
    {
        await using var pool = await PoolAsync();
        await pool.Engine.DeleteVolumeAsync(Volume, Never);
        pool.Forge(Block(1));
        pool.Read(First).ShouldNotBe(Content);

        await pool.ScrubAsync();

        Should.Throw<EngineException>(() => pool.Read(First)).Error.ShouldBe(EngineError.Damaged);
        var reason = pool.ReasonOf(First).ShouldNotBeNull();
        await pool.ReopenAsync();
        Should.Throw<EngineException>(() => pool.Read(First)).Error.ShouldBe(EngineError.Damaged);
        pool.ReasonOf(First).ShouldBe(reason);
    }

    [Fact]
    public async Task A_missing_block_is_stored_anew_for_all_who_need_it()
    {
        await using var pool = await PoolAsync();
        pool.Overwrite(Volume, 0, Changed);
        await pool.SnapshotAsync(Second, Volume);
        pool.Lose(Block(1));
        await pool.ReopenAsync();
        pool.ReasonOf(First)!.ShouldEndWith($"at byte {Pool.Block} of volume {Volume}: a stored block is missing.");

        await pool.ScrubAsync();

        pool.ReasonOf(First).ShouldBeNull();
        pool.ReasonOf(Second).ShouldBeNull();
        await pool.Engine.DeleteSnapshotAsync(Second, Never);
        pool.Read(First).ShouldBe(Content);
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task A_client_that_reads_a_damaged_block_gets_an_error_and_the_others_bytes()
    {
        await using var pool = await PoolAsync();
        await pool.Engine.DeleteVolumeAsync(Volume, Never);
        pool.Forge(Block(1));
        await pool.ScrubAsync();
        await using var site = NbdSite.Start();
        site.Add("s", pool.Engine.OpenSnapshotDevice(First));
        using var client = await NbdClient.EnterAsync(site.Address, "s");

        (await client.AskAsync(Command.Read, Pool.Block + 4096, 4096)).Error.ShouldBe(Errno.Io);
        (await client.ReadDeviceAsync(0, 4096)).ShouldBe(Content[..4096]);
    }

    [Fact]
    public async Task A_manifest_that_is_damaged_while_the_pool_is_open_is_told_until_it_is_whole_again()
    {
        await using var pool = await PoolAsync();
        var path = $"snapshots/{First}";
        var sound = pool.Disk.ReadAll(path)!;
        Write(pool.Disk, path, [.. sound[..100], .. Pool.Noise(sound.Length - 100, 3)]);

        await pool.ScrubAsync();

        pool.ReasonOf(First)!.ShouldStartWith("The snapshot's manifest is damaged");
        pool.Warnings.ShouldHaveSingleItem().ShouldContain(First);
        Write(pool.Disk, path, sound);
        await pool.ScrubAsync();
        pool.ReasonOf(First).ShouldBeNull();
    }

    [Fact]
    public async Task What_several_snapshots_share_is_read_once()
    {
        await using var pool = await PoolAsync();
        pool.Overwrite(Volume, 0, Changed);
        await pool.SnapshotAsync(Second, Volume);
        var before = pool.Disk.BytesRead(ScrubbedPool.Segment);

        await pool.ScrubAsync();

        // Four whole blocks, and the short one of each of the two, which is not worth remembering.
        (pool.Disk.BytesRead(ScrubbedPool.Segment) - before).ShouldBeInRange(4 * Pool.Block, 4 * ScrubbedPool.WholeRecord + 2 * 8192);
    }

    [Fact]
    public async Task A_pass_never_reads_faster_than_its_rate()
    {
        const long rate = 1 << 20;
        await using var pool = await PoolAsync();
        var before = pool.Disk.BytesRead(ScrubbedPool.Segment);
        var begun = pool.Time.Elapsed;
        long Read() => pool.Disk.BytesRead(ScrubbedPool.Segment) - before;
        var waits = 0;
        pool.Time.Waiting = () =>
        {
            waits++;
            // What was read since the last wait is waited for now.
            Read().ShouldBeLessThanOrEqualTo((long)((pool.Time.Elapsed - begun).TotalSeconds * rate) + ScrubbedPool.WholeRecord + 16_384);
        };

        await pool.ScrubAsync(rate);

        waits.ShouldBeGreaterThanOrEqualTo(3);
        (pool.Time.Elapsed - begun).TotalSeconds.ShouldBeInRange(3.0 * Pool.Block / rate, 4.0 * Pool.Block / rate);
    }

    [Fact]
    public async Task An_interrupted_pass_goes_on_where_it_was_and_knows_what_it_had_found()
    {
        await using var pool = await PoolAsync();
        pool.Overwrite(Volume, 0, Changed);
        pool.Damage(Block(0));
        using var stop = new CancellationTokenSource();
        var waits = 0;
        pool.Time.Waiting = () =>
        {
            if (++waits == 2) stop.Cancel();
        };
        await Should.ThrowAsync<OperationCanceledException>(() => pool.ScrubUntilAsync(1 << 20, stop.Token));
        pool.Time.Waiting = null;
        pool.Engine.Health.PassEndedAt.ShouldBeNull();

        await pool.ReopenAsync();
        pool.ReasonOf(First).ShouldNotBeNull();
        pool.Warnings.Clear();
        await pool.ScrubAsync();

        // The bad one once more, then the third and the fourth.
        pool.Engine.Health.VerifiedBytes.ShouldBe(2 * ScrubbedPool.WholeRecord + 8192);
        pool.Engine.Health.PassEndedAt.ShouldNotBeNull();
        pool.Warnings.ShouldHaveSingleItem().ShouldContain("the first at byte 0 ");
    }

    [Fact]
    public async Task A_position_that_makes_no_sense_begins_anew()
    {
        await using var pool = await PoolAsync();
        await pool.ScrubAsync();
        var path = ScrubRecord.Path;
        foreach (var odd in new[] { "", "{", "[]", """{"block":-1,"is_under_way":true,"broken_blocks":["x",null,"00"]}""" })
        {
            Write(pool.Disk, path, System.Text.Encoding.UTF8.GetBytes(odd));
            await pool.ReopenAsync();
            pool.Engine.Health.PassEndedAt.ShouldBeNull(odd);
            await pool.ScrubAsync();
            pool.Engine.Health.VerifiedBytes.ShouldBe(3 * ScrubbedPool.WholeRecord + 8192, odd);
            await pool.ShouldBeCleanAsync();
        }
    }

    [Fact]
    public async Task A_snapshot_is_deleted_while_it_is_verified_and_that_is_no_damage()
    {
        await using var pool = await PoolAsync();
        pool.Damage(Block(0));
        pool.Overwrite(Volume, 0, Changed);
        pool.Time.Waiting = () =>
        {
            pool.Time.Waiting = null;
            // On the very thread that verifies: nothing of it may be in the way.
            var deletion = pool.Engine.DeleteSnapshotAsync(First, Never);
            deletion.IsCompletedSuccessfully.ShouldBeTrue();
        };

        await pool.ScrubAsync(1 << 20);

        pool.Engine.ListSnapshots().ShouldBeEmpty();
        pool.Warnings.ShouldBeEmpty();
        pool.Engine.Health.BadBlocks.ShouldBe(0);
        pool.Engine.Health.PassEndedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_snapshot_that_is_deleted_while_a_check_goes_on_is_no_finding()
    {
        await using var pool = await PoolAsync();
        await pool.VolumeAsync(Other, Pool.Noise(4096, 4));
        await pool.SnapshotAsync(Second, Other);
        pool.Overwrite(Volume, 0, Changed);
        pool.Damage(Block(0));
        // At the second snapshot the first one is done.
        var progress = new Told(done =>
        {
            if (done == 0.5) pool.Engine.DeleteSnapshotAsync(First, Never).IsCompletedSuccessfully.ShouldBeTrue();
        });

        (await pool.Engine.CheckAsync(repair: false, progress, Never)).ShouldBeEmpty();

        pool.Engine.ListSnapshots().ShouldHaveSingleItem().Id.ShouldBe(Second);
    }

    [Fact]
    public async Task A_volume_is_deleted_while_a_block_is_read_from_it()
    {
        await using var pool = await PoolAsync();
        pool.Damage(Block(1));
        pool.Disk.Meanwhile = what =>
        {
            if (what != $"open volumes/{Volume}/data") return;
            pool.Disk.Meanwhile = null;
            pool.Engine.DeleteVolumeAsync(Volume, Never).IsCompletedSuccessfully.ShouldBeTrue();
        };

        await pool.ScrubAsync();

        pool.Engine.ListVolumes().ShouldBeEmpty();
        pool.ReasonOf(First).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_full_disk_leaves_a_damaged_block_named_and_the_next_pass_stores_it_anew()
    {
        await using var pool = await PoolAsync();
        pool.Damage(Block(1));
        pool.Disk.FullPath = "segments";
        await pool.ScrubAsync();
        pool.ReasonOf(First).ShouldNotBeNull();

        pool.Disk.FullPath = null;
        await pool.ScrubAsync();

        pool.ReasonOf(First).ShouldBeNull();
        pool.Read(First).ShouldBe(Content);
        await pool.ShouldBeCleanAsync();
    }

    [Fact]
    public async Task In_the_background_a_pass_begins_once_a_period_also_over_restarts()
    {
        var disk = new SimulatedDisk();
        var time = new WatchedTime();
        var scrub = new EngineScrub(long.MaxValue, TimeSpan.FromDays(7));
        var ended = new SemaphoreSlim(0);
        disk.Meanwhile = what =>
        {
            // The folder's sync makes the new record durable.
            if (what == "sync " && disk.ReadAll(ScrubRecord.Path) is { } content && ScrubRecord.Parse(content) is { IsUnderWay: false, EndedAt: not null }) ended.Release();
        };
        Task<BlockEngine> OpenAsync() => BlockEngine.OpenAsync(disk, new EngineOptions(time) { Scrub = scrub }, Never);
        await using (var engine = await LiveTests.OpenAsync(disk))
        {
            await engine.ImportVolumeAsync(Volume, "t", new MemoryStream(Content), Content.Length, null, Never);
            await engine.BeginSnapshotAsync(First, "t", Volume, Never);
            await engine.WhenIdleAsync();
        }
        const long once = 3 * ScrubbedPool.WholeRecord + 8192;

        await using (var engine = await OpenAsync())
        {
            await ended.WaitAsync(TestContext.Current.CancellationToken);
            engine.Health.VerifiedBytes.ShouldBe(once);
        }
        time.Advance(TimeSpan.FromDays(6));
        while (time.Waits.Wait(0, Never)) { }
        await using (var engine = await OpenAsync())
        {
            await time.Waits.WaitAsync(TestContext.Current.CancellationToken);
            engine.Health.PassEndedAt.ShouldBe(time.GetUtcNow() - TimeSpan.FromDays(6));
            while (ended.Wait(0, Never)) { }
            time.Advance(TimeSpan.FromDays(1));
            await ended.WaitAsync(TestContext.Current.CancellationToken);
            // One pass, not one at the opening and one now.
            engine.Health.VerifiedBytes.ShouldBe(once);
        }
    }

    [Fact]
    public async Task In_the_background_what_was_bad_is_tried_again_at_the_opening()
    {
        await using var pool = await PoolAsync();
        pool.Overwrite(Volume, Pool.Block, Changed);
        pool.Damage(Block(1));
        await pool.ScrubAsync();
        await pool.Engine.DisposeAsync();
        pool.Overwrite(Volume, Pool.Block, Content[Pool.Block..(2 * Pool.Block)]);
        var told = new TaskCompletionSource<string>();

        var time = new FakeTimeProvider(pool.Time.GetUtcNow());
        await using var engine = await BlockEngine.OpenAsync(
            pool.Disk, new EngineOptions(time, warning => { if (warning.Contains("anew", StringComparison.Ordinal)) told.TrySetResult(warning); }) { Scrub = new EngineScrub(long.MaxValue, TimeSpan.FromDays(7)) }, Never);

        (await told.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Never)).ShouldContain(Volume);
        engine.FindSnapshot(First)!.Reason.ShouldBeNull();
    }

    [Fact]
    public async Task Pools_that_share_a_rate_take_turns_and_closing_waits_for_nobodys_turn()
    {
        // So slow that a block is waited for, and a manifest is not.
        var scrub = new EngineScrub(100_000, TimeSpan.FromDays(7));
        var waiting = new SemaphoreSlim(0);
        var engines = new List<BlockEngine>();
        for (var i = 0; i < 2; i++)
        {
            var disk = new SimulatedDisk();
            await using (var engine = await LiveTests.OpenAsync(disk))
            {
                await engine.ImportVolumeAsync(Volume, "t", new MemoryStream(Content), Content.Length, null, Never);
                await engine.BeginSnapshotAsync(First, "t", Volume, Never);
                await engine.WhenIdleAsync();
            }
            var time = new LeapingTime { IsStanding = true, Waiting = () => waiting.Release() };
            engines.Add(await BlockEngine.OpenAsync(disk, new EngineOptions(time) { Scrub = scrub }, Never));
        }

        await waiting.WaitAsync(TestContext.Current.CancellationToken);
        scrub.Turn.CurrentCount.ShouldBe(0);
        var first = engines.Single(engine => engine.Health.VerifiedBytes > 0);
        first.Health.VerifiedBytes.ShouldBe(ScrubbedPool.WholeRecord);
        await first.DisposeAsync();
        var second = engines.Single(engine => engine != first);
        while (second.Health.VerifiedBytes == 0) await waiting.WaitAsync(TestContext.Current.CancellationToken);
        await second.DisposeAsync();

        engines.ShouldAllBe(engine => engine.Health.VerifiedBytes == ScrubbedPool.WholeRecord);
        scrub.Turn.CurrentCount.ShouldBe(1);
    }

    /// <summary>Tells of every wait for a day or longer once it would be woken.</summary>
    sealed class WatchedTime() : FakeTimeProvider(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000))
    {
        public SemaphoreSlim Waits { get; } = new(0);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime >= TimeSpan.FromDays(1)) Waits.Release();
            return timer;
        }
    }

    sealed class Told(Action<double> tell) : IProgress<double>
    {
        public void Report(double value) => tell(value);
    }

    static async Task<ScrubbedPool> PoolAsync()
    {
        var pool = await ScrubbedPool.NewAsync();
        await pool.VolumeAsync(Volume, Content);
        await pool.SnapshotAsync(First, Volume);
        return pool;
    }

    static void Write(SimulatedDisk disk, string path, byte[] bytes)
    {
        using var file = disk.OpenWrite(path);
        file.SetLength(0);
        file.Write(bytes, 0);
    }
}
