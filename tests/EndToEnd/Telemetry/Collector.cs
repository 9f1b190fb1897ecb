using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Octavo.EndToEnd.Ebs;

namespace Octavo.EndToEnd.Telemetry;

/// <summary>Takes what is sent by OpenTelemetry's protocol over HTTP, and keeps it as it came: protobuf, in which texts are plain.</summary>
sealed class Collector : IAsyncDisposable
{
    readonly HttpListener listener = new();
    readonly ConcurrentQueue<(string Path, string Body)> received = new();
    readonly Task serving;

    Collector(string address)
    {
        Address = address;
        listener.Prefixes.Add(address);
        listener.Start();
        serving = ServeAsync();
    }

    public string Address { get; }

    public static Collector Start() => new(HtmlServer.NobodyListens());

    /// <summary>All that came for an address, one after the other.</summary>
    public string Of(string path) => string.Concat(received.Where(one => one.Path == path).Select(one => one.Body));

    async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                received.Enqueue((context.Request.Url!.AbsolutePath, Encoding.UTF8.GetString(body.ToArray())));
                context.Response.ContentType = "application/x-protobuf";
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
