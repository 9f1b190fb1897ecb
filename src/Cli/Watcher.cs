using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using Octavo.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Octavo.Cli;

/// <summary>
/// Shows something again whenever the server tells that it may have changed: drawn anew on a terminal; in a pipe a line for each thing that changed, as text
/// or as JSON. It ends when it is interrupted.
/// </summary>
sealed class Watcher(OctavoClient client, Terminal terminal, bool isJson, TimeProvider time)
{
    /// <summary>What changes within so long is shown at once.</summary>
    static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(250);

    /// <summary>Watches a list.</summary>
    /// <param name="kinds">What changes it: kinds of events, with commas between.</param>
    /// <param name="look">Asks for it.</param>
    /// <param name="listing">How it is listed.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<int> ListAsync<T>(
        string kinds, Func<CancellationToken, Task<List<T>>> look, Listing<T> listing, CancellationToken cancellation)
    {
        if (terminal.IsOutputTerminal && !isJson)
            return await DrawAsync(kinds, look, (console, items) =>
            {
                if (items.Count == 0) return new Text(listing.WhenEmpty ?? "Nothing yet.");
                var (table, left) = TerminalTable.Make(console, Output.Rows(items, listing));
                return left is null ? table : new Rows(table, new Text(left));
            }, cancellation);
        var shown = new Dictionary<string, string>(StringComparer.Ordinal);
        int[]? widths = null;
        await EachAsync(kinds, look, items =>
        {
            var rows = Output.Rows(items, listing);
            if (widths is null)
            {
                widths = Output.Widths(rows);
                if (!isJson) terminal.Output.WriteLine(Output.Line(rows[0], widths));
            }
            var now = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < items.Count; i++)
                now[listing.Id(items[i])] = isJson ? JsonSerializer.Serialize(items[i], listing.Shape) : Output.Line(rows[i + 1], widths);
            foreach (var (id, line) in now)
                if (shown.GetValueOrDefault(id) != line) terminal.Output.WriteLine(line);
            foreach (var id in shown.Keys.Where(id => !now.ContainsKey(id)))
                terminal.Output.WriteLine(isJson ? $$"""{"id":"{{JsonEncodedText.Encode(id)}}","is_gone":true}""" : $"{id}  gone from the list");
            shown = now;
        }, cancellation);
        return ExitCode.Interrupted;
    }

    /// <summary>Watches one thing.</summary>
    public async Task<int> ShowAsync<T>(
        string kinds, Func<CancellationToken, Task<T>> look, JsonTypeInfo<T> shape, Func<T, IEnumerable<(string, string?)>> lines,
        CancellationToken cancellation)
    {
        if (terminal.IsOutputTerminal && !isJson)
            return await DrawAsync(kinds, look, (_, value) => new Text(string.Join('\n', Output.Lines(lines(value)))), cancellation);
        var shown = "";
        await EachAsync(kinds, look, value =>
        {
            var now = isJson ? JsonSerializer.Serialize(value, shape) : string.Join('\n', Output.Lines(lines(value))) + "\n";
            if (now != shown) terminal.Output.WriteLine(now);
            shown = now;
        }, cancellation);
        return ExitCode.Interrupted;
    }

    async Task<int> DrawAsync<T>(
        string kinds, Func<CancellationToken, Task<T>> look, Func<IAnsiConsole, T, IRenderable> draw, CancellationToken cancellation)
    {
        var console = TerminalTable.Console(terminal.Output);
        await console.Live(new Text("…")).StartAsync(live => EachAsync(kinds, look, value =>
        {
            live.UpdateTarget(draw(console, value));
            live.Refresh();
        }, cancellation));
        return ExitCode.Interrupted;
    }

    /// <summary>Looks at first, and again after each change, until it is interrupted.</summary>
    async Task EachAsync<T>(string kinds, Func<CancellationToken, Task<T>> look, Action<T> show, CancellationToken cancellation)
    {
        // Only that something came counts: it is looked at as a whole.
        var signs = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var listening = ListenAsync(kinds, signs.Writer, ending.Token);
        try
        {
            // The first sign is that of a connection: what changes from then on is told.
            while (await signs.Reader.WaitToReadAsync(cancellation))
            {
                signs.Reader.TryRead(out _);
                show(await look(cancellation));
                await terminal.Output.FlushAsync(cancellation);
                await Task.Delay(Gathering, time, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // That is how watching ends.
        }
        finally
        {
            await ending.CancelAsync();
            await listening;
        }
    }

    async Task ListenAsync(string kinds, ChannelWriter<bool> signs, CancellationToken cancellation)
    {
        try
        {
            await foreach (var _ in client.FollowEventsAsync(kinds, null, time, cancellation)) signs.TryWrite(true);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The end.
        }
        finally
        {
            signs.TryComplete();
        }
    }
}
