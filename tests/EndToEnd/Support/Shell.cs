using System.Diagnostics;

namespace Octavo.EndToEnd.Support;

/// <summary>What a program printed and how it ended.</summary>
/// <param name="Command">The command line, for messages.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
sealed record ShellResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>The standard output, where the program ended with 0.</summary>
    public string Succeeded()
    {
        ExitCode.ShouldBe(0, $"{Command}\n{Output}\n{Error}");
        return Output;
    }
}

/// <summary>Runs other programs to their end.</summary>
static class Shell
{
    /// <summary>A program that takes longer is taken to hang.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs a program with arguments, without a shell in between.</summary>
    public static Task<ShellResult> RunAsync(string program, params string[] arguments) => RunAsync(program, arguments, null);

    /// <summary>Runs a program with arguments and variables of its own.</summary>
    public static async Task<ShellResult> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var command = $"{program} {string.Join(' ', start.ArgumentList)}";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command} did not start.");
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, TestContext.Current.CancellationToken);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(both.Token);
            var error = process.StandardError.ReadToEndAsync(both.Token);
            await process.WaitForExitAsync(both.Token);
            return new ShellResult(command, process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} did not end within {Patience}.");
        }
    }
}
