using Octavo.Tests.Server;

namespace Octavo.Tests.Cli;

/// <summary>A line that loses replies, and a server that goes away in between: nothing is done twice, and nothing is given up too soon.</summary>
public sealed class LostConnectionTests
{
    [Fact]
    public async Task A_change_whose_reply_was_lost_is_asked_for_again_and_done_once()
    {
        await using var host = await ServerHost.StartAsync();
        await using var link = await FlakyLink.StartAsync(host.Address);
        var cli = Over(host, link);

        link.LoseReplies(1);
        var volume = (await cli.JsonAsync("volumes", "create", "--name", "once", "--size", "1", "--wait")).GetProperty("id").GetString()!;
        link.LoseReplies(1);
        await cli.JsonAsync("volumes", "snapshot", volume, "--wait");
        link.LoseReplies(2);
        (await cli.JsonAsync("users", "create", "bob")).GetProperty("token").GetString()!.Length.ShouldBe(64);

        (await cli.JsonAsync("volumes", "list")).GetArrayLength().ShouldBe(1);
        (await cli.JsonAsync("snapshots", "list")).GetArrayLength().ShouldBe(1);
        (await cli.JsonAsync("users", "list")).GetArrayLength().ShouldBe(2);
        link.Lost.Count.ShouldBe(4);
        link.Lost.ShouldAllBe(request => request.Contains("Idempotency-Key: ", StringComparison.Ordinal));
        Key(link.Lost[2]).ShouldBe(Key(link.Lost[3]), "one change has one key");
        link.Lost.Select(Key).Distinct().Count().ShouldBe(3, "each change has its own");
        (await cli.JsonAsync("audit", "list", "--action", "CreateVolume")).GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_starts_anew_after_it_took_a_change_is_asked_again_and_does_it_once()
    {
        await using var host = await ServerHost.StartAsync();
        await using var link = await FlakyLink.StartAsync(host.Address);
        var cli = Over(host, link);

        link.LoseReplies(1);
        var creating = cli.JsonAsync("volumes", "create", "--name", "once", "--size", "1", "--wait");
        await ServerHost.EventuallyAsync(() => Task.FromResult(link.Lost.Count), lost => lost == 1);
        await host.RestartAsync();
        link.Target = host.Address;

        (await creating).GetProperty("name").GetString().ShouldBe("once");
        (await cli.JsonAsync("volumes", "list")).GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_line_that_keeps_losing_replies_is_told_with_what_is_not_known()
    {
        await using var host = await ServerHost.StartAsync();
        await using var link = await FlakyLink.StartAsync(host.Address);
        link.LoseReplies(int.MaxValue);

        var told = await Over(host, link).RunAsync("volumes", "create", "--name", "never", "--size", "1");

        told.ExitCode.ShouldBe(4);
        told.Error.ShouldContain("Whether the change was made is not known");
        link.Lost.Count.ShouldBe(4, "it was tried four times");
        link.Lost.Select(Key).Distinct().ShouldHaveSingleItem();
    }

    static string Key(string request) => request.Split('\n').Single(line => line.StartsWith("Idempotency-Key: ", StringComparison.Ordinal));

    static CommandLine Over(ServerHost host, FlakyLink link)
    {
        var cli = new CommandLine(host);
        cli.Variables["OCTAVO_SERVER"] = link.Address.AbsoluteUri;
        return cli;
    }
}
