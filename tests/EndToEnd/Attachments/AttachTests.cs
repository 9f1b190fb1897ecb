using System.Text.Json;
using Octavo.EndToEnd.Attached;
using Octavo.EndToEnd.Support;
using Octavo.Tests.Support;

namespace Octavo.EndToEnd.Attachments;

/// <summary>A volume's life as a block device, by the command line and real NBD clients, against a real service.</summary>
public sealed class AttachTests : IDisposable
{
    const int Size = 8 << 20;

    readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_volume_is_written_over_NBD_snapshotted_read_from_the_snapshot_and_outlives_a_kill_with_its_token()
    {
        var (first, written, read) = (folder["first.raw"], folder["written.raw"], folder["read.raw"]);
        await File.WriteAllBytesAsync(first, Image.Make(1, Size), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(written, Image.Make(2, Size), TestContext.Current.CancellationToken);
        string volume, snapshot, uri;
        await using (var server = await StartAsync())
        {
            var cli = new Cli(server);
            volume = Text(await cli.JsonAsync("volumes", "import", "--name", "disk", first, "--wait"), "id");
            uri = Uri(await cli.JsonAsync("volumes", "attach", volume, "--client", "nbdcopy", "--lease", "0"));
            (await Shell.RunAsync("nbdinfo", "--size", uri)).Succeeded().Trim().ShouldBe($"{Size}");

            (await Shell.RunAsync("nbdcopy", "--flush", written, uri)).Succeeded();
            snapshot = Text(await cli.JsonAsync("snapshots", "create", volume, "--wait"), "id");
            (await Shell.RunAsync("nbdcopy", "--flush", first, uri)).Succeeded();
            (await Shell.RunAsync("nbdcopy", Uri(await cli.JsonAsync("snapshots", "attach", snapshot, "--client", "reader")), read)).Succeeded();

            (await File.ReadAllBytesAsync(read, TestContext.Current.CancellationToken)).ShouldBeBytes(Image.Make(2, Size));
            var refused = await cli.RunAsync("volumes", "delete", volume, "--yes");
            (refused.ExitCode, refused.Error.Contains("nbdcopy", StringComparison.Ordinal)).ShouldBe((6, true), refused.Error);
            await server.Kill9Async();
        }
        File.Delete(read);
        await using (var server = await StartAsync())
        {
            var cli = new Cli(server);

            (await Shell.RunAsync("nbdcopy", uri, read)).Succeeded();

            (await File.ReadAllBytesAsync(read, TestContext.Current.CancellationToken)).ShouldBeBytes(Image.Make(1, Size));
            Text(await cli.JsonAsync("volumes", "show", volume), "state").ShouldBe("in-use");
            (await cli.JsonAsync("volumes", "grow", volume, "--size", "1", "--wait")).GetProperty("size_bytes").GetInt64().ShouldBe(1L << 30);
            (await Shell.RunAsync("nbdinfo", "--size", uri)).Succeeded().Trim().ShouldBe($"{1L << 30}");
            Text(await cli.JsonAsync("volumes", "detach", volume), "state").ShouldBe("detached");
            (await Shell.RunAsync("nbdinfo", "--size", uri)).ExitCode.ShouldNotBe(0);
            (await cli.RunAsync("volumes", "delete", volume, "--yes", "--wait")).Succeeded();
            server.Log.ShouldNotContain(Token(uri));
        }
    }

    [Fact]
    public async Task Over_TCP_a_client_that_has_the_token_reads_and_one_that_has_not_is_told_nothing()
    {
        await File.WriteAllBytesAsync(folder["first.raw"], Image.Make(3, Size), TestContext.Current.CancellationToken);
        await using var server = await StartAsync("127.0.0.1:0");
        var cli = new Cli(server);
        var volume = Text(await cli.JsonAsync("volumes", "import", "--name", "disk", folder["first.raw"], "--wait"), "id");
        var uri = Uri(await cli.JsonAsync("volumes", "attach", volume, "--client", "reader", "--read-only"));

        uri.ShouldStartWith("nbd://127.0.0.1:");
        (await Shell.RunAsync("nbdcopy", uri, folder["read.raw"])).Succeeded();

        (await File.ReadAllBytesAsync(folder["read.raw"], TestContext.Current.CancellationToken)).ShouldBeBytes(Image.Make(3, Size));
        (await Shell.RunAsync("nbdcopy", folder["first.raw"], uri)).ExitCode.ShouldNotBe(0, "it is read-only");
        (await Shell.RunAsync("nbdinfo", uri[..^1] + "x")).ExitCode.ShouldNotBe(0);
        (await Shell.RunAsync("nbdinfo", "--list", uri)).Output.ShouldNotContain(Token(uri)[11..]);
    }

    [Fact]
    public async Task A_volume_grows_while_a_connection_is_in_use_which_serves_the_added_part_from_then_on()
    {
        const long Larger = 1L << 30;
        await File.WriteAllBytesAsync(folder["first.raw"], Image.Make(4, Size), TestContext.Current.CancellationToken);
        await using var server = await StartAsync();
        var cli = new Cli(server);
        var volume = Text(await cli.JsonAsync("volumes", "import", "--name", "disk", folder["first.raw"], "--wait"), "id");
        var uri = Uri(await cli.JsonAsync("volumes", "attach", volume, "--client", "vm"));
        await using var old = await NbdClient.ConnectAsync(uri);
        old.Size.ShouldBe(Size);
        await Should.ThrowAsync<IOException>(old.WriteAsync(new byte[4096], Size, isForced: false));
        using var stop = new CancellationTokenSource();
        var written = 0L;
        var writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await old.WriteAsync(BitConverter.GetBytes(Interlocked.Increment(ref written)), 4096, isForced: false);
        }, TestContext.Current.CancellationToken);

        (await cli.JsonAsync("volumes", "grow", volume, "--size", "1", "--wait")).GetProperty("size_bytes").GetInt64().ShouldBe(Larger);

        (await Shell.RunAsync("nbdinfo", "--size", uri)).Succeeded().Trim().ShouldBe($"{Larger}");
        var before = Interlocked.Read(ref written);
        await Eventually.GetAsync("the writer writes on", () => Task.FromResult(Interlocked.Read(ref written) > before + 10 ? server : null));
        await stop.CancelAsync();
        await writing;
        var bytes = Image.Make(5, 1 << 20);
        await old.WriteAsync(bytes, Larger - bytes.Length, isForced: false);
        await old.FlushAsync();
        await using var next = await NbdClient.ConnectAsync(uri);
        next.Size.ShouldBe(Larger);
        (await ReadAsync(next, Larger - bytes.Length, bytes.Length)).ShouldBeBytes(bytes);
        (await ReadAsync(old, Size, 1 << 20)).ShouldAllBe(b => b == 0);
        BitConverter.ToInt64(await ReadAsync(next, 4096, 8)).ShouldBe(written);
    }

    static async Task<byte[]> ReadAsync(NbdClient client, long offset, int length)
    {
        var bytes = new byte[length];
        await client.ReadAsync(bytes, offset);
        return bytes;
    }

    async Task<ServerProcess> StartAsync(string nbd = "unix")
    {
        var server = await ServerProcess.StartAsync(folder["data"], ("OCTAVO_NBD", nbd));
        return await Eventually.GetAsync(
            "NBD is served", () => Task.FromResult(server.Log.Contains("NBD is served", StringComparison.Ordinal) ? server : null));
    }

    static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    static string Uri(JsonElement attached) => attached.GetProperty("uris")[0].GetString()!;

    static string Token(string uri) => uri[uri.IndexOf("octavo-nbd-", StringComparison.Ordinal)..].Split('?')[0];

    public void Dispose() => folder.Dispose();
}
