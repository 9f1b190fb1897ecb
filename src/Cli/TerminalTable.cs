using Spectre.Console;

namespace Octavo.Cli;

/// <summary>
/// A table with borders that fits its terminal. An id must stay in one piece to be copied, so columns are left out from the right until the
/// rest fits; long texts wrap.
/// </summary>
static class TerminalTable
{
    /// <summary>What is not wider is never wrapped: an id has 32 characters.</summary>
    const int WidestInOnePiece = 32;

    /// <summary>What is wider, a name or a sentence, gets at least this: a provider's ids inside have 22 characters.</summary>
    const int NarrowestWrapped = 24;

    /// <summary>Two blanks and a border.</summary>
    const int AroundCell = 3;

    /// <summary>Writes it.</summary>
    /// <param name="output">The terminal.</param>
    /// <param name="rows">The headings, then the rows; the columns that matter most first.</param>
    public static void Write(TextWriter output, List<string[]> rows)
    {
        var console = Console(output);
        var (table, left) = Make(console, rows);
        console.Write(table);
        if (left is not null) console.WriteLine(left);
    }

    /// <summary>A terminal to draw on.</summary>
    public static IAnsiConsole Console(TextWriter output) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });

    /// <summary>Draws it, and tells what had to be left out.</summary>
    public static (Table Table, string? Left) Make(IAnsiConsole console, List<string[]> rows)
    {
        var widths = Output.Widths(rows);
        var shown = Fitting(widths, console.Profile.Width);
        // Too narrow even for the first two: the terminal breaks the lines.
        console.Profile.Width = Math.Max(console.Profile.Width, Narrowest(widths, shown));
        var table = new Table().Border(TableBorder.Rounded);
        for (var column = 0; column < shown; column++)
        {
            var made = new TableColumn(Markup.Escape(rows[0][column]));
            table.AddColumn(widths[column] <= WidestInOnePiece ? made.NoWrap() : made);
        }
        foreach (var row in rows.Skip(1)) table.AddRow([.. row.Take(shown).Select(Markup.Escape)]);
        return (table, shown < widths.Length ? $"A wider terminal shows {string.Join(", ", rows[0].Skip(shown))} too; so does \"show\"." : null);
    }

    static int Fitting(int[] widths, int room)
    {
        var shown = widths.Length;
        while (shown > 2 && Narrowest(widths, shown) > room) shown--;
        return shown;
    }

    static int Narrowest(int[] widths, int shown) =>
        1 + widths.Take(shown).Sum(width => (width <= WidestInOnePiece ? width : NarrowestWrapped) + AroundCell);
}
