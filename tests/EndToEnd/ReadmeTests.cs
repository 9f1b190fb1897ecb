using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd;

/// <summary>What the README tells a newcomer to type.</summary>
public class ReadmeTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task The_data_folder_is_made_where_the_command_is_typed()
    {
        using var folder = new TemporaryFolder();

        // The address is taken, so that the server ends by itself; it looks for its data first.
        var ended = await Shell.RunAsync(
            "sh", "-c", "cd \"$0\" && exec \"$@\"", folder.Path, Build.DotNet, "run", "--no-build", "--project", Path.Combine(Build.Root, "src", "Server"), "--",
            "--urls", fixture.Server.Address.AbsoluteUri);

        ended.ExitCode.ShouldNotBe(0, ended.Output);
        File.Exists(folder[Path.Combine("octavo-data", "admin.token")]).ShouldBeTrue(ended.Output + ended.Error);
    }
}
