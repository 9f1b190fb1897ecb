using System.Collections.Concurrent;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Octavo.Server.Console;

/// <summary>
/// The console's files, which are inside the program. Their addresses carry a hash of what is in them, so that browsers keep them for good; nothing is
/// read before somebody asks.
/// </summary>
static class Files
{
    static readonly ConcurrentDictionary<string, Asset> known = new();

    static readonly Dictionary<string, string> types = new()
    {
        ["app.css"] = "text/css; charset=utf-8",
        ["app.js"] = "text/javascript; charset=utf-8",
        ["htmx.min.js"] = "text/javascript; charset=utf-8",
        ["icon.svg"] = "image/svg+xml",
    };

    public static void Map(IEndpointRouteBuilder open) => open.MapGet("/assets/{hash}/{name}", ShowAsync).WithName("ConsoleShowAsset");

    /// <summary>The address of a file.</summary>
    public static string Path(string name) => $"/assets/{Of(name).Hash}/{name}";

    static IResult ShowAsync(string hash, string name, HttpContext context)
    {
        if (!types.TryGetValue(name, out var type) || Of(name) is not { } asset || asset.Hash != hash) return TypedResults.NotFound();
        var headers = context.Response.Headers;
        headers.CacheControl = "public, max-age=31536000, immutable";
        headers.Vary = "Accept-Encoding";
        var isPacked = context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        if (isPacked) headers.ContentEncoding = "gzip";
        return TypedResults.Bytes(isPacked ? asset.Packed : asset.Plain, type);
    }

    static Asset Of(string name) => known.GetOrAdd(name, static name =>
    {
        using var stream = typeof(Files).Assembly.GetManifestResourceStream($"console/{name}")!;
        var plain = new byte[stream.Length];
        stream.ReadExactly(plain);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize)) gzip.Write(plain);
        return new Asset(plain, packed.ToArray(), Convert.ToHexStringLower(SHA256.HashData(plain))[..16]);
    });

    sealed record Asset(byte[] Plain, byte[] Packed, string Hash);
}
