using System.Net.Sockets;

namespace Octavo.Engine.Io;

/// <summary>A Unix socket to listen on, which is also a file.</summary>
static class UnixSocket
{
    /// <summary>What fits into Linux's address with its end (unix(7)).</summary>
    const int MaxPathBytes = 107;

    /// <summary>Binds to a path. A socket's file that nobody listens on is replaced; anything else that is there stays. Nobody can connect before it listens.</summary>
    /// <exception cref="EngineException">Invalid: the path is too long. Conflict: it is taken, or not to be written.</exception>
    public static Socket Bind(string path, UnixFileMode mode)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
            throw new EngineException(EngineError.Invalid, $"The path of a Unix socket has {MaxPathBytes} bytes at most: {path}");
        var address = new UnixDomainSocketEndPoint(path);
        var socket = New();
        try
        {
            try
            {
                socket.Bind(address);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && IsStale(address))
            {
                File.Delete(path);
                socket.Dispose();
                socket = New();
                socket.Bind(address);
            }
            File.SetUnixFileMode(path, mode);
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            var reason = e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }
                ? "another process listens there, or it is not a socket"
                : e.Message;
            throw new EngineException(EngineError.Conflict, $"NBD cannot listen on {path}: {reason}.", e);
        }
    }

    static bool IsStale(UnixDomainSocketEndPoint address)
    {
        // A plain file refuses as a socket does whose process is dead.
        if (Libc.Stat(address.ToString()) is not { IsRegular: false }) return false;
        using var probe = New();
        try
        {
            probe.Connect(address);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    static Socket New() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
