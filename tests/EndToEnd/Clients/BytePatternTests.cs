using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Clients;

/// <summary>What each public client of the v1 API puts on the wire, byte by byte, and what it must get.</summary>
public class BytePatternTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    const string Version = "Accept: application/vnd.scalarium-v1+json\n";

    /// <summary>Headers and body of a POST; the path's last word.</summary>
    public static TheoryData<string, string, string> Posts { get; } = new()
    {
        { "scalapi", "snapshots", Version + "Content-Type: application/json\nX-Scalarium-Token: TOKEN\nContent-Length: 0\n\n" },
        {
            "the wrapper and RestClient with nil", "snapshot",
            Version + "X-Scalarium-Token: TOKEN\nContent-Length: 0\nContent-Type: application/x-www-form-urlencoded\n\n"
        },
        {
            "guillermo", "snapshot",
            Version + "X-Scalarium-Token: TOKEN\nContent-Length: 2\nContent-Type: application/x-www-form-urlencoded\n\n{}"
        },
        {
            "Services_Scalarium", "snapshot",
            Version + "X-Scalarium-Token: TOKEN\nAccept-Encoding: gzip, deflate\nContent-Length: 0\n\n"
        },
        { "hubot", "snapshot", Version + "X-Scalarium-Token: TOKEN\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n" },
        { "an old Ruby without a length", "snapshot", Version + "X-Scalarium-Token: TOKEN\n\n" },
        {
            "an old Ruby with symbols for names", "snapshot",
            "Accept: */*; q=0.5, application/xml\nContent-Type: application/x-www-form-urlencoded\nContent-Length: LENGTH\n\n" +
            "x_scalarium_token=TOKEN&accept=application%2Fvnd.scalarium-v1%2Bjson"
        },
    };

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task A_snapshot_is_taken_for(string client, string path, string request)
    {
        var volume = await fixture.Client.ImportedAsync(client, Image.Make(71, 1 << 20));

        var reply = await SendAsync($"POST /api/volumes/{volume.Id}/{path} HTTP/1.1\nHost: localhost\n{request}");

        reply.StatusLine.ShouldBe("HTTP/1.1 200 OK");
        reply.Headers["Content-Type"].ShouldBe(V1.ContentType);
        reply.Headers.ShouldNotContainKey("Transfer-Encoding");
        reply.Body.ShouldMatch(V1.JustTaken(volume));
        var taken = (await fixture.Client.SnapshotsAsync()).Where(s => s.VolumeId == volume.Id).ShouldHaveSingleItem();
        reply.Body.ShouldContain($"\"id\":\"{taken.ProviderSnapshotId}\"");
        reply.Headers["Location"].ShouldEndWith($"/api/volumes/{volume.Id}/snapshots/{taken.ProviderSnapshotId}");
    }

    [Fact]
    public async Task The_reply_to_hubots_GET_goes_out_whole_before_its_stray_bytes_end_the_connection()
    {
        var volume = await fixture.Client.ImportedAsync("hubot", Image.Make(72, 1 << 20));

        var reply = await SendAsync(
            $"GET /api/volumes/{volume.Id} HTTP/1.1\nHost: localhost\nX-Scalarium-Token: TOKEN\n{Version}Connection: keep-alive\n\n{{}}");

        reply.StatusLine.ShouldBe("HTTP/1.1 200 OK");
        reply.Headers["Content-Type"].ShouldBe(V1.ContentType);
        reply.Body.ShouldBe(V1.Json(volume));
    }

    [Fact]
    public async Task A_form_without_a_token_is_refused_with_a_sentence()
    {
        var volume = await fixture.Client.ImportedAsync("form", Image.Make(73, 1 << 20));

        var reply = await SendAsync(
            $"POST /api/volumes/{volume.Id}/snapshot HTTP/1.1\nHost: localhost\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 3\n\na=b");

        reply.StatusLine.ShouldBe("HTTP/1.1 401 Unauthorized");
        reply.Body.ShouldMatch("""^\{"errors":\["[^"]+"\]\}$""");
        (await fixture.Client.SnapshotsAsync()).ShouldNotContain(s => s.VolumeId == volume.Id);
    }

    Task<RawReply> SendAsync(string request)
    {
        var filled = request.Replace("TOKEN", fixture.Server.Token, StringComparison.Ordinal).ReplaceLineEndings("\r\n");
        var body = filled[(filled.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        return RawReply.SendAsync(
            fixture.Server, filled.Replace("LENGTH", $"{body.Length}", StringComparison.Ordinal));
    }
}
