using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Octavo.EndToEnd.Ebs;

/// <summary>A web server that greets everybody with a page, as a proxy's login does.</summary>
sealed class HtmlServer : IAsyncDisposable
{
    static readonly byte[] Page = Encoding.UTF8.GetBytes("<!DOCTYPE html><html><body><h1>Welcome</h1></body></html>");

    readonly HttpListener listener = new();
    readonly Task serving;

    HtmlServer(string address)
    {
        Address = address;
        listener.Prefixes.Add(address);
        listener.Start();
        serving = ServeAsync();
    }

    public string Address { get; }

    public static HtmlServer Start() => new(NobodyListens());

    /// <summary>An address of this machine that nothing listens at.</summary>
    public static string NobodyListens()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
    }

    async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                context.Response.ContentType = "text/html";
                await context.Response.OutputStream.WriteAsync(Page);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // It was closed.
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await serving;
    }
}

/// <summary>A clock that is off.</summary>
sealed class ShiftedTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
}
