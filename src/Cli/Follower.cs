using System.Globalization;
using Octavo.Api;
using Spectre.Console;

namespace Octavo.Cli;

/// <summary>Follows operations to their end; shows on a terminal how far something is.</summary>
sealed class Follower(OctavoClient client, Terminal terminal, TimeProvider time)
{
    static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

    /// <summary>A server that starts again is back within this.</summary>
    static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    /// <summary>Tells how far it is: the step, and percent.</summary>
    public delegate void Report(string step, double percent);

    /// <summary>Waits for the end of an operation; returns it.</summary>
    /// <exception cref="OctavoException">It failed.</exception>
    public async Task<Operation> WaitAsync(Operation operation, CancellationToken cancellation) =>
        Succeeded(await BarAsync(operation.Kind, report => FollowAsync(
            operation, now => report($"{now.Kind}: {now.Step}", now.ProgressPercent), cancellation)));

    /// <summary>Looks until an operation has ended, and tells whenever it has moved. Interrupted, it says that the operation goes on.</summary>
    public async Task<Operation> FollowAsync(Operation operation, Action<Operation> moved, CancellationToken cancellation)
    {
        var now = operation;
        var seen = time.GetTimestamp();
        moved(now);
        try
        {
            for (var interval = FirstInterval; !now.IsFinished; interval = interval * 1.5 < LongestInterval ? interval * 1.5 : LongestInterval)
            {
                await Task.Delay(interval, time, cancellation);
                Operation next;
                try
                {
                    next = await client.GetOperationAsync(now.Id, cancellation);
                }
                catch (HttpRequestException) when (time.GetElapsedTime(seen) < LongestSilence)
                {
                    continue;
                }
                seen = time.GetTimestamp();
                if ((next.State, next.Step, next.ProgressPercent) != (now.State, now.Step, now.ProgressPercent)) moved(next);
                now = next;
            }
            return now;
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException)
        {
            await terminal.Error.WriteLineAsync(
                $"The operation goes on without you. Look at it: octavo operations show {now.Id}; wait for it: octavo operations wait {now.Id}"
                + (now.IsCancellable ? $"; stop it: octavo operations cancel {now.Id}" : ""));
            throw;
        }
    }

    /// <summary>The operation, where it ended well.</summary>
    /// <exception cref="OctavoException">It did not.</exception>
    public static Operation Succeeded(Operation ended)
    {
        if (ended.State == "succeeded") return ended;
        var sentence = ended.Error?.Message ?? $"The operation {ended.State}.";
        // What acts on many ends in an s.
        if (ended.Kind.EndsWith('s')) sentence += $" What came of each: octavo operations items {ended.Id}; once more for what failed: octavo operations retry {ended.Id}";
        throw new OctavoException(200, ended.Error?.Code ?? "unknown", sentence, null);
    }

    /// <summary>Runs something that reports how far it is.</summary>
    public async Task<T> BarAsync<T>(string what, Func<Report, Task<T>> work)
    {
        if (!terminal.IsErrorTerminal) return await work((_, _) => { });
        return await TerminalTable.Console(terminal.Error)
            .Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new SpinnerColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask(Markup.Escape(what));
                return await work((step, percent) =>
                {
                    bar.Description = Markup.Escape(step);
                    bar.Value = percent;
                });
            });
    }

    /// <summary>An operation as one line: when, state, step, how far.</summary>
    public string Line(Operation operation) => string.Create(
        CultureInfo.InvariantCulture, $"{Output.Time(time.GetUtcNow())}  {operation.State,-9}  {operation.Step,-10}  {operation.ProgressPercent,3}%");
}
