using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary>What the lists of volumes and of snapshots have in common.</summary>
static class Lists
{
    static readonly Listing<TotalsGroup> Groups = new(
        ApiJson.Wire.TotalsGroup, ["GROUP", "COUNT", "SIZE", "STORED"],
        g =>
        [
            g.Keys.Count == 0 ? "all" : string.Join(", ", g.Keys.Select(k => $"{k.Key} {(k.Value.Length == 0 ? "-" : k.Value)}")), Output.Number(g.Count),
            Output.Size(g.SizeBytes), Output.Size(g.StoredBytes),
        ], g => string.Join(',', g.Keys.Values));

    /// <summary>How many of a list to take.</summary>
    /// <exception cref="UserException">The limit is not above zero.</exception>
    public static int Most(long? limit) => limit switch
    {
        null => int.MaxValue,
        > 0 and <= int.MaxValue => (int)limit,
        _ => throw new UserException("--limit is a whole number above zero."),
    };

    /// <summary>A command that lists, with its options.</summary>
    /// <param name="session">What every command has.</param>
    /// <param name="name">The command's name.</param>
    /// <param name="description">For the help.</param>
    /// <param name="filter">The option that says which.</param>
    /// <param name="sorts">By what it can be sorted.</param>
    /// <param name="kinds">The events that change it.</param>
    /// <param name="listing">How it is listed.</param>
    /// <param name="list">Asks for it: client, filters, sort.</param>
    /// <param name="count">Asks for the number.</param>
    /// <param name="after">Told what was listed, once.</param>
    /// <param name="more">Other options that <paramref name="list"/> looks at.</param>
    public static Command List<T>(
        Session session, string name, string description, Option<string[]> filter, string[] sorts, string kinds, Listing<T> listing,
        Func<OctavoClient, ParseResult, string?, CancellationToken, IAsyncEnumerable<T>> list,
        Func<OctavoClient, ParseResult, CancellationToken, Task<long>> count, Action<List<T>>? after = null, params Option[] more)
    {
        var sort = Arguments.Sort($"By {string.Join(", ", sorts)}");
        sort.CompletionSources.Add(sorts);
        var (limit, counts, watch) = (Arguments.Limit(), Arguments.Count(), Arguments.Watch());
        var command = new Command(name, description) { filter, sort, limit, counts, watch };
        foreach (var option in more) command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var client = session.Client(parsed);
            if (parsed.GetValue(counts))
            {
                var found = await count(client, parsed, cancellation);
                session.Output(parsed).Value(new Counted(found), CliJson.Default.Counted, c => [("count", Output.Number(c.Count))]);
                return ExitCode.Success;
            }
            var most = Most(parsed.GetValue(limit));
            if (parsed.GetValue(watch)) return await session.Watcher(parsed).ListAsync(kinds, LookAsync, listing, cancellation);
            var items = await LookAsync(cancellation);
            session.Output(parsed).List(items, listing);
            after?.Invoke(items);
            return ExitCode.Success;

            async Task<List<T>> LookAsync(CancellationToken ending) =>
                await list(client, parsed, parsed.GetValue(sort), ending).Take(most).ToListAsync(ending);
        });
        return command;
    }

    /// <summary><c>totals</c> with its options.</summary>
    public static Command Totals(
        Session session, string description, Option<string[]> filter, string[] words,
        Func<OctavoClient, ParseResult, string?, CancellationToken, Task<Totals>> ask)
    {
        var by = new Option<string?>("--by") { Description = $"Up to three with commas between: {string.Join(", ", words)}, tag.KEY; one group of all if left out" };
        by.CompletionSources.Add(words);
        var command = new Command("totals", description) { filter, by };
        command.SetAction(async (parsed, cancellation) =>
        {
            var totals = await ask(session.Client(parsed), parsed, parsed.GetValue(by), cancellation);
            var output = session.Output(parsed);
            if (output.IsJson) output.Value(totals, ApiJson.Wire.Totals, _ => []);
            else
            {
                output.List(totals.Groups, Groups);
                output.Say($"In all {Output.Number(totals.Count)}, {Output.Size(totals.SizeBytes)}, {Output.Size(totals.StoredBytes)} stored.");
            }
            return ExitCode.Success;
        });
        return command;
    }
}
