using Octavo.Engine;
using Octavo.Engine.Segments;

namespace Octavo.Tests.Engine;

/// <summary>
/// Two things at once, in the one order that matters: a simulated disk holds one of them at a change of it until the other is where it has to be.
/// </summary>
public sealed class InterleavingTests
{
    const string Volume = "vol-1", First = "snap-1", Second = "snap-2";
    static readonly CancellationToken Never = CancellationToken.None;

    readonly SimulatedDisk disk = new();
    readonly List<string> warnings = [];

    [Fact]
    public async Task A_deletion_and_the_end_of_a_copy_remove_a_volume_once()
    {
        await using var engine = await OpenAsync();
        await MakeVolumeAsync(engine);
        Thread? copier = null;
        Task? deletion = null;
        var removals = 0;
        using var isRemoving = new ManualResetEventSlim();
        disk.Meanwhile = what =>
        {
            if (what == $"delete snapshots/{First}.pending")
            {
                // The snapshot is completed, the end of its copy is about to look for what it may remove: now the volume is deleted.
                copier = Thread.CurrentThread;
                deletion = Task.Run(() => engine.DeleteVolumeAsync(Volume, Never));
                isRemoving.Wait(Never);
            }
            else if (what == $"delete volumes/{Volume}/data" && Interlocked.Increment(ref removals) == 1)
            {
                isRemoving.Set();
                // Until the copier has come to the same removal, or waits for this one.
                while (isRemoving.IsSet && Volatile.Read(ref removals) == 1 && !HasEndedOrWaits(copier!)) Thread.Yield();
            }
        };

        await engine.BeginSnapshotAsync(First, "t", Volume, Never);
        await engine.WhenIdleAsync();
        await deletion!;

        removals.ShouldBe(1);
        warnings.ShouldBeEmpty();
        disk.Files.ShouldNotContain(file => file.StartsWith("volumes/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_copy_that_ends_while_its_volumes_deletion_is_written_down_leaves_the_removal_to_that()
    {
        await using var engine = await OpenAsync();
        await MakeVolumeAsync(engine);
        using var isDeleting = new ManualResetEventSlim();
        var isHeld = false;
        disk.Meanwhile = what =>
        {
            if (what == $"rename snapshots/{First}.new") isDeleting.Wait(Never);
            if (what != $"create volumes/{Volume}/volume.json.new" || isHeld) return;
            isHeld = true;
            isDeleting.Set();
            engine.WhenIdleAsync().GetAwaiter().GetResult();
        };

        await engine.BeginSnapshotAsync(First, "t", Volume, Never);
        await engine.DeleteVolumeAsync(Volume, Never);
        await engine.WhenIdleAsync();

        warnings.ShouldBeEmpty();
        engine.FindSnapshot(First)!.State.ShouldBe(EngineSnapshotState.Completed);
        disk.Files.ShouldNotContain(file => file.StartsWith("volumes/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_snapshot_of_an_unchanged_volume_survives_the_deletion_of_the_one_it_would_take_its_blocks_from()
    {
        await using var engine = await OpenAsync();
        await MakeVolumeAsync(engine);
        await engine.BeginSnapshotAsync(First, "t", Volume, Never);
        await engine.WhenIdleAsync();
        Task? deletion = null;
        using var isGone = new ManualResetEventSlim();
        disk.Meanwhile = what =>
        {
            if (what == $"delete snapshots/{First}.pending") isGone.Set();
            if (what != $"open snapshots/{First}" || deletion is not null) return;
            deletion = Task.CompletedTask;
            deletion = Task.Run(() => engine.DeleteSnapshotAsync(First, Never));
            isGone.Wait(Never);
        };

        await engine.BeginSnapshotAsync(Second, "t", Volume, Never);
        await engine.WhenIdleAsync();
        await deletion!;

        warnings.ShouldBeEmpty();
        engine.ListSnapshots().ShouldHaveSingleItem().State.ShouldBe(EngineSnapshotState.Completed);
        (await engine.CheckAsync(repair: false, null, Never)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Closing_lets_the_change_under_way_end_and_refuses_the_next_one()
    {
        var engine = await OpenAsync();
        await MakeVolumeAsync(engine);
        var closing = Task.CompletedTask;
        disk.Meanwhile = what =>
        {
            if (what == $"delete volumes/{Volume}/data") closing = engine.DisposeAsync().AsTask();
        };

        await engine.DeleteVolumeAsync(Volume, Never);
        await closing;

        disk.Files.ShouldNotContain(file => file.StartsWith("volumes/", StringComparison.Ordinal));
        (await Should.ThrowAsync<EngineException>(() => engine.CreateVolumeAsync(Volume, "t", 512, Never))).Error.ShouldBe(EngineError.Locked);
    }

    [Fact]
    public void A_sync_waits_for_the_one_that_has_its_blocks()
    {
        using var store = new SegmentStore(disk);
        using var codec = new BlockCodec();
        var record = new byte[BlockCodec.MaxRecordBytes];
        var plain = Pool.Noise(4096, 1);
        store.Append(codec.Encode(BlockHash.Of(plain), plain, record), record);
        Thread? second = null;
        var isFirstDone = false;
        var wasEarly = false;
        disk.Meanwhile = what =>
        {
            if (what != "sync segments/00000001" || second is not null) return;
            second = new Thread(() =>
            {
                store.Sync();
                wasEarly = !Volatile.Read(ref isFirstDone);
            });
            second.Start();
            while (!HasEndedOrWaits(second)) Thread.Yield();
            // Whoever returned before this line said that a block is durable that is not.
            Volatile.Write(ref isFirstDone, true);
        };

        store.Sync();
        second!.Join();

        wasEarly.ShouldBeFalse();
    }

    static bool HasEndedOrWaits(Thread thread) => (thread.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) != 0;

    Task<BlockEngine> OpenAsync() =>
        BlockEngine.OpenAsync(disk, new EngineOptions(TimeProvider.System, w => { lock (warnings) warnings.Add(w); }), Never);

    static Task<EngineVolume> MakeVolumeAsync(BlockEngine engine) =>
        engine.ImportVolumeAsync(Volume, "t", new MemoryStream(Pool.Noise(8192, 1)), 8192, null, Never);
}
