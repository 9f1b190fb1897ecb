using System.Text.Json;
using Octavo.Tests.Server;

namespace Octavo.Tests.Cli;

/// <summary>Finding, changing, deleting and bringing back volumes and snapshots by the command line.</summary>
public sealed class VolumeCommandTests
{
    [Fact]
    public async Task Volumes_are_filtered_sorted_limited_counted_and_added_up()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        foreach (var (name, size, env) in new[] { ("web-1", "1", "test"), ("web-2", "3", "live"), ("db-1", "2", "live") })
            await cli.JsonAsync("volumes", "create", "--name", name, "--size", size, "--tag", $"env={env}", "--mount-point", "/srv", "--wait");

        Names(await cli.JsonAsync("volumes", "list", "--filter", "name=WEB", "--sort", "-size")).ShouldBe(["web-2", "web-1"]);
        Names(await cli.JsonAsync("volumes", "list", "-f", "tag:env=live", "-f", "size_gib_max=2")).ShouldBe(["db-1"]);
        Names(await cli.JsonAsync("volumes", "list", "-f", "unattached_since=0m", "-f", "no_snapshot_since=30d", "--sort", "name", "--limit", "2"))
            .ShouldBe(["db-1", "web-1"]);
        Names(await cli.JsonAsync("volumes", "list", "-f", "created_until=1d")).ShouldBeEmpty();
        (await cli.JsonAsync("volumes", "list", "-f", "tag:env=live", "--count")).GetProperty("count").GetInt64().ShouldBe(2);
        var totals = await cli.JsonAsync("volumes", "totals", "--by", "tag.env");
        totals.GetProperty("count").GetInt64().ShouldBe(3);
        totals.GetProperty("groups").EnumerateArray().Select(g => g.GetProperty("count").GetInt64()).ShouldBe([2, 1], ignoreOrder: true);
        (await cli.RunAsync("volumes", "totals", "--by", "state")).Output.ShouldContain("In all 3, 6 GiB");
    }

    [Fact]
    public async Task A_volume_is_renamed_tagged_protected_and_shown_as_its_provider_has_it()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        var volume = await host.VolumeAsync("before");
        await cli.JsonAsync("volumes", "update", volume, "--tag", "a=1", "--tag", "b=x=y", "--wait");

        var changed = await cli.JsonAsync(
            "volumes", "update", volume, "--name", "after", "--mount-point", "/data", "--remove-tag", "a", "--protect", "--wait");

        changed.GetProperty("name").GetString().ShouldBe("after");
        changed.GetProperty("mount_point").GetString().ShouldBe("/data");
        changed.GetProperty("is_protected").GetBoolean().ShouldBeTrue();
        changed.GetProperty("tags").GetRawText().ShouldBe("""{"b":"x=y"}""");
        (await cli.JsonAsync("volumes", "show", volume, "--raw")).ValueKind.ShouldBe(JsonValueKind.Object);
        var refused = await cli.RunAsync("volumes", "delete", volume);
        (refused.ExitCode, refused.Error.Contains("protected from deletion", StringComparison.Ordinal)).ShouldBe((6, true));
        (await cli.JsonAsync("volumes", "update", volume, "--unprotect")).GetProperty("is_protected").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Many_are_deleted_only_by_the_plan_that_was_agreed_to_and_come_back()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        var first = await host.VolumeAsync("old-1");
        var held = await host.VolumeAsync("old-2");
        await host.VolumeAsync("new-1");
        await cli.JsonAsync("volumes", "update", held, "--protect");

        var plan = await cli.JsonAsync("volumes", "delete", "--filter", "name=old", "--dry-run");
        (plan.GetProperty("count").GetInt64(), plan.GetProperty("blocked").GetInt64()).ShouldBe((1, 1));
        var unasked = await cli.RunAsync("volumes", "delete", "--filter", "name=old");
        unasked.ExitCode.ShouldBe(2);
        unasked.Output.ShouldContain("stays: The volume is protected");
        unasked.Error.ShouldContain("add --yes");
        (await cli.RunAsync("volumes", "delete", "--filter", "all=yes", "--confirm", plan.GetProperty("confirm").GetString()!)).ExitCode.ShouldBe(6);
        (await cli.JsonAsync("volumes", "list", "--count")).GetProperty("count").GetInt64().ShouldBe(3);

        (await cli.JsonAsync("volumes", "delete", "--filter", "name=old", "--confirm", plan.GetProperty("confirm").GetString()!, "--wait"))
            .GetProperty("kind").GetString().ShouldBe("delete-volumes");

        Names(await cli.JsonAsync("volumes", "list", "--sort", "name")).ShouldBe(["new-1", "old-2"]);
        Names(await cli.JsonAsync("volumes", "list", "-f", "state=deleted")).ShouldBe(["old-1"]);
        (await cli.RunAsync("volumes", "show", first)).Output.ShouldContain($"octavo volumes undelete {first}");
        await cli.JsonAsync("volumes", "undelete", first, "--wait");
        (await cli.JsonAsync("volumes", "show", first)).GetProperty("state").GetString().ShouldBe("available");
    }

    [Fact]
    public async Task Somebody_at_a_terminal_is_shown_the_plan_and_asked()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host) { CanAsk = true, Input = "no" };
        var volume = await host.VolumeAsync("one");
        await host.VolumeAsync("two");

        var declined = await cli.RunAsync("volumes", "delete", volume);
        declined.Output.ShouldContain("goes");
        declined.Error.ShouldContain("Delete it? (yes/no)");
        declined.ExitCode.ShouldBe(2);
        cli.Input = "3";
        (await cli.RunAsync("volumes", "delete", "--filter", "all=yes")).Error.ShouldContain("Type 2 to go on");
        (await cli.JsonAsync("volumes", "list", "--count")).GetProperty("count").GetInt64().ShouldBe(2);

        cli.Input = "2";
        (await cli.RunAsync("volumes", "delete", "--filter", "all=yes", "--wait")).ExitCode.ShouldBe(0);
        (await cli.JsonAsync("volumes", "list")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Snapshots_of_a_selection_are_taken_and_the_orphans_among_them_deleted()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        string[] volumes = [await host.VolumeAsync("a"), await host.VolumeAsync("b"), await host.VolumeAsync("c")];

        (await cli.JsonAsync("volumes", "snapshot", volumes[0], volumes[1], "--dry-run")).GetProperty("volumes").GetInt64().ShouldBe(2);
        await cli.JsonAsync("volumes", "snapshot", volumes[0], volumes[1], "--wait");
        (await cli.JsonAsync("snapshots", "list", "--count")).GetProperty("count").GetInt64().ShouldBe(2);
        await cli.JsonAsync("volumes", "delete", volumes[0], "--purge", "--final-snapshot", "--wait");

        (await cli.JsonAsync("snapshots", "orphans")).GetArrayLength().ShouldBe(2);
        (await cli.JsonAsync("snapshots", "totals", "--by", "orphan")).GetProperty("groups").GetArrayLength().ShouldBe(2);
        (await cli.RunAsync("snapshots", "delete", "--filter", "orphan=yes")).ExitCode.ShouldBe(2);
        await cli.JsonAsync("snapshots", "delete", "--filter", "orphan=yes", "--yes", "--wait");
        (await cli.JsonAsync("snapshots", "list")).GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Names_that_look_like_markup_or_hold_control_characters_are_shown_harmlessly()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        var volume = await host.VolumeAsync("[red]alarm[/] \u202eright to left\u200b [[x");

        foreach (var isTerminal in new[] { true, false })
            foreach (var command in new[] { new[] { "volumes", "list" }, ["volumes", "show", volume], ["volumes", "delete", volume, "--dry-run"] })
            {
                var printed = await cli.RunAsync(isTerminal, command);
                printed.ExitCode.ShouldBe(0, printed.Error);
                printed.Output.ShouldContain("[red]alarm[/]");
                printed.Output.ShouldNotContain('\u202e');
                printed.Output.ShouldNotContain('\u200b');
            }
    }

    static IEnumerable<string?> Names(JsonElement list) => list.EnumerateArray().Select(item => item.GetProperty("name").GetString());
}
