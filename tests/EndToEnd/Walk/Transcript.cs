using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Walk;

/// <summary>
/// What was typed and printed, with everything that differs from one run to the next put in a fixed form of the same width, so that it can stand in a
/// document and be held against it.
/// </summary>
/// <param name="folder">Where the walk takes place.</param>
/// <param name="began">When it began.</param>
sealed partial class Transcript(string folder, DateTimeOffset began)
{
    const string Begin = "<!-- walk: made by tests/EndToEnd/Walk, renewed with OCTAVO_RENEW=1 -->\n```console\n";
    const string End = "```\n<!-- end of walk -->";

    /// <summary>When every walk begins, as it is written down.</summary>
    static readonly DateTimeOffset Start = new(2026, 11, 25, 8, 0, 0, TimeSpan.Zero);

    readonly StringBuilder text = new();
    readonly Dictionary<string, string> known = new(StringComparer.Ordinal);

    /// <summary>Adds a command and what it printed.</summary>
    public void Add(string command, string printed) => text.Append("$ ").Append(Fixed(command)).Append('\n').Append(Fixed(printed.TrimEnd())).Append("\n\n");

    /// <summary>Holds it against the document; with OCTAVO_RENEW=1 writes it there.</summary>
    public void ShouldBeIn(string document)
    {
        var path = Path.Combine(Build.Root, document);
        var whole = File.ReadAllText(path);
        var (from, to) = (whole.IndexOf(Begin, StringComparison.Ordinal), whole.IndexOf(End, StringComparison.Ordinal));
        (from >= 0 && to > from).ShouldBeTrue($"{document} has a place for the walk");
        from += Begin.Length;
        var now = text.ToString().TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("OCTAVO_RENEW") == "1") File.WriteAllText(path, whole[..from] + now + whole[to..]);
        else Comparable(now).ShouldBe(Comparable(whole[from..to]), $"what the walk prints is not what {document} shows: look at it, then renew it with OCTAVO_RENEW=1");
    }

    /// <summary>How far something is when it is looked at differs: only how it ended is held against the document.</summary>
    static string Comparable(string walk) => Moving().Replace(walk, "…\n");

    string Fixed(string printed)
    {
        var result = Address().Replace(printed.Replace(folder, "/home/you", StringComparison.Ordinal), "http://127.0.0.1:8080");
        result = Token().Replace(result, "<64 hexadecimal digits>");
        result = Id().Replace(result, match => Known(match.Value, match.Groups["kind"].Value));
        result = Key().Replace(result, "AKIAIOSFODNN7EXAMPLE");
        result = Request().Replace(result, "Request 0HNEXAMPLE000:00000001");
        return Time().Replace(result, match => Moved(match.Value));
    }

    /// <summary>Another id for each, by the order in which they come up, as long as it was.</summary>
    string Known(string id, string kind)
    {
        if (known.TryGetValue(id, out var found)) return found;
        var digits = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{kind}{known.Count}"))));
        return known[id] = kind + digits[..(id.Length - kind.Length)];
    }

    /// <summary>Times of the walk become whole days after its beginning; those of what was there before stay.</summary>
    string Moved(string time)
    {
        var at = DateTimeOffset.ParseExact(time, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if (at < began.AddMinutes(-1)) return time;
        return Start.AddDays(Math.Floor((at - began.AddMinutes(-1)).TotalDays)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/?")]
    private static partial Regex Address();

    [GeneratedRegex(@"\b[0-9a-f]{64}\b")]
    private static partial Regex Token();

    [GeneratedRegex(@"\b(?<kind>vol-|snap-|i-)?(?:[0-9a-f]{32}|(?<=-)[0-9a-f]{17})\b")]
    private static partial Regex Id();

    [GeneratedRegex(@"(?:^\S+ \S+  (?:queued|running) .*\n)+", RegexOptions.Multiline)]
    private static partial Regex Moving();

    [GeneratedRegex(@"\bAKIA[0-9A-Z]{16}\b")]
    private static partial Regex Key();

    [GeneratedRegex(@"Request \S+")]
    private static partial Regex Request();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b")]
    private static partial Regex Time();
}
