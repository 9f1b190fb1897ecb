using System.Text.Json;
using Octavo.Tests.Server;

namespace Octavo.Tests.Cli;

/// <summary>Tokens, roles and the audit log by the command line.</summary>
public sealed class AccessCommandTests
{
    [Fact]
    public async Task A_token_is_made_used_within_its_role_and_revoked()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);

        var made = await cli.JsonAsync("tokens", "create", "looks", "--role", "viewer", "--expires", "30d");
        var (id, token) = (made.GetProperty("id").GetString()!, made.GetProperty("token").GetString()!);

        (made.GetProperty("expires_at").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalDays.ShouldBe(30, 0.1);
        (await cli.JsonAsync("volumes", "list", "--token", token)).GetArrayLength().ShouldBe(0);
        var refused = await cli.RunAsync("volumes", "create", "--name", "x", "--size", "1", "--token", token);
        refused.ExitCode.ShouldBe(5);
        refused.Error.ShouldContain("octavo users me");
        var listed = await cli.RunAsync("tokens", "list");
        listed.Output.ShouldContain("looks");
        listed.Output.ShouldNotContain(token);
        await cli.JsonAsync("tokens", "revoke", id);
        (await cli.RunAsync("volumes", "list", "--token", token)).ExitCode.ShouldBe(5);
    }

    [Fact]
    public async Task An_admin_makes_and_ends_the_tokens_of_others()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        var bob = (await cli.JsonAsync("users", "create", "bob", "--role", "operator", "--api-access")).GetProperty("id").GetString()!;

        var made = await cli.JsonAsync("tokens", "create", "ci", "--user", bob);

        (await cli.JsonAsync("users", "me", "--token", made.GetProperty("token").GetString()!)).GetProperty("name").GetString().ShouldBe("bob");
        (await cli.JsonAsync("tokens", "list", "--user", bob)).GetArrayLength().ShouldBe(2);
        await cli.JsonAsync("tokens", "revoke", made.GetProperty("id").GetString()!, "--user", bob);
        (await cli.JsonAsync("tokens", "list", "--user", bob)).GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task The_audit_log_is_filtered_and_exported_as_JSON_lines()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        var volume = await host.VolumeAsync("kept");
        await cli.JsonAsync("volumes", "update", volume, "--protect");
        (await cli.RunAsync("volumes", "delete", volume)).ExitCode.ShouldBe(6);

        var refused = await cli.JsonAsync("audit", "list", "--outcome", "refused", "--since", "1h");
        refused.GetArrayLength().ShouldBe(1);
        refused[0].GetProperty("action").GetString().ShouldBe("DeleteVolume");
        (await cli.JsonAsync("audit", "list", "--action", "UpdateVolume", "--subject", volume, "--user", "admin")).GetArrayLength().ShouldBe(1);
        (await cli.JsonAsync("audit", "list", "--until", "1h")).GetArrayLength().ShouldBe(0);
        (await cli.JsonAsync("audit", "list", "--limit", "1")).GetArrayLength().ShouldBe(1);
        var lines = (await cli.RunAsync("audit", "export")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe((await cli.JsonAsync("audit", "list")).GetArrayLength());
        lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetInt64()).ShouldBeInOrder(SortDirection.Descending);
        var file = Path.Combine(host.Folder, "audit.jsonl");
        (await cli.RunAsync("audit", "export", file, "--outcome", "refused")).ExitCode.ShouldBe(0);
        (await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken)).Length.ShouldBe(1);
    }
}
