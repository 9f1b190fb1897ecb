using System.CommandLine;

namespace Octavo.Cli;

/// <summary>What is done to many at once: which ones, and whether that is really meant.</summary>
static class Many
{
    /// <summary>The ids or the filters that were given; one of the two.</summary>
    /// <exception cref="UserException">Neither was, or both.</exception>
    public static (IReadOnlyList<string>? Ids, string[] Filters) Of(ParseResult parsed, Argument<string[]> ids, Option<string[]> filter)
    {
        var (named, filters) = (parsed.GetValue(ids) ?? [], parsed.GetValue(filter) ?? []);
        if (named.Length == 0 == (filters.Length == 0))
            throw new UserException($"Give one {ids.Name} or more, or one --filter KEY=VALUE or more; --filter all=yes is every one.");
        return (named.Length > 0 ? named : null, filters);
    }

    /// <summary>The word of a plan that somebody agreed to.</summary>
    /// <param name="terminal">Where to ask.</param>
    /// <param name="word">The plan's word; null where there is nothing to do.</param>
    /// <param name="what">What it would do it to.</param>
    /// <param name="count">How many; this is what has to be typed.</param>
    /// <param name="isAgreed">It was said beforehand.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="UserException">Nobody agreed.</exception>
    public static async Task<string> AgreeAsync(
        Terminal terminal, string? word, string what, long count, bool isAgreed, CancellationToken cancellation)
    {
        if (word is null) throw new UserException("There is nothing to delete: something is in the way of each, or there is none. Nothing was deleted.");
        if (isAgreed) return word;
        if (!terminal.CanAsk)
            throw new UserException($"Nothing was deleted. To delete {what}, add --yes; or --confirm {word} for exactly this plan.");
        await AskAsync(terminal, FormattableString.Invariant($"Delete {what}? Type {count} to go on:"), FormattableString.Invariant($"{count}"), cancellation);
        return word;
    }

    /// <summary>Asks, and goes on only after the right answer.</summary>
    /// <exception cref="UserException">It was another one.</exception>
    public static async Task AskAsync(Terminal terminal, string question, string rightAnswer, CancellationToken cancellation)
    {
        if (await terminal.AskAsync(question, cancellation) != rightAnswer) throw new UserException("Nothing was deleted.");
    }
}
