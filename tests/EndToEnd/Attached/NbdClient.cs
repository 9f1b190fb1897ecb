using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Octavo.EndToEnd.Attached;

/// <summary>One connection to an export, a request at a time. It knows nothing of the server's code: numbers are from the protocol's description.</summary>
sealed class NbdClient : IAsyncDisposable
{
    const ulong Greeting = 0x4e42444d41474943; // "NBDMAGIC"
    const ulong Option = 0x49484156454f5054; // "IHAVEOPT"
    const ulong OptionReply = 0x3e889045565a9;
    const uint Request = 0x25609513;
    const uint Reply = 0x67446698;
    const uint Go = 7;
    const uint Acknowledged = 1;
    const uint Refused = 1u << 31;

    readonly NetworkStream stream;
    readonly byte[] head = new byte[28];
    ulong cookies;

    NbdClient(Socket socket) => stream = new NetworkStream(socket, ownsSocket: true);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Connects to <c>nbd://HOST:PORT/EXPORT</c> or <c>nbd+unix:///EXPORT?socket=PATH</c>.</summary>
    /// <exception cref="IOException">There is no such export, or nobody listens.</exception>
    public static async Task<NbdClient> ConnectAsync(string address)
    {
        var uri = new Uri(address);
        EndPoint end = uri.Scheme == "nbd+unix"
            ? new UnixDomainSocketEndPoint(Uri.UnescapeDataString(uri.Query["?socket=".Length..]))
            : new DnsEndPoint(uri.Host, uri.Port);
        var socket = new Socket(end.AddressFamily == AddressFamily.Unix ? AddressFamily.Unix : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(end, Cancellation);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException("Nobody listens.", e);
        }
        var client = new NbdClient(socket);
        try
        {
            await client.GoAsync(uri.AbsolutePath.TrimStart('/'));
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>The export's size in bytes.</summary>
    public long Size { get; private set; }

    /// <summary>Its transmission flags.</summary>
    public ushort Flags { get; private set; }

    /// <summary>Reads.</summary>
    public Task ReadAsync(Memory<byte> buffer, long offset) => AskAsync(0, 0, offset, buffer.Length, default, buffer);

    /// <summary>Writes.</summary>
    /// <param name="isForced">Durable when it is answered.</param>
    public Task WriteAsync(ReadOnlyMemory<byte> data, long offset, bool isForced) => AskAsync(1, isForced ? 1 : 0, offset, data.Length, data, default);

    /// <summary>Makes all durable that was answered.</summary>
    public Task FlushAsync() => AskAsync(3, 0, 0, 0, default, default);

    async Task GoAsync(string export)
    {
        var greeting = await ReceiveAsync(18);
        if (BinaryPrimitives.ReadUInt64BigEndian(greeting) != Greeting || BinaryPrimitives.ReadUInt64BigEndian(greeting.AsSpan(8)) != Option)
            throw new IOException("This is no NBD server.");
        var name = Encoding.UTF8.GetBytes(export);
        var go = new byte[4 + 16 + 4 + name.Length + 2];
        BinaryPrimitives.WriteUInt32BigEndian(go, 3); // fixed newstyle, no zeroes
        BinaryPrimitives.WriteUInt64BigEndian(go.AsSpan(4), Option);
        BinaryPrimitives.WriteUInt32BigEndian(go.AsSpan(12), Go);
        BinaryPrimitives.WriteInt32BigEndian(go.AsSpan(16), 4 + name.Length + 2);
        BinaryPrimitives.WriteInt32BigEndian(go.AsSpan(20), name.Length);
        name.CopyTo(go, 24);
        await stream.WriteAsync(go, Cancellation);
        while (true)
        {
            var reply = await ReceiveAsync(20);
            if (BinaryPrimitives.ReadUInt64BigEndian(reply) != OptionReply) throw new IOException("That was no reply to an option.");
            var type = BinaryPrimitives.ReadUInt32BigEndian(reply.AsSpan(12));
            var data = await ReceiveAsync(BinaryPrimitives.ReadInt32BigEndian(reply.AsSpan(16)));
            if (type == Acknowledged) return;
            if ((type & Refused) != 0) throw new IOException($"The export is refused: {Encoding.UTF8.GetString(data)}");
            if (data.Length != 12 || BinaryPrimitives.ReadUInt16BigEndian(data) != 0) continue;
            Size = BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(2));
            Flags = BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(10));
        }
    }

    async Task AskAsync(ushort command, int flags, long offset, int length, ReadOnlyMemory<byte> data, Memory<byte> answer)
    {
        BinaryPrimitives.WriteUInt32BigEndian(head, Request);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(4), (ushort)flags);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), command);
        BinaryPrimitives.WriteUInt64BigEndian(head.AsSpan(8), ++cookies);
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(16), offset);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(24), length);
        await stream.WriteAsync(head, Cancellation);
        if (!data.IsEmpty) await stream.WriteAsync(data, Cancellation);
        var reply = await ReceiveAsync(16);
        if (BinaryPrimitives.ReadUInt32BigEndian(reply) != Reply || BinaryPrimitives.ReadUInt64BigEndian(reply.AsSpan(8)) != cookies)
            throw new IOException("That was no reply to the request.");
        if (BinaryPrimitives.ReadInt32BigEndian(reply.AsSpan(4)) is not 0 and var error) throw new IOException($"The request failed with error {error}.");
        if (!answer.IsEmpty) await stream.ReadExactlyAsync(answer, Cancellation);
    }

    async Task<byte[]> ReceiveAsync(int length)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, Cancellation);
        return bytes;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
