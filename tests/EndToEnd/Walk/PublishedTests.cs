using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Walk;

/// <summary>
/// The command line as one file that needs no .NET. Publishing takes up to a minute, so it is done where there is time; else the same is asked of what was
/// built, which the analyzers for ahead-of-time compilation have passed.
/// </summary>
public sealed class PublishedTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    /// <summary>Above this it is no small file any more.</summary>
    const long MaxBytes = 12 << 20;

    [Fact]
    public async Task The_basic_commands_work_in_one_file_that_was_published_ahead_of_time()
    {
        using var folder = new TemporaryFolder();
        var shell = new UserShell(folder, Build.IsLong ? [await PublishAsync(folder)] : [Build.DotNet, "exec", Build.Cli]);

        var script = $$"""
            set -e
            octavo profiles add home --server {{fixture.Server.Address}} --token-stdin <<< {{fixture.Server.Token}}
            octavo users me
            octavo volumes create --name published --size 1 --tag made=ahead --wait --output json
            octavo volumes list --filter tag:made=ahead --output json
            octavo volumes totals --by state
            octavo snapshots list
            octavo audit list --limit 1
            octavo credentials list
            octavo volumes delete --filter tag:made=ahead --yes --wait
            octavo completion bash
            octavo volumes list --profile nowhere || echo "ended with $?"
            """;
        var printed = (await shell.ScriptAsync(script)).Succeeded();

        printed.ShouldContain("signed in as  admin, admin of account default");
        printed.ShouldContain("\"tags\":{\"made\":\"ahead\"}");
        printed.ShouldContain("delete-volumes");
        printed.ShouldContain("ended with 2");
    }

    /// <summary>Publishes it; a warning fails that, as it fails a build.</summary>
    static async Task<string> PublishAsync(TemporaryFolder folder)
    {
        (await Shell.RunAsync(
            Build.DotNet, "publish", Path.Combine(Build.Root, "src", "Cli"), "-c", "Release", "-r", "linux-x64", "-o", folder["published"])).Succeeded();
        var file = new FileInfo(folder["published", "octavo"]);
        file.Length.ShouldBeLessThan(MaxBytes);
        return file.FullName;
    }
}
