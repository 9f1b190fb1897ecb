using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Octavo.Engine.Nbd;

namespace Octavo.Tests.Engine.Nbd;

/// <summary>A client that says exactly what a test wants, right or wrong. What takes longer than a minute hangs, and fails.</summary>
sealed class NbdClient : IDisposable
{
    static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    readonly Socket socket;
    readonly CancellationTokenSource patience = new(Hang, TimeProvider.System);
    Stream stream;

    NbdClient(Socket socket)
    {
        this.socket = socket;
        stream = new NetworkStream(socket);
    }

    public bool IsStructured { get; private set; }

    /// <summary>An option's answer.</summary>
    public sealed record OptionAnswer(OptionReply Type, byte[] Data)
    {
        public string Sentence => Encoding.UTF8.GetString(Data);
    }

    /// <summary>A request's answer; one chunk where replies are structured.</summary>
    public sealed record Answer(ulong Handle, Errno Error, Chunk? Type, byte[] Data);

    /// <summary>Connects and greets.</summary>
    public static async Task<NbdClient> ConnectAsync(EndPoint address, uint flags = Wire.FixedNewstyle | Wire.NoZeroes)
    {
        var client = await ConnectSilentlyAsync(address);
        var greeting = await client.ReadAsync(18);
        BinaryPrimitives.ReadUInt64BigEndian(greeting).ShouldBe(Wire.Greeting);
        BinaryPrimitives.ReadUInt64BigEndian(greeting.AsSpan(8)).ShouldBe(Wire.OptionMagic);
        await client.SendAsync(Numbers(flags));
        return client;
    }

    public static async Task<NbdClient> ConnectSilentlyAsync(EndPoint address)
    {
        var socket = address is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address, TestContext.Current.CancellationToken);
        return new NbdClient(socket);
    }

    /// <summary>Connects and enters an export.</summary>
    public static async Task<NbdClient> EnterAsync(EndPoint address, string export, bool isStructured = true, bool hasAllocation = false)
    {
        var client = await ConnectAsync(address);
        if (isStructured) await client.StructuredAsync();
        if (hasAllocation)
        {
            (await client.OptionAsync(Option.SetMetaContext, MetaContext(export, Wire.Allocation))).Type.ShouldBe(OptionReply.MetaContext);
            (await client.OptionAnswerAsync()).Type.ShouldBe(OptionReply.Ack);
        }
        (await client.OptionAsync(Option.Go, Named(export))).Type.ShouldBe(OptionReply.Info);
        (await client.OptionAnswerAsync()).Type.ShouldBe(OptionReply.Ack);
        return client;
    }

    public async Task StructuredAsync()
    {
        (await OptionAsync(Option.StructuredReply, [])).Type.ShouldBe(OptionReply.Ack);
        IsStructured = true;
    }

    /// <summary>Goes on in TLS, and believes that certificate only.</summary>
    public async Task SecureAsync(X509Certificate2 trusted)
    {
        (await OptionAsync(Option.StartTls, [])).Type.ShouldBe(OptionReply.Ack);
        var tls = new SslStream(stream);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(trusted);
        var options = new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy };
        await tls.AuthenticateAsClientAsync(options, patience.Token);
        stream = tls;
        IsStructured = false;
    }

    public Task SendOptionAsync(Option option, byte[] data, ulong magic = Wire.OptionMagic, uint? length = null)
    {
        var header = new byte[Wire.OptionBytes];
        BinaryPrimitives.WriteUInt64BigEndian(header, magic);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), (uint)option);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(12), length ?? (uint)data.Length);
        return SendAsync([.. header, .. data]);
    }

    /// <summary>Asks for an option; its first answer.</summary>
    public async Task<OptionAnswer> OptionAsync(Option option, byte[] data)
    {
        await SendOptionAsync(option, data);
        return await OptionAnswerAsync();
    }

    public async Task<OptionAnswer> OptionAnswerAsync()
    {
        var header = await ReadAsync(Wire.OptionReplyBytes);
        BinaryPrimitives.ReadUInt64BigEndian(header).ShouldBe(Wire.OptionReplyMagic);
        return new OptionAnswer(
            (OptionReply)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12)), await ReadAsync(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(16))));
    }

    public static byte[] Request(
        Command command, ulong handle, ulong offset, uint length, CommandFlags flags = CommandFlags.None, uint magic = Wire.RequestMagic)
    {
        var request = new byte[Wire.RequestBytes];
        BinaryPrimitives.WriteUInt32BigEndian(request, magic);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(4), (ushort)flags);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), (ushort)command);
        BinaryPrimitives.WriteUInt64BigEndian(request.AsSpan(8), handle);
        BinaryPrimitives.WriteUInt64BigEndian(request.AsSpan(16), offset);
        BinaryPrimitives.WriteUInt32BigEndian(request.AsSpan(24), length);
        return request;
    }

    /// <summary>Asks one thing and waits for its answer.</summary>
    public async Task<Answer> AskAsync(Command command, long offset, int length, CommandFlags flags = CommandFlags.None, byte[]? payload = null)
    {
        const ulong handle = 0x0123_4567_89ab_cdef;
        await SendAsync([.. Request(command, handle, (ulong)offset, (uint)length, flags), .. payload ?? []]);
        var answer = await AnswerAsync(command == Command.Read ? length : 0);
        answer.Handle.ShouldBe(handle);
        return answer;
    }

    public Task<Answer> WriteAsync(long offset, byte[] bytes, CommandFlags flags = CommandFlags.None) =>
        AskAsync(Command.Write, offset, bytes.Length, flags, bytes);

    /// <summary>The bytes of a range.</summary>
    public async Task<byte[]> ReadDeviceAsync(long offset, int length)
    {
        var answer = await AskAsync(Command.Read, offset, length);
        answer.Error.ShouldBe(Errno.None);
        return answer.Type == Chunk.OffsetHole ? new byte[length] : answer.Data;
    }

    /// <summary>The next answer; a simple one to a read needs to be told how long it is.</summary>
    public async Task<Answer> AnswerAsync(int readLength = 0)
    {
        var start = await ReadAsync(4);
        if (BinaryPrimitives.ReadUInt32BigEndian(start) == Wire.SimpleReplyMagic)
        {
            var simple = await ReadAsync(12);
            var error = (Errno)BinaryPrimitives.ReadUInt32BigEndian(simple);
            var handle = BinaryPrimitives.ReadUInt64BigEndian(simple.AsSpan(4));
            return new Answer(handle, error, null, await ReadAsync(error == Errno.None ? readLength : 0));
        }
        BinaryPrimitives.ReadUInt32BigEndian(start).ShouldBe(Wire.StructuredReplyMagic);
        IsStructured.ShouldBeTrue("a chunk that nobody asked for");
        var header = await ReadAsync(Wire.ChunkBytes - 4);
        BinaryPrimitives.ReadUInt16BigEndian(header).ShouldBe(Wire.Done);
        var type = (Chunk)BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2));
        var payload = await ReadAsync(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(12)));
        var chunkHandle = BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(4));
        return type switch
        {
            Chunk.Error => new Answer(chunkHandle, (Errno)BinaryPrimitives.ReadUInt32BigEndian(payload), type, payload[6..]),
            Chunk.OffsetData => new Answer(chunkHandle, Errno.None, type, payload[Wire.ContentOffsetBytes..]),
            _ => new Answer(chunkHandle, Errno.None, type, payload),
        };
    }

    public async Task SendAsync(byte[] bytes) => await stream.WriteAsync(bytes, patience.Token);

    /// <summary>Sends into a connection that may be closed already.</summary>
    public async Task TrySendAsync(byte[] bytes)
    {
        try
        {
            await SendAsync(bytes);
        }
        catch (IOException)
        {
            // Closed, as it may be.
        }
    }

    public async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, patience.Token);
        return bytes;
    }

    /// <summary>All that still comes, until the server closes the connection.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var rest = new MemoryStream();
        try
        {
            await stream.CopyToAsync(rest, patience.Token);
        }
        catch (IOException)
        {
            // Closed with bytes of ours unread: a reset.
        }
        return rest.ToArray();
    }

    /// <summary>The server closes the connection and says nothing more.</summary>
    public async Task ShouldBeClosedAsync() => (await ReadToEndAsync()).Length.ShouldBe(0);

    /// <summary>INFO's and GO's data: a name and what is asked for.</summary>
    public static byte[] Named(string name, params InfoType[] wanted) =>
    [
        .. Numbers((uint)Encoding.UTF8.GetByteCount(name)), .. Encoding.UTF8.GetBytes(name), 0, (byte)wanted.Length,
        .. wanted.SelectMany(w => new byte[] { 0, (byte)w }),
    ];

    public static byte[] MetaContext(string name, params string[] queries) =>
    [
        .. Numbers((uint)Encoding.UTF8.GetByteCount(name)), .. Encoding.UTF8.GetBytes(name), .. Numbers((uint)queries.Length),
        .. queries.SelectMany(q => (byte[])[.. Numbers((uint)q.Length), .. Encoding.UTF8.GetBytes(q)]),
    ];

    public static byte[] Numbers(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    public void Dispose()
    {
        stream.Dispose();
        socket.Dispose();
        patience.Dispose();
    }
}
