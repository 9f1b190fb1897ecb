using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo volumes delete</c>, which shows its plan first, and <c>undelete</c>.</summary>
static class VolumeDeletion
{
    static readonly Listing<PlannedDeletion> Listing = new(
        ApiJson.Wire.PlannedDeletion, ["ID", "NAME", "SIZE", "PLAN", "BACK UNTIL", "STATE"],
        p =>
        [
            p.Volume.Id, p.Volume.Name, Output.Size(p.Volume.SizeBytes),
            p.Blockers.Count == 0 ? "goes" : "stays: " + string.Join(' ', p.Blockers.Select(b => b.Message)),
            p.Blockers.Count > 0 ? null : Output.Time(p.RestorableUntil) ?? "never", p.Volume.State,
        ], p => p.Volume.Id);

    public static Command Delete(Session session)
    {
        var ids = Arguments.Volumes(session, "ID");
        var filter = Filters.OfVolumes("Or every volume");
        var finalSnapshot = new Option<bool>("--final-snapshot") { Description = "Take a snapshot of each first; one whose snapshot does not complete stays" };
        var purge = new Option<bool>("--purge") { Description = "Free the space at once: no way back. Of one that is deleted already, what is kept of it" };
        var dryRun = Arguments.DryRun("Only show the plan: what would go, and what is in the way");
        var confirm = new Option<string?>("--confirm") { Description = "Carry out the plan that has this word, and no other; a dry run tells it" };
        var yes = Arguments.Yes();
        var wait = Arguments.Wait();
        var command = new Command("delete", "Delete volumes that nobody uses; their snapshots stay. On a terminal it shows the plan and asks.")
        {
            ids, filter, finalSnapshot, purge, dryRun, confirm, yes, wait,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var client = session.Client(parsed);
            var (named, filters) = Many.Of(parsed, ids, filter);
            var request = new DeleteVolumesRequest(
                named, named is null ? Filters.Volumes(filters, session.Time) : null, parsed.GetValue(finalSnapshot), parsed.GetValue(purge));
            var one = named is [var only] && parsed.GetValue(confirm) is null ? only : null;
            if (parsed.GetValue(dryRun))
            {
                var plan = one is null
                    ? await client.PlanDeletionAsync(request, cancellation)
                    : await client.PlanDeletionAsync(one, request.FinalSnapshot, request.Purge, cancellation);
                Show(session.Output(parsed), plan, parsed);
                return ExitCode.Success;
            }
            if (one is not null)
            {
                if (session.Terminal.CanAsk && !parsed.GetValue(yes)) await AskForOneAsync(session, parsed, client, one, request, cancellation);
                var accepted = await client.DeleteVolumeAsync(one, request.FinalSnapshot, request.Purge, cancellation);
                await OperationCommands.FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
                if (parsed.GetValue(wait) && (await client.GetVolumeAsync(one, cancellation)).RestorableUntil is { } until)
                    session.Output(parsed).Say($"It can be brought back until {Output.Time(until)}: octavo volumes undelete {one}");
                return ExitCode.Success;
            }
            var word = parsed.GetValue(confirm)
                ?? await PlanAsync(session, parsed, await client.PlanDeletionAsync(request, cancellation), parsed.GetValue(yes), cancellation);
            await OperationCommands.FinishAsync(
                session, parsed, await client.DeleteVolumesAsync(request with { Confirm = word }, cancellation), parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command Undelete(Session session)
    {
        var id = Arguments.Id("ID", "The deleted volume's id: octavo volumes list --filter state=deleted");
        id.CompletionSources.Add(context => Suggestions.DeletedVolumes(session, context));
        var wait = Arguments.Wait();
        var command = new Command("undelete", "Bring back a deleted volume, with its id and its bytes, while it can be.") { id, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var client = session.Client(parsed);
            var accepted = await client.UndeleteVolumeAsync(parsed.GetRequiredValue(id), cancellation);
            await OperationCommands.FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    static async Task AskForOneAsync(
        Session session, ParseResult parsed, OctavoClient client, string id, DeleteVolumesRequest request, CancellationToken cancellation)
    {
        // What is deleted already has no plan.
        if (await client.GetVolumeAsync(id, cancellation) is { State: "deleted" } gone)
        {
            await Many.AskAsync(session.Terminal, $"Purge what is kept of {Printable.Of(gone.Name)}? There is no way back. (yes/no)", "yes", cancellation);
            return;
        }
        var plan = await client.PlanDeletionAsync(id, request.FinalSnapshot, request.Purge, cancellation);
        if (!session.Output(parsed).IsJson) Show(session.Output(parsed), plan, null);
        if (plan.Count > 0) await Many.AskAsync(session.Terminal, "Delete it? (yes/no)", "yes", cancellation);
    }

    /// <summary>Shows the plan, asks, and gives the word that carries it out.</summary>
    static async Task<string> PlanAsync(Session session, ParseResult parsed, DeletePlan plan, bool isAgreed, CancellationToken cancellation)
    {
        if (!session.Output(parsed).IsJson) Show(session.Output(parsed), plan, null);
        return await Many.AgreeAsync(
            session.Terminal, plan.Confirm, $"{Output.Count(plan.Count, "volume")} of {Output.Size(plan.SizeBytes)}", plan.Count, isAgreed,
            cancellation);
    }

    static void Show(Output output, DeletePlan plan, ParseResult? dryRun)
    {
        if (output.IsJson)
        {
            output.Value(plan, ApiJson.Wire.DeletePlan, _ => []);
            return;
        }
        output.List(plan.Volumes, Listing);
        output.Say(
            $"{Output.Number(plan.Count)} of {Output.Number(plan.Count + plan.Blocked)} would go, {Output.Size(plan.SizeBytes)}"
            + (plan.FinalSnapshot ? ", each after a snapshot of its own" : "") + (plan.Purge ? ", at once and for good" : "") + ".");
        if (dryRun is not null && plan.Confirm is { } word) output.Say($"Nothing was deleted. To carry out exactly this plan, add --confirm {word} in the place of --dry-run.");
    }
}
