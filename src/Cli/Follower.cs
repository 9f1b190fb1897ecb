using Octavo.Api;
using Spectre.Console;

namespace Octavo.Cli;

/// <summary>Shows, on a terminal, how far something is; elsewhere it only waits.</summary>
sealed class Follower(OctavoClient client, Terminal terminal, TimeProvider time)
{
    static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

    /// <summary>Waits for the end of an operation; returns it.</summary>
    /// <exception cref="OctavoException">It failed.</exception>
    public async Task<Operation> WaitAsync(Operation operation, CancellationToken cancellation)
    {
        var ended = await BarAsync(operation.Kind, async report =>
        {
            var now = operation;
            for (var interval = FirstInterval; !now.IsFinished; interval = Min(interval * 1.5, LongestInterval))
            {
                await Task.Delay(interval, time, cancellation);
                now = await client.GetOperationAsync(operation.Id, cancellation);
                report(now.ProgressPercent);
            }
            return now;
        });
        return ended.State == "succeeded"
            ? ended
            : throw new OctavoException(200, ended.Error?.Code ?? "unknown", ended.Error?.Message ?? $"The operation {ended.State}.", null);
    }

    /// <summary>Runs something that reports percent.</summary>
    public async Task<T> BarAsync<T>(string what, Func<Action<double>, Task<T>> work)
    {
        if (!terminal.IsErrorTerminal) return await work(_ => { });
        return await AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error) })
            .Progress().AutoClear(true).StartAsync(async progress =>
            {
                var bar = progress.AddTask(Markup.Escape(what));
                return await work(percent => bar.Value = percent);
            });
    }

    static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
