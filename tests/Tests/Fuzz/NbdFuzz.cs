using System.Net.Sockets;
using System.Text;
using Octavo.Engine.Nbd;
using Octavo.Tests.Engine;
using Octavo.Tests.Engine.Nbd;
using Octavo.Tests.Support;
using Option = Octavo.Engine.Nbd.Option;

namespace Octavo.Tests.Fuzz;

/// <summary>Whatever a client sends, the server neither falls, hangs nor grows, and serves the next one.</summary>
[Collection<Alone>]
public sealed class NbdFuzz
{
    const string Disk = "disk";
    const int Size = 1 << 20;

    /// <summary>What many connections may leave in memory: buffers that are kept for the next ones.</summary>
    const long MaxGrowth = 64 << 20;

    [Fact]
    public async Task Any_handshake_ends_and_leaves_nothing_open()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(Size));

        await Fuzzing.RunAsync(300, async mutator =>
        {
            var said = new List<byte>([0, 0, 0, 3]);
            for (var i = mutator.Below(6); i >= 0; i--) said.AddRange(Frame(mutator));
            await SayAsync(site, mutator.Mutate([.. said]), mutator.OneIn(2));
        });

        await ShouldServeAsync(site);
    }

    [Fact]
    public async Task Any_requests_end_and_leave_nothing_in_flight()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(Size));
        var opening = new List<byte>([0, 0, 0, 3]);
        opening.AddRange(Frame(Option.StructuredReply, []));
        opening.AddRange(Frame(Option.SetMetaContext, NbdClient.MetaContext(Disk, Wire.Allocation)));
        opening.AddRange(Frame(Option.Go, NbdClient.Named(Disk)));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await Fuzzing.RunAsync(300, async mutator =>
        {
            var requests = new List<byte>();
            for (var i = mutator.Below(20); i >= 0; i--)
            {
                var command = (Command)mutator.Below(9);
                var length = mutator.Below(mutator.OneIn(8) ? 200_000 : 5000);
                var flags = mutator.OneIn(3) ? (CommandFlags)(1 << mutator.Below(6)) : CommandFlags.None;
                requests.AddRange(NbdClient.Request(command, (ulong)i, (ulong)mutator.Below(Size), (uint)length, flags));
                if (command == Command.Write) requests.AddRange(new byte[length]);
            }
            await SayAsync(site, [.. opening, .. mutator.Mutate([.. requests])], mutator.OneIn(2));
        });

        await ShouldServeAsync(site);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(MaxGrowth);
    }

    static byte[] Frame(Mutator mutator)
    {
        var name = mutator.OneIn(3) ? "other" : Disk;
        return mutator.Below(8) switch
        {
            0 => Frame(Option.ExportName, Encoding.UTF8.GetBytes(name)),
            1 => Frame(Option.Info, NbdClient.Named(name, InfoType.Name, InfoType.BlockSize)),
            2 => Frame(Option.Go, NbdClient.Named(name)),
            3 => Frame(Option.StructuredReply, []),
            4 => Frame(Option.ListMetaContext, NbdClient.MetaContext(name, "base:")),
            5 => Frame(Option.SetMetaContext, NbdClient.MetaContext(name, Wire.Allocation)),
            6 => Frame(Option.StartTls, []),
            _ => Frame((Option)mutator.Below(16), Pool.Noise(mutator.Below(50), mutator.Seed)),
        };
    }

    static byte[] Frame(Option option, byte[] data)
    {
        byte[] magic = [0x49, 0x48, 0x41, 0x56, 0x45, 0x4F, 0x50, 0x54];
        return [.. magic, .. NbdClient.Numbers((uint)option), .. NbdClient.Numbers((uint)data.Length), .. data];
    }

    /// <summary>Says it all at once, hears what comes, or hangs up before.</summary>
    static async Task SayAsync(NbdSite site, byte[] said, bool hears)
    {
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(site.SocketPath), TestContext.Current.CancellationToken);
            var hearing = hears ? HearAsync(socket) : Task.CompletedTask;
            try
            {
                await socket.SendAsync(said, TestContext.Current.CancellationToken);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // The server closed it, as it may.
            }
            await hearing;
        }
        await NbdHandshakeTests.UntilAsync(() => site.Server.Connections == 0);
        site.Open.ShouldBe(0);
        site.Warnings.ShouldBeEmpty();
    }

    static async Task HearAsync(Socket socket)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Reset, with bytes of ours unread.
        }
    }

    static async Task ShouldServeAsync(NbdSite site)
    {
        using var client = await NbdClient.EnterAsync(site.Address, Disk);
        (await client.ReadDeviceAsync(0, 512)).Length.ShouldBe(512);
    }
}
