using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Octavo.Engine.Io;

namespace Octavo.Engine.Nbd;

/// <summary>
/// A connection's bytes, plain or through TLS. All calls block, because a thread that sleeps in the system's own receive is woken quicker than one that an
/// event loop calls: nothing may use the socket asynchronously, or the runtime would put it under its event loop for good. One thread receives, any may send.
/// </summary>
/// <exception cref="IOException">The connection broke.</exception>
sealed class Link(Socket socket) : IDisposable
{
    /// <summary>
    /// A client that asks one thing after the other asks again in less time than it takes to put a thread to sleep and to wake it, 30 µs and more on a virtual machine. So while
    /// it was quick the last time, the thread looks for so long before it sleeps; QEMU's I/O threads do the same (poll-max-ns, 32 µs).
    /// </summary>
    static readonly long PollTime = Stopwatch.Frequency / 20_000;

    /// <summary>What came within this was quick: the waking is in it.</summary>
    static readonly long Quick = PollTime * 2;

    /// <summary>Half of the processors at most are used up by looking; with a single one, the client would be kept from asking.</summary>
    static readonly int MaxPolling = Environment.ProcessorCount / 2;

    /// <summary>The longest that a request waits for others.</summary>
    static readonly long GatherTime = PollTime * 2;

    const int PollPause = 20;

    /// <summary>Requests are some µs apart, and each look takes the socket's lock, which the client's sends need.</summary>
    const int GatherPause = 100;

    static int polling;

    readonly Lock sending = new();
    bool wasQuick;
    SslStream? tls;

    public bool IsSecure => tls is not null;

    /// <summary>Receives what is there, at least a byte; 0 at the end.</summary>
    /// <param name="mayPoll">Whether it may look for a while before it sleeps.</param>
    /// <param name="gathering">How many requests it looks for then; any byte will do without it.</param>
    public int Receive(Span<byte> buffer, bool mayPoll = false, Gathering? gathering = null)
    {
        if (tls is not null) return tls.Read(buffer);
        var began = Stopwatch.GetTimestamp();
        if (mayPoll && wasQuick && TryPoll(buffer, began, gathering) is { } polled) return polled;
        var received = socket.Receive(buffer, SocketFlags.None, out var error);
        wasQuick = Stopwatch.GetTimestamp() - began < Quick;
        return error == SocketError.Success ? received : throw new IOException("The connection broke: " + error);
    }

    /// <summary>Looks again and again for a while; null where nothing came.</summary>
    int? TryPoll(Span<byte> buffer, long began, Gathering? gathering)
    {
        if (Interlocked.Increment(ref polling) > MaxPolling)
        {
            Interlocked.Decrement(ref polling);
            return null;
        }
        try
        {
            return gathering is { Wanted: > 1 } ? Gather(buffer, began, gathering) : Poll(buffer, began, gathering);
        }
        finally
        {
            Interlocked.Decrement(ref polling);
        }
    }

    int? Poll(Span<byte> buffer, long began, Gathering? gathering)
    {
        do
        {
            var received = (int)Libc.ReceiveNow(socket.SafeHandle, buffer);
            if (received >= 0)
            {
                gathering?.Came();
                return received;
            }
            Thread.SpinWait(PollPause);
        }
        while (Stopwatch.GetTimestamp() - began < PollTime);
        return null;
    }

    /// <summary>Leaves requests where they are until there are enough: each receive would make the system acknowledge them one by one.</summary>
    int? Gather(Span<byte> buffer, long began, Gathering gathering)
    {
        var wanted = gathering.Wanted * Wire.RequestBytes;
        bool isThere;
        while (!(isThere = socket.Available >= wanted) && Stopwatch.GetTimestamp() - began < GatherTime) Thread.SpinWait(GatherPause);
        var received = (int)Libc.ReceiveNow(socket.SafeHandle, buffer);
        if (isThere) gathering.Came();
        else if (received > 0) gathering.Missed(received / Wire.RequestBytes);
        return received < 0 ? null : received;
    }

    /// <summary>Fills the buffer; false where the connection ended before.</summary>
    public bool TryFill(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var received = Receive(buffer, mayPoll: true);
            if (received == 0) return false;
            buffer = buffer[received..];
        }
        return true;
    }

    /// <summary>Sends all of it, as one piece between those of other threads.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        lock (sending)
        {
            if (tls is not null)
            {
                tls.Write(bytes);
                return;
            }
            while (!bytes.IsEmpty)
            {
                var sent = socket.Send(bytes, SocketFlags.None, out var error);
                if (error != SocketError.Success) throw new IOException("The connection broke: " + error);
                bytes = bytes[sent..];
            }
        }
    }

    /// <summary>Goes on in TLS. Nothing that was received before is kept, so nobody in between can slip in a word.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The client did not agree.</exception>
    public void Secure(X509Certificate2 certificate)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        stream.AuthenticateAsServer(new SslServerAuthenticationOptions { ServerCertificate = certificate });
        tls = stream;
    }

    /// <summary>Ends a receive under way as if the client had ended; answers can still be sent.</summary>
    public void StopReceiving() => Shutdown(SocketShutdown.Receive);

    /// <summary>Says that nothing follows.</summary>
    public void EndSending()
    {
        if (tls is not null)
        {
            lock (sending) tls.ShutdownAsync().GetAwaiter().GetResult();
        }
        Shutdown(SocketShutdown.Send);
    }

    /// <summary>Breaks the connection: every call under way fails or ends.</summary>
    public void Abort() => Shutdown(SocketShutdown.Both);

    public void Dispose()
    {
        tls?.Dispose();
        socket.Dispose();
    }

    void Shutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already gone.
        }
    }
}
