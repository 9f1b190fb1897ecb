using System.Text.Json;
using Octavo.Ec2;
using Octavo.Tests.Server;

namespace Octavo.Tests.Cli;

/// <summary>What <c>docs/cli.md</c> promises.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task Every_command_prints_one_JSON_value_with_ids_and_nothing_else()
    {
        await using var aws = await Ec2Endpoint.StartAsync();
        var key = aws.Cloud.AddKey(aws.Cloud.AddAccount("111122223333").Id);
        await using var host = await ServerHost.StartAsync(aws: aws.Address);
        var cli = new CommandLine(host);
        var files = Directory.CreateDirectory(Path.Combine(host.Folder, "files")).FullName;
        var image = Path.Combine(files, "disk.img");
        await File.WriteAllBytesAsync(image, new byte[1 << 20], TestContext.Current.CancellationToken);

        var volume = Id(await cli.JsonAsync("volumes", "import", image, "--name", "disk", "--wait"));
        var made = await cli.JsonAsync("volumes", "create", "--name", "made", "--size", "1");
        Id(await cli.JsonAsync("operations", "wait", Id(made.GetProperty("operation")))).ShouldBe(Id(made.GetProperty("operation")));
        Id(await cli.JsonAsync("volumes", "show", volume)).ShouldBe(volume);
        (await cli.JsonAsync("volumes", "list")).EnumerateArray().Select(Id).ShouldBe([volume, Id(made)], ignoreOrder: true);
        var snapshot = Id(await cli.JsonAsync("snapshots", "create", volume, "--wait"));
        Id(await cli.JsonAsync("volumes", "snapshot", volume, "--wait")).ShouldNotBe(snapshot);
        (await cli.JsonAsync("snapshots", "list", "--volume", volume)).GetArrayLength().ShouldBe(2);
        Id(await cli.JsonAsync("snapshots", "show", snapshot)).ShouldBe(snapshot);
        Id(await cli.JsonAsync("snapshots", "restore", snapshot, "--name", "back", "--wait"));
        Id(await cli.JsonAsync("volumes", "export", volume, Path.Combine(files, "a.img"))).ShouldBe(volume);
        Id(await cli.JsonAsync("snapshots", "export", snapshot, Path.Combine(files, "b.img"))).ShouldBe(snapshot);
        Id(await cli.JsonAsync("snapshots", "delete", snapshot, "--wait"));
        Id(await cli.JsonAsync("operations", "show", Id(await cli.JsonAsync("volumes", "delete", volume))));
        (await cli.JsonAsync("operations", "list")).GetArrayLength().ShouldBeGreaterThan(5);
        (await cli.JsonAsync("fsck", "--repair")).GetArrayLength().ShouldBe(0);
        var many = Id(await cli.JsonAsync("snapshots", "create", "--filter", "all=yes", "--filter", "provider=local", "--wait"));
        (await cli.JsonAsync("operations", "items", many)).GetArrayLength().ShouldBe(2);
        (await cli.RunAsync("operations", "retry", many)).ExitCode.ShouldBe(6);
        var secret = Path.Combine(files, "secret");
        await File.WriteAllTextAsync(secret, key.Secret + "\n", TestContext.Current.CancellationToken);
        var credential = Id(await cli.JsonAsync(
            "credentials", "create", "--name", "aws", "--kind", "aws", "--access-key-id", key.Id, "--secret-access-key-file", secret,
            "--region", "eu-west-1", "--endpoint", aws.Address.ToString()));
        Id(await cli.JsonAsync("credentials", "refresh", credential, "--wait"));
        Id(await cli.JsonAsync("credentials", "show", credential)).ShouldBe(credential);
        (await cli.JsonAsync("credentials", "list")).GetArrayLength().ShouldBe(2);
        (await cli.JsonAsync("credentials", "delete", credential)).EnumerateObject().ShouldBeEmpty();
        Id(await cli.JsonAsync("accounts", "create", "team-a"));
        (await cli.JsonAsync("accounts", "list")).GetArrayLength().ShouldBe(2);
        (await cli.JsonAsync("users", "create", "alice", "--account", "team-a", "--admin", "--api-access")).GetProperty("token").GetString()!.Length.ShouldBe(64);
        var user = Id(await cli.JsonAsync("users", "create", "bob"));
        (await cli.JsonAsync("users", "update", user, "--role", "admin")).GetProperty("role").GetString().ShouldBe("admin");
        (await cli.JsonAsync("users", "token", user)).GetProperty("token").GetString()!.Length.ShouldBe(64);
        Id(await cli.JsonAsync("users", "show", user)).ShouldBe(user);
        Id(await cli.JsonAsync("users", "me")).ShouldNotBe(user);
        (await cli.JsonAsync("users", "list")).GetArrayLength().ShouldBe(2);
        (await cli.JsonAsync("users", "delete", user)).EnumerateObject().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(2, "\"abc\" is not a whole number, which --size takes.", "volumes", "create", "--name", "x", "--size", "abc")]
    [InlineData(2, "is not true or false", "users", "update", "x", "--api-access", "maybe")]
    [InlineData(2, "cannot be read", "volumes", "import", "/does/not/exist", "--name", "x")]
    [InlineData(2, "cannot be read", "credentials", "create", "--name", "x", "--access-key-id", "x", "--secret-file", "/does/not/exist")]
    [InlineData(2, "is a folder", "volumes", "export", "x", "/tmp")]
    [InlineData(2, "does not exist", "volumes", "export", "x", "/does/not/exist/x.img")]
    [InlineData(2, "is no address", "volumes", "list", "--server", "foo")]
    [InlineData(2, "octavo --help", "volumes", "frobnicate")]
    [InlineData(1, "must be from 1", "volumes", "create", "--name", "x", "--size", "0")]
    [InlineData(5, "not known", "volumes", "list", "--token", "wrong")]
    [InlineData(5, "octavo profiles add", "volumes", "list", "--token", "wrong")]
    [InlineData(3, "octavo volumes list", "volumes", "show", "vol-00000000000000000")]
    [InlineData(3, "Request ", "volumes", "show", "vol-00000000000000000")]
    [InlineData(2, "is no filter. There are search, name", "volumes", "list", "--filter", "colour=red")]
    [InlineData(2, "is not a time like", "volumes", "list", "--filter", "created_since=yesterday")]
    [InlineData(2, "is no KEY=VALUE", "volumes", "delete", "--filter", "colour")]
    [InlineData(2, "Give one ID or more", "volumes", "delete")]
    [InlineData(2, "nothing to delete", "volumes", "delete", "--filter", "name=nothing", "--yes")]
    [InlineData(2, "Nothing to change", "volumes", "update", "x")]
    [InlineData(1, "is one of", "volumes", "list", "--filter", "state=asleep")]
    [InlineData(1, "sort", "volumes", "list", "--sort", "colour")]
    [InlineData(2, "There is no profile \"nowhere\"", "volumes", "list", "--profile", "nowhere")]
    [InlineData(2, "Which service?", "profiles", "add", "x")]
    [InlineData(2, "--token-stdin", "profiles", "add", "x", "--server", "http://127.0.0.1:1")]
    [InlineData(6, "only a deleted one", "volumes", "undelete", "VOLUME")]
    [InlineData(3, "no such volume", "volumes", "show", "vol-00000000000000000")]
    [InlineData(3, "is no id", "volumes", "show", "")]
    [InlineData(3, "is no id", "volumes", "delete", ".")]
    [InlineData(3, "is no id", "snapshots", "delete", "..")]
    [InlineData(4, "Nothing answers", "volumes", "list", "--server", "http://127.0.0.1:1")]
    public async Task A_refusal_is_a_sentence_on_standard_error_and_an_exit_code(int code, string sentence, params string[] args)
    {
        await using var host = await ServerHost.StartAsync();

        string[] given = args.Contains("VOLUME") ? [.. args.SkipLast(1), await host.VolumeAsync()] : args;
        var refused = await new CommandLine(host).RunAsync([.. given, "--output", "json"]);

        refused.Error.ShouldContain(sentence);
        refused.Error.ShouldNotContain("   at ");
        (refused.ExitCode, refused.Output).ShouldBe((code, ""));
    }

    [Fact]
    public async Task Tables_fit_a_terminal_of_80_columns_with_every_id_in_one_piece()
    {
        await using var host = await ServerHost.StartAsync();
        var cli = new CommandLine(host);
        (await cli.RunAsync(true, ["volumes", "list"])).Output.ShouldContain("octavo volumes create");
        var volume = await host.VolumeAsync(new string('n', 255));
        var snapshot = (string)(await host.SnapshotAsync(volume))["id"]!;

        foreach (var (list, id) in new[] { ("volumes", volume), ("snapshots", snapshot) })
        {
            var printed = (await cli.RunAsync(true, [list, "list"])).Output;
            printed.ShouldContain($"│ {id} │");
            printed.Split('\n').ShouldAllBe(line => line.TrimEnd().Length <= 80);
        }
    }

    static string Id(JsonElement json) => json.GetProperty("id").GetString()!;
}
