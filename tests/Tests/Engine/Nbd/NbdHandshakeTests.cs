using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Octavo.Engine;
using Octavo.Engine.Nbd;
using Octavo.Tests.Support;
using Option = Octavo.Engine.Nbd.Option;

namespace Octavo.Tests.Engine.Nbd;

/// <summary>From the connection to an export: what the protocol promises, and what bad clients get.</summary>
public sealed class NbdHandshakeTests
{
    const string Disk = "disk";

    static UnixDomainSocketEndPoint Unix(NbdSite site) => new UnixDomainSocketEndPoint(site.SocketPath);

    [Fact]
    public async Task An_export_is_told_with_its_size_flags_name_and_block_sizes()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(123_456));
        using var client = await NbdClient.ConnectAsync(site.Address);
        await client.StructuredAsync();

        var export = await client.OptionAsync(Option.Info, NbdClient.Named(Disk, InfoType.Name, InfoType.BlockSize));
        var name = await client.OptionAnswerAsync();
        var sizes = await client.OptionAnswerAsync();
        (await client.OptionAnswerAsync()).Type.ShouldBe(OptionReply.Ack);

        export.Type.ShouldBe(OptionReply.Info);
        BinaryPrimitives.ReadInt64BigEndian(export.Data.AsSpan(2)).ShouldBe(123_456);
        ((ExportFlags)BinaryPrimitives.ReadUInt16BigEndian(export.Data.AsSpan(10))).ShouldBe(
            ExportFlags.HasFlags | ExportFlags.SendFlush | ExportFlags.SendFua | ExportFlags.SendTrim | ExportFlags.SendWriteZeroes
            | ExportFlags.SendDf | ExportFlags.CanMultiConn | ExportFlags.SendCache | ExportFlags.SendFastZero);
        Encoding.UTF8.GetString(name.Data.AsSpan(2)).ShouldBe(Disk);
        sizes.Data[2..].ShouldBe([0, 0, 0, 1, 0, 0, 0x10, 0, 2, 0, 0, 0]);
    }

    [Fact]
    public async Task A_read_only_export_says_so_and_promises_no_change()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(512, isReadOnly: true));
        using var client = await NbdClient.ConnectAsync(site.Address);

        var export = await client.OptionAsync(Option.Go, NbdClient.Named(Disk));

        ((ExportFlags)BinaryPrimitives.ReadUInt16BigEndian(export.Data.AsSpan(10))).ShouldBe(
            ExportFlags.HasFlags | ExportFlags.ReadOnly | ExportFlags.SendFlush | ExportFlags.CanMultiConn | ExportFlags.SendCache);
    }

    [Theory]
    [InlineData(Wire.FixedNewstyle, 134)]
    [InlineData(Wire.FixedNewstyle | Wire.NoZeroes, 10)]
    public async Task The_oldest_way_in_still_leads_to_an_export(uint flags, int answerBytes)
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(4096));
        using var client = await NbdClient.ConnectAsync(site.Address, flags);

        await client.SendOptionAsync(Option.ExportName, Encoding.UTF8.GetBytes(Disk));
        var answer = await client.ReadAsync(answerBytes);

        BinaryPrimitives.ReadInt64BigEndian(answer).ShouldBe(4096);
        (await client.ReadDeviceAsync(0, 4096)).ShouldBeBytes(new byte[4096]);
    }

    [Fact]
    public async Task An_unknown_export_is_refused_with_a_sentence_and_the_client_may_go_on()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(4096));
        using var client = await NbdClient.ConnectAsync(site.Address);
        await client.StructuredAsync();

        foreach (var option in new[] { Option.Info, Option.Go })
        {
            var refused = await client.OptionAsync(option, NbdClient.Named("secret"));
            refused.Type.ShouldBe(OptionReply.Unknown);
            refused.Sentence.ShouldBe("There is no export of that name that you may use.");
        }
        (await client.OptionAsync(Option.SetMetaContext, NbdClient.MetaContext("secret", Wire.Allocation))).Type.ShouldBe(OptionReply.Unknown);

        (await client.OptionAsync(Option.Go, NbdClient.Named(Disk))).Type.ShouldBe(OptionReply.Info);
        site.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_export_the_oldest_way_ends_the_connection()
    {
        await using var site = NbdSite.Start();
        using var client = await NbdClient.ConnectAsync(site.Address);

        await client.SendOptionAsync(Option.ExportName, "secret"u8.ToArray());

        await client.ShouldBeClosedAsync();
    }

    [Fact]
    public async Task The_list_names_nothing()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(4096));
        using var client = await NbdClient.ConnectAsync(site.Address);

        (await client.OptionAsync(Option.List, [])).Type.ShouldBe(OptionReply.Ack);
        (await client.OptionAsync(Option.List, [1])).Type.ShouldBe(OptionReply.Invalid);
        (await client.OptionAsync(Option.Abort, [])).Type.ShouldBe(OptionReply.Ack);
        await client.ShouldBeClosedAsync();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(11)]
    [InlineData(0xFFFF_FFFF)]
    public async Task An_option_that_nobody_knows_is_refused_and_the_next_one_answered(uint option)
    {
        await using var site = NbdSite.Start();
        using var client = await NbdClient.ConnectAsync(site.Address);

        (await client.OptionAsync((Option)option, new byte[1000])).Type.ShouldBe(OptionReply.Unsupported);
        (await client.OptionAsync(Option.List, [])).Type.ShouldBe(OptionReply.Ack);
    }

    public static TheoryData<uint, byte[]> Malformed => new()
    {
        { (uint)Option.Go, [] },
        { (uint)Option.Go, [0, 0, 0, 9, 1] },
        { (uint)Option.Go, [0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4] },
        { (uint)Option.Go, [0, 0, 0, 1, 0, 0, 0] },
        { (uint)Option.Info, [.. NbdClient.Named(Disk), 7] },
        { (uint)Option.Info, [.. NbdClient.Named(Disk)[..^1], 9] },
        { (uint)Option.Go, NbdClient.Named(new string('x', Wire.MaxText + 1)) },
        { (uint)Option.SetMetaContext, [0, 0, 0, 0] },
        { (uint)Option.SetMetaContext, [.. NbdClient.MetaContext(Disk, Wire.Allocation), 1] },
        { (uint)Option.SetMetaContext, [.. NbdClient.MetaContext(Disk)[..^1], 200] },
        { (uint)Option.StructuredReply, [1] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Malformed_data_of_an_option_is_refused_with_a_sentence(uint option, byte[] data)
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(4096));
        using var client = await NbdClient.ConnectAsync(site.Address);
        await client.StructuredAsync();

        var refused = await client.OptionAsync((Option)option, data);

        refused.Type.ShouldBe(OptionReply.Invalid);
        refused.Sentence.ShouldEndWith(".");
        (await client.OptionAsync(Option.List, [])).Type.ShouldBe(OptionReply.Ack);
    }

    [Fact]
    public async Task Holes_can_be_asked_for_by_their_name_only()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(4096));
        using var client = await NbdClient.ConnectAsync(site.Address);

        (await client.OptionAsync(Option.SetMetaContext, NbdClient.MetaContext(Disk, Wire.Allocation))).Type.ShouldBe(OptionReply.Invalid);
        await client.StructuredAsync();
        foreach (var queries in new string[][] { [], ["base:"], ["qemu:dirty-bitmap:", Wire.Allocation] })
        {
            (await client.OptionAsync(Option.ListMetaContext, NbdClient.MetaContext(Disk, queries))).Sentence.ShouldEndWith(Wire.Allocation);
            (await client.OptionAnswerAsync()).Type.ShouldBe(OptionReply.Ack);
        }
        (await client.OptionAsync(Option.ListMetaContext, NbdClient.MetaContext(Disk, "x:"))).Type.ShouldBe(OptionReply.Ack);
        (await client.OptionAsync(Option.SetMetaContext, NbdClient.MetaContext(Disk, "base:"))).Type.ShouldBe(OptionReply.Ack);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wrong_magic_or_flag_ends_the_connection(bool isFlag)
    {
        await using var site = NbdSite.Start();
        using var client = await NbdClient.ConnectAsync(site.Address, isFlag ? 0x8000_0001u : Wire.FixedNewstyle);

        await client.TrySendAsync(new byte[16]);

        await client.ShouldBeClosedAsync();
    }

    [Fact]
    public async Task An_option_too_long_is_refused_and_ends_the_connection()
    {
        await using var site = NbdSite.Start();
        using var client = await NbdClient.ConnectAsync(site.Address);

        await client.SendOptionAsync(Option.Go, [], length: uint.MaxValue);

        (await client.OptionAnswerAsync()).Type.ShouldBe(OptionReply.TooBig);
        await client.ShouldBeClosedAsync();
    }

    [Fact]
    public async Task A_flood_of_options_ends_the_connection_while_others_are_served()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(4096));
        using var other = await NbdClient.EnterAsync(Unix(site), Disk);
        using var client = await NbdClient.ConnectAsync(site.Address);

        for (var i = 0; i < 64; i++) (await client.OptionAsync(Option.List, [])).Type.ShouldBe(OptionReply.Ack);

        await client.ShouldBeClosedAsync();
        (await other.ReadDeviceAsync(0, 512)).Length.ShouldBe(512);
    }

    [Fact]
    public async Task A_client_that_only_drips_is_cut_off_in_time_and_one_with_an_export_is_not()
    {
        var time = new FakeTimeProvider();
        await using var site = NbdSite.Start(o => o with { Time = time });
        site.Add(Disk, new MemoryDevice(4096));
        using var entered = await NbdClient.EnterAsync(site.Address, Disk);
        using var silent = await NbdClient.ConnectSilentlyAsync(site.Address);
        using var dripping = await NbdClient.ConnectAsync(Unix(site));
        await silent.ReadAsync(18);
        await dripping.SendAsync([0x49]);

        time.Advance(TimeSpan.FromSeconds(9));
        await dripping.SendAsync([0x48]);
        time.Advance(TimeSpan.FromSeconds(2));

        await silent.ShouldBeClosedAsync();
        await dripping.ShouldBeClosedAsync();
        (await entered.ReadDeviceAsync(0, 512)).Length.ShouldBe(512);
    }

    [Fact]
    public async Task Strangers_cannot_take_the_place_of_those_who_have_an_export()
    {
        await using var site = NbdSite.Start(o => o with { MaxHandshakes = 2, MaxConnections = 4 });
        site.Add(Disk, new MemoryDevice(4096));
        using var first = await NbdClient.EnterAsync(site.Address, Disk);
        using var second = await NbdClient.EnterAsync(site.Address, Disk);
        using var stranger = await NbdClient.ConnectAsync(site.Address);
        using (await NbdClient.ConnectAsync(site.Address))
        {
            using var tooMany = await NbdClient.ConnectSilentlyAsync(site.Address);
            await tooMany.ShouldBeClosedAsync();
            site.Warnings.Count.ShouldBe(1);
        }

        await UntilAsync(() => site.Server.Connections == 3);
        using var third = await NbdClient.EnterAsync(site.Address, Disk);
        using var beyond = await NbdClient.ConnectSilentlyAsync(site.Address);
        await beyond.ShouldBeClosedAsync();
        (await first.ReadDeviceAsync(0, 512)).Length.ShouldBe(512);
    }

    [Fact]
    public async Task An_export_that_was_only_looked_at_is_let_go()
    {
        await using var site = NbdSite.Start();
        site.Add(Disk, new MemoryDevice(4096));
        site.Add("other", new MemoryDevice(512));
        using (var client = await NbdClient.ConnectAsync(site.Address))
        {
            foreach (var name in new[] { Disk, "other", Disk })
            {
                await client.OptionAsync(Option.Info, NbdClient.Named(name));
                await client.OptionAnswerAsync();
            }
            site.Released.ShouldBe(2);
        }

        await UntilAsync(() => site.Open == 0);
    }

    [Fact]
    public async Task Where_tls_is_required_nothing_is_told_without_it()
    {
        using var certificate = Certificate();
        await using var site = NbdSite.Start(o => o with { Certificate = certificate, RequireTls = true });
        site.Add(Disk, new MemoryDevice(4096));
        using var client = await NbdClient.ConnectAsync(site.Address);

        foreach (var option in new[] { Option.List, Option.Info, Option.Go, Option.StructuredReply, Option.SetMetaContext, (Option)99 })
            (await client.OptionAsync(option, [])).Type.ShouldBe(OptionReply.TlsRequired);
        await client.SecureAsync(certificate);
        (await client.OptionAsync(Option.StartTls, [])).Type.ShouldBe(OptionReply.Invalid);
        (await client.OptionAsync(Option.Go, NbdClient.Named(Disk))).Type.ShouldBe(OptionReply.Info);
        (await client.OptionAnswerAsync()).Type.ShouldBe(OptionReply.Ack);
        (await client.WriteAsync(100, Pool.Noise(2000, 1))).Error.ShouldBe(Errno.None);
        (await client.ReadDeviceAsync(100, 2000)).ShouldBeBytes(Pool.Noise(2000, 1));

        using var old = await NbdClient.ConnectAsync(site.Address);
        await old.SendOptionAsync(Option.ExportName, Encoding.UTF8.GetBytes(Disk));
        await old.ShouldBeClosedAsync();
        using var local = await NbdClient.EnterAsync(Unix(site), Disk);
    }

    [Fact]
    public async Task What_was_agreed_before_tls_does_not_count()
    {
        using var certificate = Certificate();
        await using var site = NbdSite.Start(o => o with { Certificate = certificate });
        site.Add(Disk, new MemoryDevice(4096));
        using var client = await NbdClient.ConnectAsync(site.Address);
        await client.StructuredAsync();

        await client.SecureAsync(certificate);

        (await client.OptionAsync(Option.SetMetaContext, NbdClient.MetaContext(Disk, Wire.Allocation))).Type.ShouldBe(OptionReply.Invalid);
    }

    [Fact]
    public async Task Without_a_certificate_tls_is_refused_and_cannot_be_required()
    {
        await using var site = NbdSite.Start();
        using var client = await NbdClient.ConnectAsync(site.Address);

        (await client.OptionAsync(Option.StartTls, [])).Type.ShouldBe(OptionReply.Policy);
        Should.Throw<EngineException>(() => NbdSite.Start(o => o with { RequireTls = true })).Error.ShouldBe(EngineError.Invalid);
    }

    [Fact]
    public async Task A_client_whose_tls_fails_is_sent_away_and_the_next_one_served()
    {
        using var certificate = Certificate();
        await using var site = NbdSite.Start(o => o with { Certificate = certificate });
        site.Add(Disk, new MemoryDevice(4096));
        using var client = await NbdClient.ConnectAsync(site.Address);

        (await client.OptionAsync(Option.StartTls, [])).Type.ShouldBe(OptionReply.Ack);
        await client.TrySendAsync(Pool.Noise(4000, 3));

        await client.ReadToEndAsync();
        using var next = await NbdClient.EnterAsync(site.Address, Disk);
        site.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_socket_is_for_its_owner_and_replaces_the_file_of_a_dead_process()
    {
        await using var site = NbdSite.Start();
        File.GetUnixFileMode(site.SocketPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var taken = Should.Throw<EngineException>(() => NbdServer.Start(site, new NbdOptions(TimeProvider.System) { SocketPaths = [site.SocketPath] }));
        taken.Message.ShouldContain("another process listens there");

        var stale = Path.Combine(site.Folder, "stale.sock");
        // The name goes with the socket where the runtime closes it, so another name keeps what a dead process leaves.
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(stale + ".was"));
            File.Move(stale + ".was", stale);
        }
        File.Exists(stale).ShouldBeTrue();
        await using (NbdServer.Start(site, new NbdOptions(TimeProvider.System) { SocketPaths = [stale] }))
        {
            using var client = await NbdClient.ConnectAsync(new UnixDomainSocketEndPoint(stale));
        }
        File.Exists(stale).ShouldBeFalse();

        var plain = Path.Combine(site.Folder, "plain");
        await File.WriteAllTextAsync(plain, "", TestContext.Current.CancellationToken);
        Should.Throw<EngineException>(() => NbdServer.Start(site, new NbdOptions(TimeProvider.System) { SocketPaths = [plain] }));
        File.Exists(plain).ShouldBeTrue();
        var tcp = Should.Throw<EngineException>(() => NbdServer.Start(site, new NbdOptions(TimeProvider.System) { Addresses = [site.Address] }));
        tcp.Message.ShouldContain(site.Address.ToString());
    }

    internal static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }

    /// <summary>Waits for what another thread does a moment later.</summary>
    internal static async Task UntilAsync(Func<bool> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(30));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
