using System.CommandLine;
using System.Text.Json;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo events</c>.</summary>
static class EventsCommand
{
    public static Command Make(Session session)
    {
        var kinds = new Option<string?>("--kinds") { Description = "Only these, with commas between: volume, snapshot, operation, cell" };
        var since = Arguments.Number("--since", "Begin behind the event of this id; 0 for all that are kept. Default: what changes from now on");
        var command = new Command(
            "events", "What changes, as it changes, each change once: a line, or with --output json an object a line. Goes on after broken connections, until Ctrl-C.")
        {
            kinds, since,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (terminal, isJson) = (session.Terminal, session.Output(parsed).IsJson);
            await foreach (var message in session.Client(parsed).FollowEventsAsync(parsed.GetValue(kinds), parsed.GetValue(since), session.Time, cancellation))
            {
                if (message.IsReset)
                    await terminal.Error.WriteLineAsync("Not all that was missed is kept any more: look at the lists anew. What changes from now on follows.");
                if (message.Change is not { } change) continue;
                await terminal.Output.WriteLineAsync(isJson
                    ? JsonSerializer.Serialize(change, ApiJson.Wire.ChangeEvent)
                    : FormattableString.Invariant($"{change.Seq,8}  {Output.Time(change.At)}  {change.Kind,-9}  {change.Id}  {change.What,-7}  {change.State}").TrimEnd());
                await terminal.Output.FlushAsync(cancellation);
            }
            return ExitCode.Success;
        });
        return command;
    }
}
