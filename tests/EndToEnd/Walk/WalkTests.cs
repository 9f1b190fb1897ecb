using System.Text.RegularExpressions;
using Octavo.Ec2;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Walk;

/// <summary>A newcomer's first hour with <c>octavo</c> alone, from the first start to the audit log, as <c>docs/cli.md</c> shows it.</summary>
public sealed partial class WalkTests
{
    const string Ten = "--filter region=eu-west-1 --filter attached=no";

    [Fact]
    public async Task The_walk_in_the_document_is_what_the_command_line_prints()
    {
        using var folder = new TemporaryFolder();
        await using var aws = await Ec2Endpoint.StartAsync(new Ec2EndpointOptions(Seed: new Ec2Seed
        {
            Regions = ["eu-west-1", "us-east-1"],
            Volumes = 24,
            Attached = 4,
            RetentionDays = 7,
        }));
        aws.Switches.SnapshotPending = TimeSpan.FromSeconds(3);
        aws.Switches.ActionDelays = new Dictionary<string, TimeSpan> { ["DescribeVolumes"] = TimeSpan.FromSeconds(0.5) };
        var key = aws.Cloud.Keys.First();
        await File.WriteAllTextAsync(folder["secret.txt"], key.Secret + "\n", TestContext.Current.CancellationToken);
        var walk = new Transcript(folder.Path, TimeProvider.System.GetUtcNow());
        var shell = new UserShell(folder, Build.DotNet, "exec", Build.Cli);

        await using var server = await ServerProcess.StartAsync(folder["octavo-data"], ("OCTAVO_AWS_ENDPOINT", aws.Address.AbsoluteUri));
        walk.Add("dotnet run --project src/Server &", server.Log.Replace(folder.Path + "/octavo-data", "octavo-data", StringComparison.Ordinal));

        await RunAsync($"octavo profiles add home --server {server.Address.GetLeftPart(UriPartial.Authority)} --token-file octavo-data/admin.token");
        var credential = Id(await RunAsync($"octavo credentials add --name production --access-key-id {key.Id} --secret-access-key-file secret.txt"));
        await RunAsync($"octavo operations watch {Id(await RunAsync($"octavo credentials refresh {credential}"))}");
        await RunAsync($"octavo credentials show {credential}");

        await RunAsync("octavo volumes totals --by region,state");
        await RunAsync($"octavo volumes list {Ten} --sort -size");
        await RunAsync($"octavo volumes snapshot {Ten} --dry-run");
        var snapshots = Id(await RunAsync($"octavo volumes snapshot {Ten}"));
        await RunAsync($"octavo operations watch {snapshots}");
        await RunAsync("octavo snapshots totals --by region,state");

        var listed = await RunAsync("octavo snapshots list --sort -volume_size --limit 2");
        var restored = Id(await RunAsync($"octavo snapshots restore {Ids().Match(listed).Value} --name restored --wait"));

        await RunAsync($"octavo volumes update {restored} --protect");
        await RunAsync($"octavo volumes delete {restored} --wait", exitCode: 6);
        await RunAsync($"octavo volumes update {restored} --unprotect");
        await RunAsync($"octavo volumes delete {restored} --dry-run");
        await RunAsync($"octavo volumes delete {restored} --wait");
        await RunAsync($"octavo volumes undelete {restored} --wait");

        var scratch = Id(await RunAsync("octavo volumes create --name scratch --size 1 --tag purpose=trial --wait"));
        await RunAsync("octavo volumes delete --filter tag:purpose=trial", exitCode: 2);
        await RunAsync("octavo volumes delete --filter tag:purpose=trial --yes --final-snapshot --wait");
        await RunAsync("octavo volumes list --filter state=deleted");
        await RunAsync($"octavo volumes undelete {scratch} --wait");

        await RunAsync("octavo audit list --limit 24");
        await RunAsync("octavo audit list --outcome refused");
        walk.ShouldBeIn("docs/cli.md");

        async Task<string> RunAsync(string line, int exitCode = 0)
        {
            var ran = await shell.OnTerminalAsync(line);
            ran.ExitCode.ShouldBe(exitCode, $"{line}\n{ran.Output}\n{server.Log}");
            walk.Add(line, exitCode == 0 ? ran.Output : $"{ran.Output.TrimEnd()}\n[exit code {exitCode}]");
            return ran.Output;
        }
    }

    /// <summary>The id that stands first in what was printed, behind the word.</summary>
    static string Id(string printed) => IdLine().Match(printed) is { Success: true } found
        ? found.Groups[1].Value
        : throw new InvalidOperationException($"No id was printed:\n{printed}");

    [GeneratedRegex(@"^id\s+([0-9a-f]{32})", RegexOptions.Multiline)]
    private static partial Regex IdLine();

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Ids();
}
