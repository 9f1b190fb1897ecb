using System.Net.Sockets;
using System.Text;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Clients;

/// <summary>A reply as it came over the wire.</summary>
/// <param name="StatusLine">The first line.</param>
/// <param name="Headers">The headers, by name; of one that came twice, the last.</param>
/// <param name="Body">What followed, up to Content-Length.</param>
sealed record RawReply(string StatusLine, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>Sends bytes as they are, and reads one reply.</summary>
    public static async Task<RawReply> SendAsync(ServerProcess server, string request)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var connection = new TcpClient();
        await connection.ConnectAsync(server.Address.Host, server.Address.Port, cancellation);
        await using var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), cancellation);

        var received = new List<byte>();
        var buffer = new byte[4096];
        while (true)
        {
            var text = Encoding.UTF8.GetString([.. received]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var lines = text[..end].Split("\r\n");
                var headers = lines.Skip(1).Select(l => l.Split(": ", 2))
                    .GroupBy(p => p[0], StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => g.Last()[1], StringComparer.OrdinalIgnoreCase);
                var length = int.Parse(headers["Content-Length"], System.Globalization.CultureInfo.InvariantCulture);
                var start = Encoding.UTF8.GetByteCount(text.AsSpan(0, end + 4));
                if (received.Count >= start + length)
                    return new RawReply(lines[0], headers, Encoding.UTF8.GetString([.. received.Skip(start).Take(length)]));
            }
            var read = await stream.ReadAsync(buffer, cancellation);
            if (read == 0) throw new EndOfStreamException($"The reply ended early:\n{text}");
            received.AddRange(buffer.AsSpan(0, read));
        }
    }
}
