using Octavo.Engine;

namespace Octavo.Tests.Engine.Attachments;

public sealed class AttachmentTests
{
    static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task An_attached_volume_is_in_use_and_says_by_whom()
    {
        await using var pool = await AttachedPool.NewAsync();

        var made = await pool.AttachAsync("att-1", AttachedPool.Wish());

        made.ShouldBe(new EngineAttachment("att-1", "op-att-1", AttachedPool.Volume, null, "alice", false, false, TimeSpan.FromMinutes(5), pool.Time.GetUtcNow(), 0));
        pool.Look().State.ShouldBe(EngineVolumeState.InUse);
        pool.Look().Attachments.ShouldBe([made]);
        pool.Engine.ListVolumes().Single().Attachments.ShouldBe([made]);
        pool.Engine.ListAttachments().ShouldBe([made]);
    }

    [Fact]
    public async Task The_same_call_again_is_the_same_attachment_and_another_of_that_id_is_refused()
    {
        await using var pool = await AttachedPool.NewAsync();
        var made = await pool.AttachAsync("att-1", AttachedPool.Wish());
        pool.Time.Advance(TimeSpan.FromSeconds(1));

        (await pool.AttachAsync("att-1", AttachedPool.Wish())).ShouldBe(made);

        (await Should.ThrowAsync<EngineException>(() => pool.AttachAsync("att-1", AttachedPool.Wish(client: "bob")))).Error.ShouldBe(EngineError.Conflict);
    }

    [Theory]
    // The one that is there, then the one that comes: read-only, for several.
    [InlineData(false, false, false, false, false)]
    [InlineData(false, false, true, false, false)]
    [InlineData(true, false, false, false, false)]
    [InlineData(true, false, true, false, true)]
    [InlineData(false, true, false, true, true)]
    [InlineData(false, true, true, true, true)]
    [InlineData(false, true, false, false, false)]
    [InlineData(false, false, false, true, false)]
    [InlineData(true, true, false, true, true)]
    public async Task A_volume_has_one_writer_and_nobody_beside_it_unless_all_are_attached_for_several(
        bool isFirstReadOnly, bool isFirstMulti, bool isSecondReadOnly, bool isSecondMulti, bool isTaken)
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish(isReadOnly: isFirstReadOnly, isMultiAttach: isFirstMulti));
        Task<EngineAttachment> Second() => pool.AttachAsync("att-2", AttachedPool.Wish(client: "bob", isReadOnly: isSecondReadOnly, isMultiAttach: isSecondMulti, token: "other"));

        if (isTaken)
        {
            await Second();
            pool.Look().Attachments.Count.ShouldBe(2);
            return;
        }
        var refused = await Should.ThrowAsync<EngineException>(Second);

        refused.Error.ShouldBe(EngineError.Conflict);
        refused.Message.ShouldContain("alice");
        await pool.DetachAsync("att-1");
        await Second();
    }

    [Theory]
    [InlineData("", 300)]
    [InlineData("a\nb", 300)]
    [InlineData("alice", 9)]
    [InlineData("alice", 86_401)]
    [InlineData("alice", -1)]
    public async Task A_client_without_a_name_and_a_lease_out_of_bounds_are_refused(string client, int lease)
    {
        await using var pool = await AttachedPool.NewAsync();

        var refused = await Should.ThrowAsync<EngineException>(() => pool.AttachAsync("att-1", AttachedPool.Wish(client: client, lease: lease)));

        refused.Error.ShouldBe(EngineError.Invalid);
        pool.Look().State.ShouldBe(EngineVolumeState.Available);
    }

    [Fact]
    public async Task What_is_not_there_cannot_be_attached()
    {
        await using var pool = await AttachedPool.NewAsync();

        (await Should.ThrowAsync<EngineException>(() => pool.AttachAsync("att-1", AttachedPool.Wish("vol-2")))).Error.ShouldBe(EngineError.NotFound);
        (await Should.ThrowAsync<EngineException>(() => pool.AttachAsync("att-1", AttachedPool.Wish(volume: null, snapshot: "snap-2")))).Error.ShouldBe(EngineError.NotFound);
    }

    [Fact]
    public async Task What_is_attached_is_not_deleted()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.Engine.BeginSnapshotAsync("snap-1", "t", AttachedPool.Volume, Never);
        await pool.Engine.WhenIdleAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish());
        await pool.AttachAsync("att-2", AttachedPool.Wish(volume: null, snapshot: "snap-1", token: "other"));

        var volume = await Should.ThrowAsync<EngineException>(() => pool.Engine.DeleteVolumeAsync(AttachedPool.Volume, Never));
        var snapshot = await Should.ThrowAsync<EngineException>(() => pool.Engine.DeleteSnapshotAsync("snap-1", Never));

        volume.Error.ShouldBe(EngineError.Conflict);
        volume.Message.ShouldContain("alice");
        snapshot.Error.ShouldBe(EngineError.Conflict);
        await pool.DetachAsync("att-1");
        await pool.DetachAsync("att-2");
        await pool.Engine.DeleteVolumeAsync(AttachedPool.Volume, Never);
        await pool.Engine.DeleteSnapshotAsync("snap-1", Never);
    }

    [Fact]
    public async Task A_snapshot_is_only_read()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.Engine.BeginSnapshotAsync("snap-1", "t", AttachedPool.Volume, Never);
        await pool.Engine.WhenIdleAsync();

        (await pool.AttachAsync("att-1", AttachedPool.Wish(volume: null, snapshot: "snap-1"))).IsReadOnly.ShouldBeTrue();

        pool.Look().State.ShouldBe(EngineVolumeState.Available);
    }

    [Fact]
    public async Task A_volume_that_another_program_writes_to_is_not_attached()
    {
        await using var pool = await Pool.NewAsync();
        var volume = await pool.VolumeAsync(new byte[4096]);
        using (new FileStream(pool.ImageOf(volume), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            (await Should.ThrowAsync<EngineException>(() => pool.Engine.AttachAsync("att-1", "t", AttachedPool.Wish(volume), Never)))
                .Error.ShouldBe(EngineError.Conflict);

        await pool.Engine.AttachAsync("att-1", "t", AttachedPool.Wish(volume), Never);
    }

    [Fact]
    public async Task A_check_finds_nothing_wrong_with_attachments_and_names_a_file_that_is_none()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish());
        (await pool.Engine.CheckAsync(false, null, Never)).ShouldBeEmpty();
        using (pool.Disk.OpenWrite("attachments/att-2.json"))
        {
        }

        (await pool.Engine.CheckAsync(false, null, Never)).ShouldHaveSingleItem().Kind.ShouldBe("stray-file");
    }

    [Fact]
    public async Task An_acknowledged_attachment_survives_a_power_cut_at_every_moment_after_it()
    {
        for (var at = 1; ; at++)
        {
            await using var pool = await AttachedPool.NewAsync();
            pool.Disk.PowerCutAt = pool.Disk.Changes + at;
            var isAttached = false;
            var isDetached = false;
            try
            {
                await pool.AttachAsync("att-1", AttachedPool.Wish());
                isAttached = true;
                await pool.DetachAsync("att-1");
                isDetached = true;
            }
            catch (PowerCutException)
            {
                // As planned.
            }
            var isOver = isDetached;
            await pool.ReopenAfterPowerCutAsync(at);

            var found = pool.Engine.FindAttachment("att-1");

            if (isDetached) found.ShouldBeNull();
            else if (isAttached && found is null) pool.Engine.OpenExport(AttachedPool.Token).ShouldBeNull();
            pool.Look().State.ShouldBe(found is null ? EngineVolumeState.Available : EngineVolumeState.InUse);
            (await pool.Engine.CheckAsync(false, null, Never)).ShouldBeEmpty();
            if (isOver) return;
        }
    }

    [Fact]
    public async Task A_damaged_record_attaches_nobody_and_is_told()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish());
        using (var file = pool.Disk.OpenWrite("attachments/att-1.json")) file.Write("x"u8, 0);

        await pool.ReopenAsync();

        pool.Engine.ListAttachments().ShouldBeEmpty();
        pool.Warnings.ShouldContain(w => w.Contains("attachments/att-1.json", StringComparison.Ordinal));
    }
}
