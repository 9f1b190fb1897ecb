using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary>Prints results: tables for people, aligned plain text for pipes, one JSON value for programs.</summary>
sealed class Output(Terminal terminal, bool isJson)
{
    static readonly JsonSerializerOptions Indented = new(ApiJson.Wire.Options) { WriteIndented = true };

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
        foreach (var line in Lines(lines(value))) terminal.Output.WriteLine(line);
    }

    /// <summary>A list: one JSON array, or a table. What to do where it is empty is told to people on a terminal.</summary>
    public void List<T>(IReadOnlyList<T> items, Listing<T> listing)
    {
        if (isJson)
        {
            terminal.Output.Write('[');
            for (var i = 0; i < items.Count; i++)
                terminal.Output.Write((i == 0 ? "" : ",") + JsonSerializer.Serialize(items[i], listing.Shape));
            terminal.Output.WriteLine(']');
            return;
        }
        var rows = Rows(items, listing);
        if (terminal.IsOutputTerminal)
        {
            if (items.Count == 0 && listing.WhenEmpty is not null) terminal.Output.WriteLine(listing.WhenEmpty);
            else TerminalTable.Write(terminal.Output, rows);
            return;
        }
        var widths = Widths(rows);
        foreach (var row in rows) terminal.Output.WriteLine(Line(row, widths));
    }

    /// <summary>The headings, then a row for each item, harmless for a terminal.</summary>
    public static List<string[]> Rows<T>(IEnumerable<T> items, Listing<T> listing) =>
        [listing.Columns, .. items.Select(item => listing.Cells(item).Select(cell => cell is null or "" ? "-" : Printable.Of(cell)).ToArray())];

    /// <summary>How wide each column must be.</summary>
    public static int[] Widths(List<string[]> rows) => [.. rows[0].Select((_, i) => rows.Max(row => row[i].Length))];

    /// <summary>A row as a line of plain text.</summary>
    public static string Line(string[] row, int[] widths) =>
        string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd();

    /// <summary>The lines of one value, their names padded.</summary>
    public static IEnumerable<string> Lines(IEnumerable<(string Name, string? Value)> lines)
    {
        var all = lines.Where(line => line.Value is not null).ToList();
        var width = all.Max(line => line.Name.Length);
        return all.Select(line => $"{Printable.Of(line.Name).PadRight(width)}  {Printable.Of(line.Value!)}");
    }

    /// <summary>JSON as it came: on one line for programs, on many for people.</summary>
    public void Raw(JsonNode json) => terminal.Output.WriteLine(json.ToJsonString(isJson ? ApiJson.Wire.Options : Indented));

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

    /// <summary>For people: the same, or nothing.</summary>
    public static string? Time(DateTimeOffset? time) => time is { } known ? Time(known) : null;

    /// <summary>For people: a whole number with commas.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>For people: so many of something.</summary>
    public static string Count(long number, string what) => $"{Number(number)} {what}{(number == 1 ? "" : "s")}";

    /// <summary>For people: yes or no.</summary>
    public static string YesNo(bool value) => value ? "yes" : "no";
}
