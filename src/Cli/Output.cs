using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Octavo.Cli;

/// <summary>Prints results: tables for people, aligned plain text for pipes, one JSON value for programs.</summary>
sealed class Output(Terminal terminal, bool isJson)
{
    /// <summary>Whether to print JSON.</summary>
    public bool IsJson => isJson;

    /// <summary>One value: a JSON object, with what else belongs to it as further keys, or lines of <c>name  value</c>.</summary>
    public void Value<T>(
        T value, JsonTypeInfo<T> shape, Func<T, IEnumerable<(string Name, string? Value)>> lines, params (string Key, JsonNode? Value)[] also)
    {
        if (isJson)
        {
            var json = JsonSerializer.SerializeToNode(value, shape)!.AsObject();
            foreach (var (key, node) in also) json[key] = node;
            terminal.Output.WriteLine(json.ToJsonString(shape.Options));
            return;
        }
        var all = lines(value).Where(line => line.Value is not null).ToList();
        var width = all.Max(line => line.Name.Length);
        foreach (var (name, text) in all) terminal.Output.WriteLine($"{name.PadRight(width)}  {Printable(text!)}");
    }

    /// <summary>
    /// A list: one JSON array, or a table, the columns that matter most first. What to do where it is empty is told to people on a terminal.
    /// </summary>
    public void List<T>(IReadOnlyList<T> items, JsonTypeInfo<T> shape, string[] columns, Func<T, string?[]> cells, string? whenEmpty = null)
    {
        if (isJson)
        {
            terminal.Output.Write('[');
            for (var i = 0; i < items.Count; i++)
                terminal.Output.Write((i == 0 ? "" : ",") + JsonSerializer.Serialize(items[i], shape));
            terminal.Output.WriteLine(']');
            return;
        }
        List<string[]> rows = [columns, .. items.Select(item => cells(item).Select(cell => Printable(cell ?? "-")).ToArray())];
        if (terminal.IsOutputTerminal)
        {
            if (items.Count == 0 && whenEmpty is not null) terminal.Output.WriteLine(whenEmpty);
            else new TerminalTable(terminal.Output, rows).Write();
            return;
        }
        var widths = columns.Select((_, i) => rows.Max(row => row[i].Length)).ToArray();
        foreach (var row in rows)
            terminal.Output.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>A sentence for a person; programs do not see it.</summary>
    public void Say(string sentence)
    {
        if (!isJson) terminal.Output.WriteLine(sentence);
    }

    /// <summary>An empty JSON object where there is nothing to show; a sentence for people.</summary>
    public void Done(string sentence) => terminal.Output.WriteLine(isJson ? "{}" : sentence);

    /// <summary>For people: <c>1.5 GiB</c>.</summary>
    public static string Size(long bytes)
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        double value = bytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }
        return FormattableString.Invariant($"{value:0.#} {units[unit]}");
    }

    /// <summary>For people: UTC, whole seconds.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>For people: yes or no.</summary>
    public static string YesNo(bool value) => value ? "yes" : "no";

    static string Printable(string text) => new([.. text.Select(c => char.IsControl(c) ? '?' : c)]);
}
