using System.Globalization;
using System.Text;
using Octavo.Core;

namespace Octavo.Server.Console;

/// <summary>Numbers, sizes and times as pages write them.</summary>
static class Texts
{
    static readonly NumberFormatInfo thin = new() { NumberGroupSeparator = "\u202f", NumberDecimalSeparator = "." };

    /// <summary>A number with thin gaps: 12 345.</summary>
    public static string Number(long number) => number.ToString("#,0", thin);

    /// <summary>A size in GiB, to one decimal below 10 GiB; small ones in MiB or KiB, so that none is nothing.</summary>
    public static string Size(long bytes) => bytes switch
    {
        0 => "0 GiB",
        < 1 << 20 => string.Create(thin, $"{bytes / 1024.0:0.#} KiB"),
        < 1 << 30 => string.Create(thin, $"{bytes / (double)(1 << 20):0.#} MiB"),
        < 10L << 30 => string.Create(thin, $"{bytes / (double)(1 << 30):0.#} GiB"),
        _ => $"{Number(new ByteSize(bytes).GiB)} GiB",
    };

    /// <summary>The same; a dash where it is not known.</summary>
    public static string Size(long? bytes) => bytes is { } known ? Size(known) : "–";

    /// <summary>What snapshots take on the stores, as far as the providers say.</summary>
    public static string Stored(long bytes) => bytes == 0 ? "stored size not known" : $"{Size(bytes)} stored";

    /// <summary>A number and its noun: 1 volume, 2 volumes.</summary>
    public static string Count(long number, string one, string? many = null) => $"{Number(number)} {(number == 1 ? one : many ?? one + "s")}";

    /// <summary>A share in percent, as bars write it.</summary>
    public static string Percent(long part, long whole) => whole == 0 ? "0 %" : string.Create(thin, $"{100.0 * part / whole:0.#} %");

    /// <summary>A time to the minute, in UTC.</summary>
    public static string Minute(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A time to the second, in UTC.</summary>
    public static string Second(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>A time as machines read it.</summary>
    public static string Machine(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A time from now: 5 min ago, in 3 h.</summary>
    public static string Ago(DateTimeOffset at, DateTimeOffset now)
    {
        var length = (now - at).Duration();
        var text = length.TotalSeconds < 10 ? "" : length.TotalMinutes < 1 ? $"{(int)length.TotalSeconds} s" : length.TotalHours < 1 ? $"{(int)length.TotalMinutes} min"
            : length.TotalDays < 2 ? $"{(int)length.TotalHours} h" : $"{(int)length.TotalDays} days";
        return text.Length == 0 ? "just now" : at <= now ? text + " ago" : "in " + text;
    }

    /// <summary>How long something took: 0.4 s, 3 min.</summary>
    public static string Took(TimeSpan length) => length.TotalSeconds < 10 ? string.Create(thin, $"{length.TotalSeconds:0.#} s")
        : length.TotalMinutes < 2 ? $"{(int)length.TotalSeconds} s" : length.TotalHours < 2 ? $"{(int)length.TotalMinutes} min" : $"{(int)length.TotalHours} h";

    /// <summary>A word of the wire as people read it: create-volume and CreateVolume are Create volume.</summary>
    public static string Words(string word)
    {
        var text = new StringBuilder(word.Length + 4);
        foreach (var c in word)
        {
            if (char.IsUpper(c) && text.Length > 0) text.Append(' ');
            text.Append(text.Length == 0 ? char.ToUpperInvariant(c) : c is '-' or '_' ? ' ' : char.ToLowerInvariant(c));
        }
        return text.ToString();
    }

    /// <summary>The beginning of an id, enough to tell one from another on a page.</summary>
    public static string Short(string id) => id.Length > 12 && !id.Contains('-', StringComparison.Ordinal) ? id[..8] : id;

    /// <summary>A path with a query of what is given.</summary>
    public static string Link(string path, params IEnumerable<(string Name, string? Value)> query)
    {
        var text = string.Join('&', query.Where(q => q.Value is not null).Select(q => $"{Uri.EscapeDataString(q.Name)}={Uri.EscapeDataString(q.Value!)}"));
        return text.Length == 0 ? path : $"{path}?{text}";
    }
}
