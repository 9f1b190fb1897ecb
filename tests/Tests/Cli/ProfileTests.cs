using Octavo.Tests.Server;

namespace Octavo.Tests.Cli;

/// <summary>Addresses and tokens that are kept.</summary>
public sealed class ProfileTests
{
    [Fact]
    public async Task A_profile_is_kept_for_its_owner_alone_and_signs_in_from_then_on()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = At(host);

        cli.Input = host.Token + "\n";
        var added = await cli.RunAsync("profiles", "add", "home", "--server", host.Address.AbsoluteUri, "--token-stdin");

        added.ExitCode.ShouldBe(0, added.Error);
        added.Output.ShouldContain("admin of account default");
        File.GetUnixFileMode(Kept(host)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(Path.GetDirectoryName(Kept(host))!).ShouldHaveSingleItem("nothing half-written is left");
        (await cli.RunAsync("volumes", "list")).ExitCode.ShouldBe(0);
        foreach (var printed in new[] { added, await cli.RunAsync("profiles", "list"), await cli.RunAsync("profiles", "list", "--output", "json") })
            (printed.Output + printed.Error).ShouldNotContain(host.Token);
    }

    [Fact]
    public async Task A_file_that_others_can_read_is_refused_with_what_to_do()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = At(host);
        cli.Input = host.Token;
        (await cli.RunAsync("profiles", "add", "home", "--server", host.Address.AbsoluteUri, "--token-stdin")).ExitCode.ShouldBe(0);

        File.SetUnixFileMode(Kept(host), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        foreach (var command in new[] { new[] { "volumes", "list" }, ["profiles", "list"], ["profiles", "use", "home"] })
        {
            var refused = await cli.RunAsync(command);
            (refused.ExitCode, refused.Output).ShouldBe((2, ""));
            refused.Error.ShouldContain($"chmod 600 {Kept(host)}");
            refused.Error.ShouldNotContain(host.Token);
        }
    }

    [Fact]
    public async Task What_stands_nearest_counts_and_no_token_goes_to_another_address()
    {
        await using var host = await ServerHost.StartAsync();
        await using var other = await ServerHost.StartAsync();
        var cli = At(host);
        var tokens = Path.Combine(host.Folder, "a-token");
        foreach (var (name, of) in new[] { ("here", host), ("there", other) })
        {
            await File.WriteAllTextAsync(tokens, of.Token + "\n", TestContext.Current.CancellationToken);
            (await cli.RunAsync("profiles", "add", name, "--server", of.Address.AbsoluteUri, "--token-file", tokens)).ExitCode.ShouldBe(0);
        }
        await host.VolumeAsync();

        (await CountAsync(cli)).ShouldBe(1, "the first profile is in use");
        (await CountAsync(cli, "--profile", "there")).ShouldBe(0);
        cli.Variables["OCTAVO_PROFILE"] = "there";
        (await CountAsync(cli)).ShouldBe(0);
        (await CountAsync(cli, "--profile", "here")).ShouldBe(1);
        cli.Variables["OCTAVO_SERVER"] = host.Address.AbsoluteUri;
        cli.Variables["OCTAVO_TOKEN"] = host.Token;
        (await CountAsync(cli)).ShouldBe(1, "variables stand before the profile in use");
        (await CountAsync(cli, "--server", other.Address.AbsoluteUri, "--token", other.Token)).ShouldBe(0);
        foreach (var name in new[] { "OCTAVO_SERVER", "OCTAVO_TOKEN", "OCTAVO_PROFILE" }) cli.Variables.Remove(name);
        (await cli.RunAsync("volumes", "list", "--server", other.Address.AbsoluteUri)).Error.ShouldContain("A token is needed");

        (await cli.RunAsync("profiles", "use", "there")).ExitCode.ShouldBe(0);
        (await CountAsync(cli)).ShouldBe(0);
        (await cli.RunAsync("profiles", "remove", "there")).ExitCode.ShouldBe(0);
        (await cli.RunAsync("volumes", "list", "--profile", "there")).Error.ShouldContain("There are: here.");
    }

    [Fact]
    public async Task A_token_that_the_server_does_not_know_makes_no_profile()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = At(host);

        cli.Input = new string('0', 64);
        (await cli.RunAsync("profiles", "add", "home", "--server", host.Address.AbsoluteUri, "--token-stdin")).ExitCode.ShouldBe(5);

        File.Exists(Kept(host)).ShouldBeFalse();
    }

    static async Task<long> CountAsync(CommandLine cli, params string[] more) =>
        (await cli.JsonAsync(["volumes", "list", "--count", .. more])).GetProperty("count").GetInt64();

    /// <summary>A command line with a home of its own and nothing else.</summary>
    static CommandLine At(ServerHost host)
    {
        var cli = new CommandLine(host);
        cli.Variables.Clear();
        cli.Variables["HOME"] = Path.Combine(host.Folder, "home");
        return cli;
    }

    static string Kept(ServerHost host) => Path.Combine(host.Folder, "home", ".config", "octavo", "profiles.json");
}
