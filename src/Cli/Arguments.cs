using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Octavo.Cli;

/// <summary>Arguments and options that several commands have.</summary>
static class Arguments
{
    public static Argument<string> Id(string name, string description) => new(name) { Description = description };

    /// <summary>One volume, completed from those that there are.</summary>
    public static Argument<string> Volume(Session session, string name = "ID")
    {
        var id = Id(name, "The volume's id");
        id.CompletionSources.Add(context => Suggestions.Volumes(session, context));
        return id;
    }

    /// <summary>Any number of volumes.</summary>
    public static Argument<string[]> Volumes(Session session, string name)
    {
        var ids = new Argument<string[]>(name) { Description = "Volumes, by their ids; or give a --filter", Arity = ArgumentArity.ZeroOrMore };
        ids.CompletionSources.Add(context => Suggestions.Volumes(session, context));
        return ids;
    }

    /// <summary>One snapshot.</summary>
    public static Argument<string> Snapshot(Session session, string name = "ID")
    {
        var id = Id(name, "The snapshot's id, or the provider's snap-…");
        id.CompletionSources.Add(context => Suggestions.Snapshots(session, context));
        return id;
    }

    /// <summary>One operation.</summary>
    public static Argument<string> Operation(Session session)
    {
        var id = Id("ID", "The operation's id");
        id.CompletionSources.Add(context => Suggestions.Operations(session, context));
        return id;
    }

    public static Option<string> Name() => new("--name") { Description = "1 to 255 characters", Required = true };

    public static Option<bool> Wait() => new("--wait") { Description = "Wait for the end, and fail if it fails" };

    public static Option<bool> Watch() => new("--watch")
    {
        Description = "Show it again whenever it changes, until Ctrl-C; in a pipe a line for what changed, with --output json an object a line",
    };

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Do not ask" };

    public static Option<bool> DryRun(string description) => new("--dry-run") { Description = description };

    public static Option<string?> Sort(string description) => new("--sort") { Description = description + "; with a hyphen before it the largest first" };

    public static Option<long?> Limit() => Number("--limit", "At most so many; all if left out");

    public static Option<bool> Count() => new("--count") { Description = "Only tell how many there are" };

    public static Option<string[]> Tags(string description) => new("--tag") { Description = description + ": KEY=VALUE; may be repeated" };

    public static Option<string?> Role(string description)
    {
        var option = new Option<string?>("--role") { Description = description + ": viewer, operator or admin" };
        option.AcceptOnlyFromAmong("viewer", "operator", "admin");
        return option;
    }

    /// <summary>An option that takes a whole number.</summary>
    public static Option<long?> Number(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = given => Parsed<long?>(
            given, long.TryParse(Text(given), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
            "a whole number"),
    };

    /// <summary>An option that takes true or false, so that left out is a third thing.</summary>
    public static Option<bool?> Switch(string name, string description = "true or false")
    {
        var option = new Option<bool?>(name)
        {
            Description = description,
            CustomParser = given => Parsed<bool?>(given, bool.TryParse(Text(given), out var value) ? value : null, "true or false"),
        };
        option.CompletionSources.Add("true", "false");
        return option;
    }

    /// <summary>Splits <c>KEY=VALUE</c>.</summary>
    /// <exception cref="UserException">It is none.</exception>
    public static (string Key, string Value) Pair(string pair) => pair.IndexOf('=', StringComparison.Ordinal) is > 0 and var split
        ? (pair[..split], pair[(split + 1)..])
        : throw new UserException($"\"{pair}\" is no KEY=VALUE.");

    /// <summary>The pairs of an option that takes several; null for none.</summary>
    /// <exception cref="UserException">One is no pair.</exception>
    public static Dictionary<string, string>? Pairs(string[]? pairs)
    {
        if (pairs is null or []) return null;
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs.Select(Pair)) all[key] = value;
        return all;
    }

    /// <summary>The first line of a file that holds a secret.</summary>
    /// <exception cref="UserException">It cannot be read.</exception>
    public static string? FirstLine(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{file} cannot be read: {e.Message}");
        }
    }

    static string Text(ArgumentResult given) => string.Join(' ', given.Tokens.Select(token => token.Value));

    static T? Parsed<T>(ArgumentResult given, T? value, string wanted)
    {
        if (value is null) given.AddError($"\"{Text(given)}\" is not {wanted}, which {(given.Parent as OptionResult)?.Option.Name} takes.");
        return value;
    }
}
