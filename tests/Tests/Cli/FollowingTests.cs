using System.Text.Json;
using Octavo.Ec2;
using Octavo.Tests.Server;

namespace Octavo.Tests.Cli;

/// <summary>Commands that go on: watching, events, waiting.</summary>
public sealed class FollowingTests
{
    [Fact]
    public async Task A_watched_list_tells_each_change_on_a_line_until_it_is_interrupted()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        var first = await host.VolumeAsync("first");
        await using var watched = cli.Follow("volumes", "list", "--watch");
        await using var programs = cli.Follow("volumes", "list", "--watch", "--output", "json");

        (await watched.LineAsync("STATE")).ShouldStartWith("ID");
        await watched.LineAsync(first);
        await programs.LineAsync(first);
        var second = await host.VolumeAsync("second");
        (await watched.LineAsync(second)).ShouldContain("second");
        JsonDocument.Parse(await programs.LineAsync("\"available\"")).RootElement.GetProperty("id").GetString().ShouldBe(second);
        await cli.JsonAsync("volumes", "delete", first, "--wait");
        await watched.LineAsync($"{first}  gone from the list");
        (await programs.LineAsync("is_gone")).ShouldBe($$"""{"id":"{{first}}","is_gone":true}""");

        (await watched.InterruptAsync()).ShouldBe(130);
    }

    [Fact]
    public async Task A_watched_volume_is_shown_again_when_it_changes()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        var volume = await host.VolumeAsync("before");
        await using var watched = cli.Follow("volumes", "show", volume, "--watch", "--output", "json");
        (await watched.LineAsync(volume)).ShouldContain("before");

        await cli.JsonAsync("volumes", "update", volume, "--name", "after");

        await watched.LineAsync("after");
    }

    [Fact]
    public async Task Events_go_on_where_they_were_after_the_connection_was_cut()
    {
        await using var host = await ServerHost.StartAsync();
        await using var link = await FlakyLink.StartAsync(host.Address);
        var cli = new CommandLine(host);
        var straight = new CommandLine(host);
        cli.Variables["OCTAVO_SERVER"] = link.Address.AbsoluteUri;
        await using var events = cli.Follow("events", "--kinds", "volume", "--output", "json");
        await link.ConnectedAsync();

        // Nothing was told yet, and the first change is made while the line is down.
        link.Cut(isDown: true);
        var first = await host.VolumeAsync("first");
        link.Mend();
        var told = await SeqAsync(events, first);
        link.Cut(isDown: false);
        var second = await host.VolumeAsync("second");
        (await SeqAsync(events, second)).ShouldBeGreaterThan(told);

        await straight.JsonAsync("volumes", "delete", first, "--wait");
        await events.LineAsync("deleted");
        (await events.InterruptAsync()).ShouldBe(130);
    }

    [Fact]
    public async Task Who_is_interrupted_while_waiting_is_told_that_the_operation_goes_on()
    {
        await using var aws = await Ec2Endpoint.StartAsync(new Ec2EndpointOptions(Seed: new Ec2Seed { Volumes = 1 }));
        aws.Switches.SnapshotPending = TimeSpan.FromMinutes(5);
        await using var host = await ServerHost.StartAsync(aws: aws.Address);
        var cli = new CommandLine(host);
        var key = aws.Cloud.Keys.First();
        cli.Input = key.Secret;
        await cli.JsonAsync("credentials", "add", "--name", "aws", "--access-key-id", key.Id);
        var credentials = await cli.JsonAsync("credentials", "list");
        var credential = credentials.EnumerateArray().Single(c => c.GetProperty("provider").GetString() == "ebs").GetProperty("id").GetString()!;
        (await cli.RunAsync("credentials", "check", credential)).ExitCode.ShouldBe(0);
        var volume = (await cli.JsonAsync("volumes", "list")).EnumerateArray().Single().GetProperty("id").GetString()!;

        await using var waiting = cli.Follow("volumes", "snapshot", volume, "--wait");
        var begun = await ServerHost.EventuallyAsync(
            () => cli.JsonAsync("operations", "list", "--kind", "create-snapshot"), list => list.GetArrayLength() == 1);
        var operation = begun[0].GetProperty("id").GetString();
        (await waiting.InterruptAsync()).ShouldBe(130);

        (await waiting.ErrorAsync("goes on without you")).ShouldContain($"octavo operations wait {operation}");
    }

    static async Task<long> SeqAsync(Following events, string id) =>
        JsonDocument.Parse(await events.LineAsync(id)).RootElement.GetProperty("seq").GetInt64();
}
