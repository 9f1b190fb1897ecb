using System.Text;
using System.Threading.Channels;

namespace Octavo.Tests.Cli;

/// <summary>A command that goes on.</summary>
sealed class Following(LineWriter output, LineWriter error, Task<int> running, CancellationTokenSource stop) : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The next line of its output that has this in it; what comes before is passed over.</summary>
    public Task<string> LineAsync(string part) => output.NextAsync(part, Patience);

    /// <summary>The next line of what it says on standard error.</summary>
    public Task<string> ErrorAsync(string part) => error.NextAsync(part, Patience);

    /// <summary>As Ctrl-C does; returns the exit code.</summary>
    public async Task<int> InterruptAsync()
    {
        await stop.CancelAsync();
        return await running.WaitAsync(Patience, TimeProvider.System);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await InterruptAsync();
        stop.Dispose();
    }
}

/// <summary>Gives the lines that are written to it.</summary>
sealed class LineWriter : StringWriter
{
    readonly Channel<string> lines = Channel.CreateUnbounded<string>();

    public override void WriteLine(string? value) => lines.Writer.TryWrite(value ?? "");

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    /// <summary>The next line that has this in it.</summary>
    public async Task<string> NextAsync(string part, TimeSpan patience)
    {
        using var bound = new CancellationTokenSource(patience, TimeProvider.System);
        var passed = new StringBuilder();
        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(bound.Token))
            {
                if (line.Contains(part, StringComparison.Ordinal)) return line;
                passed.AppendLine(line);
            }
        }
        catch (OperationCanceledException)
        {
            // Told below.
        }
        throw new TimeoutException($"No line with \"{part}\" came, but:\n{passed}");
    }
}
