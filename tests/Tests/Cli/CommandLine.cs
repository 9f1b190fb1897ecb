using System.Text.Json;
using Octavo.Cli;
using Octavo.Tests.Server;

namespace Octavo.Tests.Cli;

/// <summary>What a command printed and how it ended.</summary>
sealed record Ran(int ExitCode, string Output, string Error)
{
    /// <summary>The one JSON value on standard output; fails where there is more, or something else.</summary>
    public JsonElement Json()
    {
        ExitCode.ShouldBe(0, Error);
        Error.ShouldBe("");
        using var document = JsonDocument.Parse(Output);
        return document.RootElement.Clone();
    }
}

/// <summary>The command line in this process, against a server.</summary>
sealed class CommandLine(ServerHost host)
{
    /// <summary>Variables in the place of the server's address and token.</summary>
    public Dictionary<string, string> Variables { get; } = new()
    {
        ["OCTAVO_SERVER"] = host.Address.AbsoluteUri,
        ["OCTAVO_TOKEN"] = host.Token,
    };

    /// <summary>What stands on standard input.</summary>
    public string Input { get; set; } = "a secret";

    /// <summary>Whether somebody is there to be asked.</summary>
    public bool CanAsk { get; set; }

    /// <summary>Runs a command as somebody in a pipe.</summary>
    public Task<Ran> RunAsync(params string[] args) => RunAsync(false, args);

    /// <summary>Runs a command with <c>--output json</c>, which must succeed.</summary>
    public async Task<JsonElement> JsonAsync(params string[] args) => (await RunAsync([.. args, "--output", "json"])).Json();

    /// <summary>Runs a command whose output is looked at on a terminal.</summary>
    public async Task<Ran> RunAsync(bool isTerminal, string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await RunAsync(isTerminal, output, error, args, TestContext.Current.CancellationToken);
        return new Ran(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command that goes on until it is interrupted; its lines are there to be read as they come.</summary>
    public Following Follow(params string[] args)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var (output, error) = (new LineWriter(), new LineWriter());
        return new Following(output, error, RunAsync(false, output, error, args, stop.Token), stop);
    }

    Task<int> RunAsync(bool isTerminal, TextWriter output, TextWriter error, string[] args, CancellationToken cancellation) => OctavoCommand.RunAsync(
        args, new Terminal(output, error, new StringReader(Input), isTerminal, CanAsk, CanAsk), Variables.GetValueOrDefault, TimeProvider.System, cancellation);
}
