using System.Text;
using Octavo.Cli;

// Never disposed: a signal may come when everything else has ended.
var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    // The second time it ends at once, whatever is under way.
    pressed.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
};
return await OctavoCommand.RunAsync(
    args,
    new Terminal(
        Console.Out, Console.Error, Console.In, !Console.IsOutputRedirected, !Console.IsErrorRedirected, !Console.IsInputRedirected,
        Console.IsInputRedirected ? null : ReadSecret),
    Environment.GetEnvironmentVariable, TimeProvider.System, stop.Token);

static string ReadSecret()
{
    var typed = new StringBuilder();
    while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
    {
        if (key.Key == ConsoleKey.Backspace) typed.Length = Math.Max(0, typed.Length - 1);
        else if (!char.IsControl(key.KeyChar)) typed.Append(key.KeyChar);
    }
    Console.Error.WriteLine();
    return typed.ToString();
}
