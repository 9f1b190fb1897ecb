using System.Text.Json;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Clients;

/// <summary>
/// A client that a public generator makes from <c>api/openapi.json</c>, compiled by a strict compiler, against the real server. <c>./test</c> installs both, by
/// <c>npm ci</c>.
/// </summary>
public class GeneratedClientTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    static readonly string Project = Path.Combine(Build.Root, "tests", "EndToEnd", "TypeScript");

    [Fact]
    public async Task A_generated_client_compiles_and_lists_makes_changes_snapshots_restores_and_deletes()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "walk.ts", "tsconfig.json" }) File.Copy(Path.Combine(Project, name), folder[name]);

        (await ToolAsync("openapi-ts", "--input", Path.Combine(Build.Root, "api", "openapi.json"), "--output", folder["client"], "--client", "@hey-api/client-fetch"))
            .Succeeded();
        (await ToolAsync("tsc", "--project", folder.Path)).Succeeded();
        var walked = await Shell.RunAsync("node", [folder["compiled", "walk.js"]], new Dictionary<string, string>
        {
            ["OCTAVO_URL"] = fixture.Server.Address.AbsoluteUri.TrimEnd('/'),
            ["OCTAVO_TOKEN"] = fixture.Server.Token,
        });

        using var document = JsonDocument.Parse(walked.Succeeded());
        var came = document.RootElement;
        var id = came.GetProperty("id").GetString();
        came.GetProperty("before").GetInt32().ShouldBe(0);
        came.GetProperty("again").GetString().ShouldBe(id);
        came.GetProperty("mountPoint").GetString().ShouldBe("/vol/typed");
        came.GetProperty("stale").GetInt32().ShouldBe(412);
        came.GetProperty("staleCode").GetString().ShouldBe("conflict");
        Texts("listed").ShouldBe(["typed copy", "typed disk"]);
        came.GetProperty("planned").GetInt32().ShouldBe(1);
        Texts("after").ShouldBe(["typed copy"]);
        Texts("orphans").ShouldBe([came.GetProperty("snapshot").GetString()]);
        came.GetProperty("absentCode").GetString().ShouldBe("not_found");
        // And so it is, as another client sees it.
        (await fixture.Client.VolumesAsync()).Select(volume => volume.Name).ShouldBe(["typed copy"]);
        (await fixture.Client.SnapshotsAsync()).Select(snapshot => snapshot.Id).ShouldBe([came.GetProperty("snapshot").GetString()!]);

        IEnumerable<string?> Texts(string name) => came.GetProperty(name).EnumerateArray().Select(one => one.GetString());
    }

    /// <summary>Runs what <c>npm ci</c> installed.</summary>
    static Task<ShellResult> ToolAsync(string name, params string[] arguments) =>
        Shell.RunAsync(Path.Combine(Project, "node_modules", ".bin", name), arguments);
}
