using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo audit …</c>, for admins.</summary>
static class AuditCommands
{
    static readonly Listing<AuditEntry> Listing = new(
        ApiJson.Wire.AuditEntry, ["AT", "USER", "ACTION", "OUTCOME", "ON", "DETAIL", "FROM", "OPERATION", "REQUEST"],
        e =>
        [
            Output.Time(e.At), e.User, e.Action, e.OperationState is { } state ? $"{e.Outcome}, {state}" : e.Outcome,
            e.SubjectKind is null or "operation" ? null : $"{e.SubjectKind} {e.SubjectName ?? e.SubjectId}", e.Message ?? e.Detail,
            e.Address is null ? e.Via : $"{e.Via} {e.Address}", e.OperationId, e.RequestId,
        ], e => Output.Number(e.Id), "Nothing of that kind was asked for yet.");

    public static Command Make(Session session) => new("audit", "Who changed what, when and from where, and what was refused.")
    {
        List(session), Export(session),
    };

    static Command List(Session session)
    {
        var filter = new Filter(session);
        var limit = Arguments.Limit();
        var command = new Command("list", "The entries, newest first.") { limit };
        filter.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var entries = session.Client(parsed).ListAuditAsync(filter.Of(parsed), cancellation);
            session.Output(parsed).List(await entries.Take(Lists.Most(parsed.GetValue(limit))).ToListAsync(cancellation), Listing);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Export(Session session)
    {
        var filter = new Filter(session);
        var file = new Argument<string?>("FILE") { Description = "Where to write it; standard output if left out", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("export", "All entries, newest first, a JSON object a line.") { file };
        filter.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetValue(file);
            if (path is not null) ImageFile.CheckTarget(path, mayReplace: false);
            await using var entries = await session.Client(parsed).ExportAuditAsync(filter.Of(parsed), cancellation);
            using var lines = new StreamReader(entries);
            await using var target = path is null ? null : new StreamWriter(new FileStream(path, FileMode.CreateNew));
            while (await lines.ReadLineAsync(cancellation) is { } line) await (target ?? session.Terminal.Output).WriteLineAsync(line);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>The options that tell which entries are meant.</summary>
    sealed class Filter(Session session)
    {
        readonly Option<string?> user = new("--user") { Description = "By this user: name or id" };
        readonly Option<string?> action = new("--action") { Description = "This: DeleteVolume" };
        readonly Option<string?> subject = new("--subject") { Description = "On this, by its id" };
        readonly Option<string?> operation = new("--operation") { Description = "Done by this operation" };
        readonly Option<string?> outcome = new("--outcome") { Description = "done, accepted or refused" };
        readonly Option<string?> since = new("--since") { Description = "Not before this time, or age: 2d" };
        readonly Option<string?> until = new("--until") { Description = "Before this time, or age" };

        public void AddTo(Command command)
        {
            outcome.AcceptOnlyFromAmong("done", "accepted", "refused");
            foreach (var option in new[] { user, action, subject, operation, outcome, since, until }) command.Options.Add(option);
        }

        public AuditQuestion Of(ParseResult parsed) => new(
            parsed.GetValue(user), parsed.GetValue(action), parsed.GetValue(subject), parsed.GetValue(operation), parsed.GetValue(outcome),
            Time(parsed, since), Time(parsed, until));

        DateTimeOffset? Time(ParseResult parsed, Option<string?> option) =>
            parsed.GetValue(option) is { } text ? Times.Of(text, option.Name, session.Time) : null;
    }
}
