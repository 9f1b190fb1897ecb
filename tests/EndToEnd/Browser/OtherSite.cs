using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Octavo.EndToEnd.Browser;

/// <summary>
/// A web site of somebody else, under two names: one that browsers take for another site than the console's, and one that differs by
/// the port alone, which is another origin on the same site and gets <c>SameSite</c> cookies sent.
/// </summary>
sealed class OtherSite : IAsyncDisposable
{
    readonly HttpListener listener = new();
    readonly Task serving;

    OtherSite(int port)
    {
        ElsewhereOrigin = $"http://localhost:{port}";
        SameSiteOrigin = $"http://127.0.0.1:{port}";
        listener.Prefixes.Add($"{ElsewhereOrigin}/");
        listener.Prefixes.Add($"{SameSiteOrigin}/");
        listener.Start();
        serving = ServeAsync();
    }

    /// <summary>Its origin on another site than 127.0.0.1.</summary>
    public string ElsewhereOrigin { get; }

    /// <summary>Its origin on 127.0.0.1, at another port.</summary>
    public string SameSiteOrigin { get; }

    /// <summary>The page that it shows at every path.</summary>
    public string Html { get; set; } = "";

    public static OtherSite Open()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        return new OtherSite(port);
    }

    async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                var context = await listener.GetContextAsync();
                context.Response.ContentType = "text/html; charset=utf-8";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes($"<!DOCTYPE html><title>Other</title>{Html}"));
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The browser went on before it had it all, or this was closed.
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await serving;
    }
}
