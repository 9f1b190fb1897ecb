using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Walk;

/// <summary>A person's shell: <c>octavo</c> on the path, a home and a folder of its own, and a terminal that is 120 columns wide.</summary>
sealed class UserShell
{
    const int Columns = 120;

    readonly TemporaryFolder folder;
    readonly Dictionary<string, string> variables;

    /// <param name="folder">The folder in which it stands.</param>
    /// <param name="program">The program behind <c>octavo</c>, with its first arguments.</param>
    public UserShell(TemporaryFolder folder, params string[] program)
    {
        this.folder = folder;
        Directory.CreateDirectory(folder["bin"]);
        var octavo = folder["bin", "octavo"];
        File.WriteAllText(octavo, $"#!/bin/sh\nexec {string.Join(' ', program.Select(part => $"'{part}'"))} \"$@\"\n");
        File.SetUnixFileMode(octavo, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        variables = new Dictionary<string, string>
        {
            ["HOME"] = folder.Path,
            ["XDG_CONFIG_HOME"] = "",
            ["PATH"] = $"{folder["bin"]}:{Environment.GetEnvironmentVariable("PATH")}",
            ["LANG"] = "C.UTF-8",
            // No colours and no moving of the cursor: what is printed is what is kept.
            ["TERM"] = "dumb",
        };
    }

    /// <summary>Runs a line with what it prints going to a terminal; messages come behind results.</summary>
    public async Task<ShellResult> OnTerminalAsync(string line)
    {
        var messages = folder["messages"];
        var ran = await RunAsync("script", "-qec", $"stty cols {Columns} -onlcr; {line} 2>{messages}", "/dev/null");
        return ran with { Output = ran.Output + await File.ReadAllTextAsync(messages, TestContext.Current.CancellationToken) };
    }

    /// <summary>Runs a script with what it prints going to a pipe.</summary>
    public Task<ShellResult> ScriptAsync(string script) => RunAsync("bash", "-c", script);

    Task<ShellResult> RunAsync(string program, params string[] arguments) =>
        Shell.RunAsync("env", ["-C", folder.Path, program, .. arguments], variables);
}
