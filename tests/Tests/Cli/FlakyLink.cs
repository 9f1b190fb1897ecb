using System.Net;
using System.Net.Sockets;

namespace Octavo.Tests.Cli;

/// <summary>A line between a client and a server that can be cut, or lose replies. Bytes go through it as they are.</summary>
sealed class FlakyLink : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stopping = new();
    readonly Lock gate = new();
    readonly List<TcpClient> open = [];
    readonly TaskCompletionSource connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    Task accepting = Task.CompletedTask;
    bool isDown;
    int repliesToLose;

    /// <summary>Where the client goes.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Where it leads; may move, as a server that starts again does.</summary>
    public Uri Target { get; set; } = null!;

    /// <summary>What a client sent whose reply was lost.</summary>
    public List<string> Lost { get; } = [];

    public static Task<FlakyLink> StartAsync(Uri target)
    {
        var link = new FlakyLink { Target = target };
        link.listener.Start();
        link.Address = new Uri($"http://127.0.0.1:{((IPEndPoint)link.listener.LocalEndpoint).Port}/");
        link.accepting = link.AcceptAsync();
        return Task.FromResult(link);
    }

    /// <summary>Returns when bytes of a server have come through.</summary>
    public Task ConnectedAsync() => connected.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

    /// <summary>Lets the next so many requests reach the server, and breaks their connections in the place of the replies.</summary>
    public void LoseReplies(int count) => repliesToLose = count;

    /// <summary>Breaks every connection; while it is down, new ones break at once.</summary>
    public void Cut(bool isDown)
    {
        lock (gate)
        {
            this.isDown = isDown;
            foreach (var client in open) Break(client);
            open.Clear();
        }
    }

    /// <summary>Lets connections through again.</summary>
    public void Mend()
    {
        lock (gate) isDown = false;
    }

    async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true) serving.Add(ServeAsync(await listener.AcceptTcpClientAsync(stopping.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        try
        {
            lock (gate)
            {
                if (isDown)
                {
                    Break(client);
                    return;
                }
                open.Add(client);
                open.Add(server);
            }
            await server.ConnectAsync(Target.Host, Target.Port, stopping.Token);
            var sent = new MemoryStream();
            await Task.WhenAll(
                CopyAsync(client.GetStream(), server.GetStream(), bytes => sent.Write(bytes), () => true),
                CopyAsync(server.GetStream(), client.GetStream(), _ => connected.TrySetResult(), () =>
                {
                    if (Interlocked.Decrement(ref repliesToLose) < 0) return true;
                    lock (gate) Lost.Add(System.Text.Encoding.UTF8.GetString(sent.ToArray()));
                    Break(client);
                    return false;
                }));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Broken, as it should.
        }
        finally
        {
            client.Dispose();
        }
    }

    async Task CopyAsync(NetworkStream from, NetworkStream to, Action<ReadOnlySpan<byte>> seen, Func<bool> mayPass)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, stopping.Token)) > 0)
        {
            seen(buffer.AsSpan(0, read));
            if (!mayPass()) return;
            await to.WriteAsync(buffer.AsMemory(0, read), stopping.Token);
        }
        to.Socket.Shutdown(SocketShutdown.Send);
    }

    static void Break(TcpClient client)
    {
        // A reset, as a line that is gone gives, and no orderly end.
        if (client.Client is { } socket) socket.LingerState = new LingerOption(true, 0);
        client.Close();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        Cut(isDown: true);
        await accepting;
        stopping.Dispose();
    }
}
