using System.Globalization;

namespace Octavo.Cli;

/// <summary>Reads times.</summary>
static class Times
{
    /// <summary>What is said where a text is no time.</summary>
    public const string Wanted = "a time like 2026-11-25T08:00:00Z, a date, or an age like 30d, 12h or 90m";

    static readonly string[] Forms = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>A point in time, UTC where nothing else is said; an age is counted back from now. Null where it is none of these.</summary>
    public static DateTimeOffset? Parse(string text, TimeProvider time)
    {
        if (DateTimeOffset.TryParseExact(
            text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)) return at;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return null;
        TimeSpan? age = text[^1] switch
        {
            'd' => TimeSpan.FromDays(count),
            'h' => TimeSpan.FromHours(count),
            'm' => TimeSpan.FromMinutes(count),
            _ => null,
        };
        var now = time.GetUtcNow();
        return age < now - DateTimeOffset.UnixEpoch ? now - age : null;
    }

    /// <summary>The same where it must be one.</summary>
    /// <param name="text">What was given.</param>
    /// <param name="of">The option or filter that takes it.</param>
    /// <param name="time">What now is.</param>
    /// <exception cref="UserException">It is none.</exception>
    public static DateTimeOffset Of(string text, string of, TimeProvider time) =>
        Parse(text, time) ?? throw new UserException($"\"{text}\" is not {Wanted}, which {of} takes.");

    /// <summary>A moment to come: an age is counted forward from now.</summary>
    /// <exception cref="UserException">It is none.</exception>
    public static DateTimeOffset Ahead(string text, string of, TimeProvider time) =>
        Parse(text, time) is not { } at ? throw new UserException($"\"{text}\" is not {Wanted}, which {of} takes.")
        : char.IsAsciiLetterLower(text[^1]) ? time.GetUtcNow() + (time.GetUtcNow() - at)
        : at;
}
