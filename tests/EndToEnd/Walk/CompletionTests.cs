using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Walk;

/// <summary>The completion of a real bash.</summary>
public sealed class CompletionTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Bash_completes_commands_options_filters_and_ids()
    {
        using var folder = new TemporaryFolder();
        var shell = new UserShell(folder, Build.DotNet, "exec", Build.Cli);
        var volume = (await fixture.Client.CreateAsync("completed", 1)).Volume.Id;

        (await OfAsync(shell, "octavo vol")).ShouldBe(["volumes"]);
        (await OfAsync(shell, "octavo volumes sn")).ShouldBe(["snapshot"]);
        (await OfAsync(shell, "octavo volumes list --f")).ShouldBe(["--filter"]);
        (await OfAsync(shell, "octavo volumes list --filter una")).ShouldBe(["unattached_since="]);
        (await OfAsync(shell, "octavo volumes list --sort snap")).ShouldBe(["snapshot_count"]);
        (await OfAsync(shell, "octavo --output j")).ShouldBe(["json"]);
        (await OfAsync(shell, $"octavo volumes show {volume[..6]}")).ShouldBe([volume]);
        (await OfAsync(shell, "octavo volumes sh --watch", cursor: "octavo volumes sh".Length)).ShouldBe(["show"]);
    }

    [Theory]
    [InlineData("zsh", "compdef _octavo octavo")]
    [InlineData("fish", "complete -c octavo")]
    public async Task Other_shells_get_a_script_of_their_own(string name, string part)
    {
        using var folder = new TemporaryFolder();

        (await new UserShell(folder, Build.DotNet, "exec", Build.Cli).ScriptAsync($"octavo completion {name}")).Succeeded().ShouldContain(part);
    }

    /// <summary>What bash would offer behind a line, or at a place in it.</summary>
    async Task<string[]> OfAsync(UserShell shell, string line, int? cursor = null)
    {
        var at = cursor ?? line.Length;
        var word = line[..at].Split(' ')[^1];
        var script = $$"""
            export OCTAVO_SERVER={{fixture.Server.Address}} OCTAVO_TOKEN={{fixture.Server.Token}}
            source <(octavo completion bash)
            COMP_LINE='{{line}}' COMP_POINT={{at}}
            _octavo octavo '{{word}}' '' 2>/dev/null
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        return (await shell.ScriptAsync(script)).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
