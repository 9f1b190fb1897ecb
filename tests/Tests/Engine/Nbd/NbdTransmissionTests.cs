using System.Net.Sockets;
using System.Text;
using Octavo.Engine;
using Octavo.Engine.Nbd;
using Octavo.Tests.Support;

namespace Octavo.Tests.Engine.Nbd;

/// <summary>Requests and their answers: what is promised of good ones, of bad ones, and while an export drains.</summary>
public sealed class NbdTransmissionTests
{
    const string Disk = "disk";
    const int Size = 1 << 20;

    static UnixDomainSocketEndPoint Unix(NbdSite site) => new UnixDomainSocketEndPoint(site.SocketPath);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Everything_that_a_client_may_ask_is_done(bool isStructured)
    {
        await using var site = NbdSite.Start();
        var device = new MemoryDevice(Size);
        site.Add(Disk, device);
        using var client = await NbdClient.EnterAsync(site.Address, Disk, isStructured);
        var noise = Pool.Noise(300_000, 1);

        (await client.WriteAsync(5, noise)).Error.ShouldBe(Errno.None);
        (await client.ReadDeviceAsync(5, noise.Length)).ShouldBeBytes(noise);
        (await client.WriteAsync(7, [1, 2, 3], CommandFlags.Fua)).Error.ShouldBe(Errno.None);
        device.DurableWrites.ShouldBe(1);
        (await client.AskAsync(Command.Flush, 0, 0)).Error.ShouldBe(Errno.None);
        device.Flushes.ShouldBe(1);
        (await client.AskAsync(Command.WriteZeroes, 6, 100, CommandFlags.NoHole)).Error.ShouldBe(Errno.None);
        (await client.AskAsync(Command.WriteZeroes, 106, 100, CommandFlags.FastZero)).Error.ShouldBe(Errno.None);
        (await client.AskAsync(Command.Trim, 206, 100, CommandFlags.Fua)).Error.ShouldBe(Errno.None);
        device.DurableWrites.ShouldBe(2);
        (await client.AskAsync(Command.Cache, 0, Size)).Error.ShouldBe(Errno.None);
        noise.AsSpan(1, 300).Clear();
        (await client.ReadDeviceAsync(5, noise.Length)).ShouldBeBytes(noise);
        await client.SendAsync(NbdClient.Request(Command.Disconnect, 0, 0, 0));
        await client.ShouldBeClosedAsync();
        site.Warnings.ShouldBeEmpty();
    }

    public static TheoryData<int, int, ulong, uint, uint> Bad => new()
    {
        { (int)Command.Read, 0, Size, 1, (uint)Errno.Invalid },
        { (int)Command.Read, 0, Size - 1, 2, (uint)Errno.Invalid },
        { (int)Command.Read, 0, ulong.MaxValue, 2, (uint)Errno.Invalid },
        { (int)Command.Read, 0, 0, uint.MaxValue, (uint)Errno.Invalid },
        { (int)Command.Read, 0, 0, Wire.MaxPayload + 1, (uint)Errno.Invalid },
        { (int)Command.Read, (int)CommandFlags.OneExtent, 0, 1, (uint)Errno.Invalid },
        { (int)Command.Write, 0, Size - 1, 2, (uint)Errno.NoSpace },
        { (int)Command.Write, 0, ulong.MaxValue, 512, (uint)Errno.NoSpace },
        { (int)Command.Write, (int)CommandFlags.NoHole, 0, 512, (uint)Errno.Invalid },
        { (int)Command.Trim, 0, Size, 1, (uint)Errno.NoSpace },
        { (int)Command.WriteZeroes, 0, 1, Size, (uint)Errno.NoSpace },
        { (int)Command.WriteZeroes, (int)(CommandFlags.NoHole | CommandFlags.FastZero), 0, 512, (uint)Errno.NotSupported },
        { (int)Command.WriteZeroes, (int)CommandFlags.DoNotFragment, 0, 512, (uint)Errno.Invalid },
        { (int)Command.Cache, 0, Size, 1, (uint)Errno.Invalid },
        { (int)Command.BlockStatus, 0, 0, 512, (uint)Errno.Invalid },
        { (int)Command.Flush, (int)CommandFlags.DoNotFragment, 0, 0, (uint)Errno.Invalid },
        { 8, 0, 0, 0, (uint)Errno.Invalid },
        { 0xFFFF, 0, 0, 0, (uint)Errno.Invalid },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_bad_request_gets_its_error_and_the_next_one_is_served(int number, int flags, ulong offset, uint length, uint error)
    {
        var command = (Command)number;
        await using var site = NbdSite.Start();
        var device = new MemoryDevice(Size);
        site.Add(Disk, device);
        foreach (var isStructured in new[] { true, false })
        {
            using var client = await NbdClient.EnterAsync(site.Address, Disk, isStructured);

            await client.SendAsync([.. NbdClient.Request(command, 7, offset, length, (CommandFlags)flags), .. command == Command.Write ? new byte[length] : []]);
            var answer = await client.AnswerAsync();

            (answer.Handle, answer.Error).ShouldBe((7ul, (Errno)error));
            if (isStructured) Encoding.UTF8.GetString(answer.Data).ShouldEndWith(".");
            (await client.ReadDeviceAsync(0, 512)).Length.ShouldBe(512);
        }
        device.Writes.ShouldBe(0);
    }

    [Theory]
    [InlineData((int)Command.Write)]
    [InlineData((int)Command.Trim)]
    [InlineData((int)Command.WriteZeroes)]
    public async Task A_read_only_export_is_not_changed(int number)
    {
        var command = (Command)number;
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(Size, isReadOnly: true));
        using var client = await NbdClient.EnterAsync(site.Address, Disk);

        (await client.AskAsync(command, 0, 100_000, payload: command == Command.Write ? new byte[100_000] : null)).Error.ShouldBe(Errno.NotPermitted);

        (await client.ReadDeviceAsync(0, 512)).Length.ShouldBe(512);
    }

    [Fact]
    public async Task A_request_of_no_bytes_is_a_success_that_does_nothing()
    {
        await using var site = NbdSite.Start();
        site.AddFile(Disk, Size);
        using var client = await NbdClient.EnterAsync(site.Address, Disk);

        (await client.AskAsync(Command.Read, Size, 0)).Type.ShouldBe(Chunk.None);
        foreach (var command in new[] { Command.Write, Command.Trim, Command.WriteZeroes, Command.Cache })
            (await client.AskAsync(command, 10, 0, CommandFlags.Fua)).Error.ShouldBe(Errno.None);
    }

    [Theory]
    [InlineData(EngineError.NoSpace, (uint)Errno.NoSpace)]
    [InlineData(EngineError.Io, (uint)Errno.Io)]
    [InlineData(EngineError.Damaged, (uint)Errno.Io)]
    [InlineData(EngineError.Invalid, (uint)Errno.Invalid)]
    [InlineData(EngineError.Conflict, (uint)Errno.NotPermitted)]
    public async Task A_failure_of_the_device_is_told_with_its_sentence(EngineError error, uint number)
    {
        var expected = (Errno)number;
        await using var site = NbdSite.Start();
        var device = new MemoryDevice(Size) { Failure = new EngineException(error, "The volume has a bad day.") };
        site.Add(Disk, device);
        using var client = await NbdClient.EnterAsync(site.Address, Disk, hasAllocation: true);

        foreach (var command in new[] { Command.Read, Command.Flush, Command.Trim, Command.WriteZeroes, Command.Cache, Command.BlockStatus })
        {
            var answer = await client.AskAsync(command, 0, 100_000);
            (answer.Error, Encoding.UTF8.GetString(answer.Data)).ShouldBe((expected, "The volume has a bad day."));
        }
        foreach (var length in new[] { 512, 100_000 })
        {
            foreach (var flags in new[] { CommandFlags.None, CommandFlags.Fua })
                (await client.WriteAsync(0, new byte[length], flags)).Error.ShouldBe(expected);
        }
        device.Failure = null;
        (await client.ReadDeviceAsync(0, 512)).Length.ShouldBe(512);
        site.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failure_that_nobody_thought_of_is_an_error_without_its_text_and_the_operator_gets_it()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(Size) { Failure = new InvalidOperationException("inner secret") });
        using var client = await NbdClient.EnterAsync(site.Address, Disk);

        var answer = await client.AskAsync(Command.Read, 0, 512);

        answer.Error.ShouldBe(Errno.Io);
        Encoding.UTF8.GetString(answer.Data).ShouldNotContain("secret");
        site.Warnings.ShouldHaveSingleItem().ShouldContain("inner secret");
    }

    [Fact]
    public async Task Holes_are_told_and_read_as_holes()
    {
        await using var site = NbdSite.Start();
        site.AddFile(Disk, 4 << 20);
        using var client = await NbdClient.EnterAsync(site.Address, Disk, hasAllocation: true);
        await client.WriteAsync(1 << 20, Pool.Noise(1 << 20, 1));

        var status = await client.AskAsync(Command.BlockStatus, 0, 4 << 20);
        var one = await client.AskAsync(Command.BlockStatus, 4096, 2 << 20, CommandFlags.OneExtent);

        status.Data.ShouldBe([0, 0, 0, 1, .. Extent(1 << 20, 3), .. Extent(1 << 20, 0), .. Extent(2 << 20, 3)]);
        one.Data.ShouldBe([0, 0, 0, 1, .. Extent((1 << 20) - 4096, 3)]);
        (await client.AskAsync(Command.Read, 2 << 20, 1 << 20)).Type.ShouldBe(Chunk.OffsetHole);
        (await client.AskAsync(Command.Read, 2 << 20, 1 << 20, CommandFlags.DoNotFragment)).Data.ShouldBeBytes(new byte[1 << 20]);
        (await client.AskAsync(Command.Read, 1 << 20, 2 << 20)).Type.ShouldBe(Chunk.OffsetData);
        (await client.AskAsync(Command.BlockStatus, 0, 0)).Error.ShouldBe(Errno.Invalid);
        // However many are asked for at once.
        await client.SendAsync([.. Enumerable.Range(0, 8).SelectMany(i => NbdClient.Request(Command.Read, (ulong)i, 2 << 20, 1 << 20))]);
        for (var i = 0; i < 8; i++) (await client.AnswerAsync()).Type.ShouldBe(Chunk.OffsetHole);

        static byte[] Extent(int length, uint flags) => [.. NbdClient.Numbers((uint)length), .. NbdClient.Numbers(flags)];
    }

    [Fact]
    public async Task Allocation_that_was_chosen_for_another_export_does_not_count()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(Size));
        site.Add("other", new MemoryDevice(Size));
        using var client = await NbdClient.ConnectAsync(site.Address);
        await client.StructuredAsync();
        await client.OptionAsync(Octavo.Engine.Nbd.Option.SetMetaContext, NbdClient.MetaContext("other", Wire.Allocation));
        await client.OptionAnswerAsync();
        await client.OptionAsync(Octavo.Engine.Nbd.Option.Go, NbdClient.Named(Disk));
        await client.OptionAnswerAsync();

        (await client.AskAsync(Command.BlockStatus, 0, 512)).Error.ShouldBe(Errno.Invalid);
    }

    [Fact]
    public async Task A_volume_that_grows_is_served_in_its_new_size()
    {
        await using var site = NbdSite.Start();
        var device = new MemoryDevice(Size);
        site.Add(Disk, device);
        using var client = await NbdClient.EnterAsync(site.Address, Disk);
        (await client.WriteAsync(Size, [1])).Error.ShouldBe(Errno.NoSpace);

        device.Grow(512);

        (await client.WriteAsync(Size, [1])).Error.ShouldBe(Errno.None);
    }

    [Fact]
    public async Task A_read_that_waits_for_the_disk_holds_up_no_other_request()
    {
        await using var site = NbdSite.Start();
        var device = new MemoryDevice(Size) { IsCold = true };
        site.Add(Disk, device);
        using var client = await NbdClient.EnterAsync(site.Address, Disk);
        device.Door.Reset();
        await client.SendAsync([.. NbdClient.Request(Command.Read, 1, 0, 512), .. NbdClient.Request(Command.Flush, 2, 0, 0)]);

        var write = await client.WriteAsync(4096, [1, 2, 3]);
        device.Door.Set();
        var others = new[] { await client.AnswerAsync(), await client.AnswerAsync() };

        write.Error.ShouldBe(Errno.None);
        others.Select(o => o.Handle).Order().ShouldBe([1ul, 2ul]);
        others.ShouldAllBe(o => o.Error == Errno.None);
    }

    [Fact]
    public async Task Thousands_of_requests_that_wait_are_all_answered_once()
    {
        await using var site = NbdSite.Start();
        var device = new MemoryDevice(Size) { IsCold = true };
        site.Add(Disk, device);
        using var client = await NbdClient.EnterAsync(Unix(site), Disk);
        const int count = 5000;
        var sending = client.SendAsync([.. Enumerable.Range(0, count).SelectMany(i => NbdClient.Request(Command.Read, (ulong)i, (ulong)(i % 250 * 4096), 4096))]);

        var handles = new HashSet<ulong>();
        for (var i = 0; i < count; i++) handles.Add((await client.AnswerAsync()).Handle);

        await sending;
        handles.Count.ShouldBe(count);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(300_000)]
    public async Task Of_a_half_sent_write_nothing_is_written(int length)
    {
        await using var site = NbdSite.Start();
        var device = new MemoryDevice(Size);
        site.Add(Disk, device);
        using (var client = await NbdClient.EnterAsync(site.Address, Disk))
            await client.SendAsync([.. NbdClient.Request(Command.Write, 1, 0, (uint)length), .. Pool.Noise(length / 2, 1)]);

        await NbdHandshakeTests.UntilAsync(() => site.Open == 0);
        device.Writes.ShouldBe(0);
    }

    [Fact]
    public async Task A_wrong_magic_ends_the_connection_after_what_was_asked_before()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(Size));
        using var other = await NbdClient.EnterAsync(site.Address, Disk);
        using var client = await NbdClient.EnterAsync(Unix(site), Disk);

        await client.SendAsync([.. NbdClient.Request(Command.Flush, 5, 0, 0), .. NbdClient.Request(Command.Read, 6, 0, 512, magic: 1)]);

        (await client.AnswerAsync()).Handle.ShouldBe(5ul);
        await client.ShouldBeClosedAsync();
        (await other.ReadDeviceAsync(0, 512)).Length.ShouldBe(512);
    }

    [Fact]
    public async Task A_write_too_long_gets_an_error_and_ends_the_connection()
    {
        await using var site = NbdSite.Start();
        var device = new MemoryDevice(Size);
        site.Add(Disk, device);
        using var client = await NbdClient.EnterAsync(site.Address, Disk);

        await client.SendAsync(NbdClient.Request(Command.Write, 5, 0, Wire.MaxPayload + 1));

        (await client.AnswerAsync()).Error.ShouldBe(Errno.Invalid);
        await client.ShouldBeClosedAsync();
        device.Writes.ShouldBe(0);
    }

    [Fact]
    public async Task The_longest_read_and_write_go_through()
    {
        await using var site = NbdSite.Start();
        site.AddFile(Disk, Wire.MaxPayload + 4096);
        using var client = await NbdClient.EnterAsync(site.Address, Disk);
        var noise = Pool.Noise(Wire.MaxPayload, 1);

        (await client.WriteAsync(4096, noise, CommandFlags.Fua)).Error.ShouldBe(Errno.None);
        (await client.ReadDeviceAsync(4096, noise.Length)).ShouldBeBytes(noise);
    }

    [Fact]
    public async Task A_draining_export_ends_what_is_in_flight_and_closes()
    {
        await using var site = NbdSite.Start();
        var device = new MemoryDevice(Size);
        var entry = site.Add(Disk, device);
        using var idle = await NbdClient.EnterAsync(Unix(site), Disk);
        using var client = await NbdClient.EnterAsync(site.Address, Disk);
        device.Door.Reset();
        await client.SendAsync([.. NbdClient.Request(Command.Write, 1, 0, 3, CommandFlags.Fua), 1, 2, 3]);
        (await client.AskAsync(Command.Trim, 0, 1)).Error.ShouldBe(Errno.None);

        await entry.Draining.CancelAsync();
        await idle.ShouldBeClosedAsync();
        site.Open.ShouldBe(1, "the export of the request in flight");
        await client.TrySendAsync(NbdClient.Request(Command.Flush, 2, 0, 0));
        device.Door.Set();

        var answers = new List<NbdClient.Answer> { await client.AnswerAsync() };
        if (answers[0].Handle == 2) answers.Add(await client.AnswerAsync());
        answers.Single(a => a.Handle == 1).Error.ShouldBe(Errno.None);
        answers.ShouldAllBe(a => a.Handle == 1 || a.Error == Errno.Shutdown);
        device.Bytes[..3].ShouldBe([1, 2, 3]);
        await NbdHandshakeTests.UntilAsync(() => site.Open == 0);
        using var next = await NbdClient.ConnectAsync(site.Address);
        (await next.OptionAsync(Octavo.Engine.Nbd.Option.Go, NbdClient.Named(Disk))).Type.ShouldBe(OptionReply.Unknown);
    }

    [Fact]
    public async Task A_server_that_stops_answers_what_is_in_flight()
    {
        await using var site = NbdSite.Start();
        var device = new MemoryDevice(Size);
        site.Add(Disk, device);
        using var stranger = await NbdClient.ConnectAsync(site.Address);
        using var client = await NbdClient.EnterAsync(site.Address, Disk);
        device.Door.Reset();
        await client.SendAsync([.. NbdClient.Request(Command.Write, 1, 0, 3, CommandFlags.Fua), 1, 2, 3]);
        (await client.AskAsync(Command.Trim, 0, 1)).Error.ShouldBe(Errno.None);

        var stopping = site.Server.DisposeAsync().AsTask();
        await stranger.ShouldBeClosedAsync();
        stopping.IsCompleted.ShouldBeFalse();
        device.Door.Set();

        (await client.AnswerAsync()).Handle.ShouldBe(1ul);
        await client.ShouldBeClosedAsync();
        await stopping;
        site.Server.Connections.ShouldBe(0);
        site.Released.ShouldBe(1);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_client_that_takes_no_answers_holds_up_neither_others_nor_the_end(bool isUnix, bool isCold)
    {
        await using var site = NbdSite.Start(options => options with { DrainTime = TimeSpan.FromMilliseconds(100) });
        var device = new MemoryDevice(Size) { IsCold = isCold };
        var entry = site.Add(Disk, device);
        using var deaf = await NbdClient.EnterAsync(isUnix ? Unix(site) : site.Address, Disk);
        using var other = await NbdClient.EnterAsync(site.Address, Disk);
        // More than the sockets of both sides hold, so that the server cannot get rid of them.
        _ = deaf.TrySendAsync([.. Enumerable.Range(0, 200).SelectMany(i => NbdClient.Request(Command.Read, (ulong)i, 0, Size))]);
        await NbdHandshakeTests.UntilAsync(() => device.Reads > 3);

        (await other.ReadDeviceAsync(0, 512)).Length.ShouldBe(512);
        await entry.Draining.CancelAsync();
        await other.ShouldBeClosedAsync();
        await NbdHandshakeTests.UntilAsync(() => site.Open == 0);
    }
}
