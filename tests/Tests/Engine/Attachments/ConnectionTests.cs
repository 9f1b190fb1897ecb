using Microsoft.Extensions.Time.Testing;
using Octavo.Engine;
using Octavo.Engine.Attachments;
using Octavo.Engine.Io;

namespace Octavo.Tests.Engine.Attachments;

/// <summary>What a client finds behind its token: connections, leases, the end of an attachment.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task Only_the_token_opens_the_volume()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish());

        using var export = pool.Connect();

        export.Device.SizeBytes.ShouldBe(1 << 20);
        export.Device.IsReadOnly.ShouldBeFalse();
        foreach (var wrong in new[] { "", "the toke", "the tokens", "THE TOKEN", "att-1", new string('x', 4096) })
            pool.Engine.OpenExport(wrong).ShouldBeNull();
    }

    [Fact]
    public async Task A_client_that_may_only_read_gets_a_device_that_refuses_writes()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish(isReadOnly: true));

        using var export = pool.Connect();

        export.Device.IsReadOnly.ShouldBeTrue();
        Should.Throw<EngineException>(() => export.Device.Write(new byte[512], 0, false)).Error.ShouldBe(EngineError.Conflict);
    }

    [Fact]
    public async Task Connections_of_one_client_share_one_device_and_are_counted()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish());

        using var first = pool.Connect();
        using var second = pool.Connect();

        second.Device.ShouldBeSameAs(first.Device);
        pool.Engine.FindAttachment("att-1")!.Connections.ShouldBe(2);
        first.Dispose();
        first.Dispose();
        pool.Engine.FindAttachment("att-1")!.Connections.ShouldBe(1);
        second.Device.Write(new byte[512], 0, false);
    }

    [Fact]
    public async Task The_image_is_open_for_writing_only_while_a_client_is_connected()
    {
        await using var pool = await Pool.NewAsync();
        var volume = await pool.VolumeAsync(new byte[4096]);
        await pool.Engine.AttachAsync("att-1", "t", AttachedPool.Wish(volume), CancellationToken.None);
        var disk = new LinuxDisk(pool.Folder);

        using (pool.Engine.OpenExport(AttachedPool.Token)) disk.IsOpenForWriting($"volumes/{volume}/data").ShouldBeTrue();

        disk.IsOpenForWriting($"volumes/{volume}/data").ShouldBeFalse();
        pool.Engine.FindVolume(volume)!.State.ShouldBe(EngineVolumeState.InUse);
    }

    [Fact]
    public async Task Detaching_waits_for_what_connections_have_begun_and_lets_no_other_in()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish());
        var export = pool.Connect();

        var detaching = pool.DetachAsync("att-1");

        export.Draining.IsCancellationRequested.ShouldBeTrue();
        detaching.IsCompleted.ShouldBeFalse();
        pool.Engine.OpenExport(AttachedPool.Token).ShouldBeNull();
        export.Device.Write(new byte[] { 7 }, 0, false);
        export.Dispose();
        (await detaching).ShouldBeTrue();
        pool.Engine.OpenExport(AttachedPool.Token).ShouldBeNull();
        pool.Look().State.ShouldBe(EngineVolumeState.Available);
        await pool.ReopenAfterPowerCutAsync(1);
        pool.Engine.FindAttachment("att-1").ShouldBeNull();
        using var image = pool.Engine.OpenVolume(AttachedPool.Volume);
        image.ReadByte().ShouldBe(7);
    }

    [Fact]
    public async Task Detaching_what_is_gone_succeeds()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish());

        (await pool.DetachAsync("att-1")).ShouldBeTrue();
        (await pool.DetachAsync("att-1")).ShouldBeTrue();
        (await pool.DetachAsync("att-2", force: true)).ShouldBeTrue();
    }

    [Fact]
    public async Task Who_stops_waiting_for_a_connection_that_does_not_end_leaves_the_attachment_as_it_was()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish());
        using var stuck = pool.Connect();
        using var patience = new CancellationTokenSource();
        var detaching = pool.Engine.DetachAsync("att-1", force: false, patience.Token);

        await patience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => detaching);
        pool.Look().State.ShouldBe(EngineVolumeState.InUse);
        pool.Connect().Dispose();
    }

    [Fact]
    public async Task Force_waits_five_seconds_and_says_that_something_may_be_lost()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish());
        var stuck = pool.Connect();
        var detaching = pool.DetachAsync("att-1", force: true);
        pool.Time.Advance(TimeSpan.FromSeconds(4.9));
        detaching.IsCompleted.ShouldBeFalse();

        pool.Time.Advance(TimeSpan.FromSeconds(0.2));

        (await detaching).ShouldBeFalse();
        pool.Engine.OpenExport(AttachedPool.Token).ShouldBeNull();
        pool.Engine.FindAttachment("att-1").ShouldBeNull();
        pool.Warnings.ShouldContain(w => w.Contains("may be lost", StringComparison.Ordinal));
        stuck.Dispose();
        pool.Look().State.ShouldBe(EngineVolumeState.Available);
    }

    [Fact]
    public async Task A_client_that_vanished_is_detached_after_its_lease()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish(lease: 60));
        var export = pool.Connect();
        pool.Time.Advance(TimeSpan.FromHours(1));
        pool.Engine.FindAttachment("att-1").ShouldNotBeNull("it is connected");
        export.Dispose();
        pool.Time.Advance(TimeSpan.FromSeconds(59));
        pool.Connect().Dispose();
        pool.Time.Advance(TimeSpan.FromSeconds(59));
        pool.Engine.FindAttachment("att-1").ShouldNotBeNull("it was connected a minute ago at most");

        pool.Time.Advance(TimeSpan.FromSeconds(1));

        pool.Engine.FindAttachment("att-1").ShouldBeNull();
        pool.Engine.OpenExport(AttachedPool.Token).ShouldBeNull();
        pool.Look().State.ShouldBe(EngineVolumeState.Available);
        pool.Warnings.ShouldContain(w => w.Contains("alice", StringComparison.Ordinal) && w.Contains("60 s", StringComparison.Ordinal));
        pool.Disk.Files.ShouldNotContain("attachments/att-1.json");
    }

    [Fact]
    public async Task Without_a_lease_nobody_is_detached()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish(lease: 0));

        pool.Time.Advance(TimeSpan.FromDays(1000));

        pool.Connect().Dispose();
    }

    [Fact]
    public async Task A_service_that_restarts_serves_its_attachments_again_and_their_leases_begin_anew()
    {
        await using var pool = await AttachedPool.NewAsync();
        await pool.AttachAsync("att-1", AttachedPool.Wish(lease: 60));
        var before = pool.Look().Attachments;
        var export = pool.Connect();
        var reopening = pool.ReopenAsync();
        export.Draining.IsCancellationRequested.ShouldBeTrue();
        export.Dispose();
        await reopening;
        pool.Time.Advance(TimeSpan.FromSeconds(59));

        pool.Look().Attachments.ShouldBe(before);
        pool.Look().State.ShouldBe(EngineVolumeState.InUse);
        pool.Connect().Dispose();
        pool.Time.Advance(TimeSpan.FromSeconds(60));
        pool.Engine.FindAttachment("att-1").ShouldBeNull();
    }

    [Fact]
    public async Task A_disk_that_fails_the_last_flush_is_told_by_the_end_and_by_no_later_one()
    {
        var time = new FakeTimeProvider();
        var record = new AttachmentRecord("att-1", "t", "vol-1", null, "alice", false, false, new string('0', 64), 0, time.GetUtcNow());
        var fails = true;
        using var entry = new AttachmentEntry(record, () => new UnflushableDevice(() => fails), _ => { }, time);
        entry.Connect()!.Dispose();

        (await entry.DrainAsync(CancellationToken.None)).ShouldNotBeNull().Error.ShouldBe(EngineError.Io);

        entry.Reopen();
        fails = false;
        entry.Connect()!.Dispose();
        (await entry.DrainAsync(CancellationToken.None)).ShouldBeNull();
    }

    sealed class UnflushableDevice(Func<bool> fails) : IBlockDevice
    {
        public long SizeBytes => 512;
        public bool IsReadOnly => false;
        public bool TryRead(Span<byte> buffer, long offset) => false;
        public void Read(Span<byte> buffer, long offset) => buffer.Clear();
        public void Write(ReadOnlySpan<byte> buffer, long offset, bool isDurable) { }
        public void WriteZeroes(long offset, long length, bool mayFree, bool isDurable) { }
        public void Trim(long offset, long length, bool isDurable) { }
        public int Extents(long offset, long length, Span<BlockExtent> extents) => 0;
        public void Dispose() { }

        public void Flush()
        {
            if (fails()) throw new EngineException(EngineError.Io, "The disk failed.");
        }
    }
}
