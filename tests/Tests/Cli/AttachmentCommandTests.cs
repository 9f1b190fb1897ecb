using Octavo.Tests.Server;

namespace Octavo.Tests.Cli;

public sealed class AttachmentCommandTests
{
    [Fact]
    public async Task A_client_is_attached_shown_and_detached_and_its_token_printed_once()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        var volume = await host.VolumeAsync();

        var attached = await cli.JsonAsync("volumes", "attach", volume, "--client", "db-1", "--lease", "10m");

        (attached.GetProperty("state").GetString(), attached.GetProperty("lease_seconds").GetInt32()).ShouldBe(("attached", 600));
        var token = attached.GetProperty("token").GetString()!;
        token.ShouldStartWith("octavo-nbd-");
        var list = await cli.RunAsync("attachments", "list");
        list.Output.ShouldContain("db-1");
        list.Output.ShouldNotContain(token);
        (await cli.JsonAsync("attachments", "show", attached.GetProperty("provider_attachment_id").GetString()!)).GetProperty("client").GetString().ShouldBe("db-1");
        (await cli.RunAsync("volumes", "list")).Output.ShouldContain("db-1");
        (await cli.JsonAsync("volumes", "detach", volume)).GetProperty("state").GetString().ShouldBe("detached");
        (await cli.RunAsync("volumes", "detach", volume)).Error.ShouldContain("Nobody is attached");
    }

    [Fact]
    public async Task Several_clients_are_detached_one_by_one_and_a_snapshot_is_attached_for_reading()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        var volume = await host.VolumeAsync();
        var snapshot = (string)(await host.SnapshotAsync(volume))["id"]!;
        foreach (var client in new[] { "node-1", "node-2" }) await cli.JsonAsync("volumes", "attach", volume, "--client", client, "--multi-attach", "--lease", "0");

        var reader = await cli.JsonAsync("snapshots", "attach", snapshot, "--client", "reader");

        reader.GetProperty("is_read_only").GetBoolean().ShouldBeTrue();
        var refused = await cli.RunAsync("volumes", "detach", volume);
        (refused.ExitCode, refused.Error.Contains("2 clients", StringComparison.Ordinal)).ShouldBe((2, true));
        var all = await cli.JsonAsync("attachments", "list", "--volume", volume);
        all.EnumerateArray().Select(a => a.GetProperty("client").GetString()).ShouldBe(["node-2", "node-1"]);
        foreach (var one in all.EnumerateArray())
            (await cli.JsonAsync("attachments", "detach", one.GetProperty("id").GetString()!, "--force")).GetProperty("state").GetString().ShouldBe("detached");
    }

    [Fact]
    public async Task A_volume_grows_and_a_lease_that_is_none_is_refused_before_anybody_is_asked()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        var volume = await host.VolumeAsync();

        (await cli.JsonAsync("volumes", "grow", volume, "--size", "2", "--wait")).GetProperty("size_gib").GetInt64().ShouldBe(2);

        var refused = await cli.RunAsync("volumes", "attach", volume, "--client", "db-1", "--lease", "soon");
        (refused.ExitCode, refused.Error.Contains("--lease", StringComparison.Ordinal)).ShouldBe((2, true));
        (await cli.JsonAsync("attachments", "list")).GetArrayLength().ShouldBe(0);
    }
}
