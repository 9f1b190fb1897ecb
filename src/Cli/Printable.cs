using System.Globalization;

namespace Octavo.Cli;

/// <summary>Texts that others wrote, names and tags above all, made harmless for a terminal.</summary>
static class Printable
{
    /// <summary>
    /// Control characters, which a terminal obeys, and format characters, which turn or hide what follows, are shown as question marks; so are the
    /// separators of lines, so that one item stays one line.
    /// </summary>
    public static string Of(string text) => text.All(IsHarmless) ? text : new([.. text.Select(c => IsHarmless(c) ? c : '?')]);

    static bool IsHarmless(char c) => char.GetUnicodeCategory(c) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
