using System.Net;
using System.Net.Sockets;
using Octavo.Engine.Io;

namespace Octavo.Engine.Nbd;

/// <summary>
/// Serves block devices over NBD, the network block device protocol, on TCP and Unix sockets, from <see cref="Start"/> until it is disposed.
/// <c>docs/nbd.md</c> tells which parts of the protocol there are.
/// </summary>
public sealed class NbdServer : IAsyncDisposable
{
    /// <summary>Enough for the few calls that a connection's threads nest, and for TLS.</summary>
    internal const int StackBytes = 512 << 10;

    /// <summary>Clients that may wait while the server accepts others.</summary>
    const int Backlog = 128;

    /// <summary>What the system keeps under way on a Unix socket, so that an answer of 1 MiB needs no second wake-up; the system may cap it. TCP's own tuning is better.</summary>
    const int SendBufferBytes = 4 << 20;

    /// <summary>After so many seconds of silence a client over TCP is asked whether it is there, four times.</summary>
    const int KeepAliveSeconds = 60;
    const int KeepAliveInterval = 15;
    const int KeepAliveTries = 4;

    readonly INbdExports exports;
    readonly NbdOptions options;
    readonly Action<string> warn;
    readonly List<Socket> listeners = [];
    readonly List<Task> accepting = [];
    readonly CancellationTokenSource stopping = new();
    readonly TaskCompletionSource allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    readonly Lock counts = new();

    int connections, handshakes;
    bool isFull, isAccepting = true;

    NbdServer(INbdExports exports, NbdOptions options)
    {
        this.exports = exports;
        this.options = options;
        warn = options.Warn ?? (_ => { });
    }

    /// <summary>Listens and serves.</summary>
    /// <exception cref="EngineException">Invalid: the options contradict each other. Conflict: an address is taken, or cannot be listened on.</exception>
    public static NbdServer Start(INbdExports exports, NbdOptions options)
    {
        if (options.RequireTls && options.Certificate is null)
            throw new EngineException(EngineError.Invalid, "TLS can only be required where there is a certificate.");
        if (options.Certificate is { HasPrivateKey: false })
            throw new EngineException(EngineError.Invalid, "The certificate for TLS has no private key.");
        var server = new NbdServer(exports, options);
        try
        {
            foreach (var address in options.Addresses) server.listeners.Add(Listen(address));
            foreach (var path in options.SocketPaths) server.listeners.Add(UnixSocket.Bind(path, options.SocketMode));
            foreach (var listener in server.listeners) listener.Listen(Backlog);
        }
        catch
        {
            foreach (var listener in server.listeners) listener.Dispose();
            throw;
        }
        foreach (var listener in server.listeners) server.accepting.Add(server.AcceptAsync(listener));
        return server;
    }

    /// <summary>The TCP addresses it listens on, with the ports that were taken.</summary>
    public IReadOnlyList<IPEndPoint> Addresses => [.. listeners.Select(l => l.LocalEndPoint).OfType<IPEndPoint>()];

    /// <summary>How many clients are connected now.</summary>
    public int Connections
    {
        get
        {
            lock (counts) return connections;
        }
    }

    static Socket Listen(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new EngineException(EngineError.Conflict, $"NBD cannot listen on {address}: {e.Message}", e);
        }
    }

    async Task AcceptAsync(Socket listener)
    {
        while (!stopping.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                // The client went again, or descriptors ran out; a moment later there may be some.
                warn($"A client of NBD could not be accepted: {e.Message}");
                await Task.Delay(TimeSpan.FromMilliseconds(100), options.Time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }
            if (TryEnter()) Begin(socket);
            else socket.Dispose();
        }
    }

    /// <summary>
    /// Some machines pace what they send (BBR, /proc/sys/net/ipv4/tcp_congestion_control), which helps on a network; between programs of one machine it only puts a timer between each piece of a
    /// long answer and the next. Reno never does, and every user may ask for it (tcp(7), TCP_CONGESTION).
    /// </summary>
    static void DoNotPace(Socket socket)
    {
        const int tcp = 6, congestion = 13;
        socket.SetRawSocketOption(tcp, congestion, "reno"u8);
    }

    void Begin(Socket socket)
    {
        try
        {
            if (socket.AddressFamily == AddressFamily.Unix)
            {
                socket.SendBufferSize = SendBufferBytes;
            }
            else
            {
                socket.NoDelay = true;
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveInterval);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveTries);
                if (socket.RemoteEndPoint is IPEndPoint { Address: var client } && IPAddress.IsLoopback(client)) DoNotPace(socket);
            }
        }
        catch (SocketException)
        {
            // Already gone, which its thread finds out; or a system that has only what it was set up with.
        }
        var hasEntered = false;
        var connection = new Connection(socket, exports, options, warn, stopping.Token)
        {
            Entered = () =>
            {
                hasEntered = true;
                lock (counts) handshakes--;
            },
        };
        new Thread(
            () =>
            {
                connection.Run();
                Leave(isHandshake: !hasEntered);
            },
            StackBytes)
        { IsBackground = true, Name = "NBD connection" }.Start();
    }

    bool TryEnter()
    {
        lock (counts)
        {
            if (connections < options.MaxConnections && handshakes < options.MaxHandshakes)
            {
                connections++;
                handshakes++;
                isFull = false;
                return true;
            }
            if (isFull) return false;
            isFull = true;
        }
        warn($"NBD has {options.MaxConnections} connections, or {options.MaxHandshakes} clients that have not named an export yet: further ones are sent away.");
        return false;
    }

    void Leave(bool isHandshake)
    {
        lock (counts)
        {
            if (isHandshake) handshakes--;
            connections--;
            EndIfGone();
        }
    }

    void EndIfGone()
    {
        if (connections == 0 && !isAccepting) allGone.TrySetResult();
    }

    /// <summary>
    /// Takes no further client and no further request, lets the requests in flight end, answers them, and closes every connection. A client that does not take its
    /// answers is cut off after <see cref="NbdOptions.DrainTime"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
        {
            await allGone.Task;
            return;
        }
        await stopping.CancelAsync();
        await Task.WhenAll(accepting);
        foreach (var listener in listeners) listener.Dispose();
        lock (counts)
        {
            isAccepting = false;
            EndIfGone();
        }
        await allGone.Task;
    }
}
