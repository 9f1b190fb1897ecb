using Octavo.Cli;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
return await OctavoCommand.RunAsync(
    args, new Terminal(Console.Out, Console.Error, Console.In, !Console.IsOutputRedirected, !Console.IsErrorRedirected),
    Environment.GetEnvironmentVariable, TimeProvider.System, stop.Token);
