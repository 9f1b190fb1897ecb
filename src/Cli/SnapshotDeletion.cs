using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo snapshots delete</c>.</summary>
static class SnapshotDeletion
{
    static readonly Listing<PlannedSnapshotDeletion> Listing = new(
        ApiJson.Wire.PlannedSnapshotDeletion, ["ID", "VOLUME", "STARTED", "PLAN", "STORED"],
        p =>
        [
            p.Snapshot.Id, p.Snapshot.VolumeId is null ? $"{p.Snapshot.ProviderVolumeId}, gone" : p.Snapshot.VolumeName, Output.Time(p.Snapshot.StartedAt),
            p.Blockers.Count == 0 ? "goes" : "stays: " + string.Join(' ', p.Blockers.Select(b => b.Message)),
            p.Snapshot.StoredBytes is { } stored ? Output.Size(stored) : null,
        ], p => p.Snapshot.Id);

    public static Command Delete(Session session)
    {
        var ids = new Argument<string[]>("ID") { Description = "Snapshots, by their ids; or give a --filter", Arity = ArgumentArity.ZeroOrMore };
        ids.CompletionSources.Add(context => Suggestions.Snapshots(session, context));
        var filter = Filters.OfSnapshots("Or every snapshot");
        var dryRun = Arguments.DryRun("Only show the plan: what would go, and what is in the way");
        var confirm = new Option<string?>("--confirm") { Description = "Carry out the plan that has this word, and no other; a dry run tells it" };
        var yes = Arguments.Yes();
        var wait = Arguments.Wait();
        var command = new Command("delete", "Delete snapshots, and free what only they used: no way back. On a terminal it asks; many show their plan.")
        {
            ids, filter, dryRun, confirm, yes, wait,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (client, output) = (session.Client(parsed), session.Output(parsed));
            var (named, filters) = Many.Of(parsed, ids, filter);
            if (named is [var one] && !parsed.GetValue(dryRun) && parsed.GetValue(confirm) is null)
            {
                if (session.Terminal.CanAsk && !parsed.GetValue(yes))
                    await Many.AskAsync(session.Terminal, $"Delete the snapshot {Printable.Of(one)}? There is no way back. (yes/no)", "yes", cancellation);
                await OperationCommands.FinishAsync(
                    session, parsed, await client.DeleteSnapshotAsync(one, cancellation), parsed.GetValue(wait), cancellation);
                return ExitCode.Success;
            }
            var request = new DeleteSnapshotsRequest(named, named is null ? Filters.Snapshots(filters, session.Time) : null);
            if (parsed.GetValue(confirm) is not { } word)
            {
                var plan = await client.PlanDeletionAsync(request, cancellation);
                if (!output.IsJson || parsed.GetValue(dryRun)) Show(output, plan, parsed.GetValue(dryRun));
                if (parsed.GetValue(dryRun)) return ExitCode.Success;
                word = await Many.AgreeAsync(
                    session.Terminal, plan.Confirm, Output.Count(plan.Count, "snapshot"), plan.Count, parsed.GetValue(yes), cancellation);
            }
            await OperationCommands.FinishAsync(
                session, parsed, await client.DeleteSnapshotsAsync(request with { Confirm = word }, cancellation), parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    static void Show(Output output, SnapshotDeletePlan plan, bool isDryRun)
    {
        if (output.IsJson)
        {
            output.Value(plan, ApiJson.Wire.SnapshotDeletePlan, _ => []);
            return;
        }
        output.List(plan.Snapshots, Listing);
        output.Say($"{Output.Number(plan.Count)} of {Output.Number(plan.Count + plan.Blocked)} would go, {Output.Size(plan.StoredBytes)} stored.");
        if (isDryRun && plan.Confirm is { } word) output.Say($"Nothing was deleted. To carry out exactly this plan, add --confirm {word} in the place of --dry-run.");
    }
}
