using System.Text.Json;

namespace Octavo.EndToEnd.Support;

/// <summary>The built command line, against a server, in a process of its own.</summary>
sealed class Cli(ServerProcess server)
{
    /// <summary>Runs <c>octavo</c> with arguments.</summary>
    public Task<ShellResult> RunAsync(params string[] arguments) =>
        Shell.RunAsync(Build.DotNet, ["exec", Build.Cli, .. arguments], new Dictionary<string, string>
        {
            ["OCTAVO_SERVER"] = server.Address.AbsoluteUri,
            ["OCTAVO_TOKEN"] = server.Token,
        });

    /// <summary>Runs it, which must succeed, and gives the one JSON value that it prints.</summary>
    public async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        using var printed = JsonDocument.Parse((await RunAsync([.. arguments, "--output", "json"])).Succeeded());
        return printed.RootElement.Clone();
    }
}
