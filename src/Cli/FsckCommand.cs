using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo fsck</c>.</summary>
static class FsckCommand
{
    static readonly Listing<Finding> Listing = new(
        ApiJson.Wire.Finding, ["KIND", "SUBJECT", "MESSAGE", "REPAIRED"], f => [f.Kind, f.Subject, f.Message, Output.YesNo(f.IsRepaired)], f => f.Subject);

    public static Command Make(Session session)
    {
        var repair = new Option<bool>("--repair") { Description = "Put right what is safe: left-over files and dead space" };
        var command = new Command("fsck", "Check the account's pools and name every inconsistency; fails while any is left.") { repair };
        command.SetAction(async (parsed, cancellation) =>
        {
            var accepted = await session.Client(parsed).CheckAsync(parsed.GetValue(repair), cancellation);
            var findings = (await session.Follower(parsed).WaitAsync(accepted.Operation, cancellation)).Findings ?? [];
            var output = session.Output(parsed);
            if (output.IsJson || findings.Count > 0)
                output.List(findings, Listing);
            else output.Say("Clean: everything in the pools verifies.");
            return findings.Any(f => !f.IsRepaired) ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }
}
