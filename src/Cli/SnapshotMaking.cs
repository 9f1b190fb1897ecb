using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo snapshots create</c>, which is also <c>octavo volumes snapshot</c>: of one volume, or of each of a selection.</summary>
static class SnapshotMaking
{
    public static Command Create(Session session, string name)
    {
        var ids = Arguments.Volumes(session, "VOLUME_ID");
        var filter = Filters.OfVolumes("A snapshot of each volume");
        var dryRun = Arguments.DryRun("Only tell how many there would be");
        var wait = Arguments.Wait();
        var command = new Command(name, "Take a snapshot of a volume, or of each volume of a selection.") { ids, filter, dryRun, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var client = session.Client(parsed);
            var (named, filters) = Many.Of(parsed, ids, filter);
            if (named is [var one] && !parsed.GetValue(dryRun)) return await TakeAsync(session, parsed, client, one, parsed.GetValue(wait), cancellation);
            var request = new CreateSnapshotsRequest(named, named is null ? Filters.Volumes(filters, session.Time) : null);
            if (parsed.GetValue(dryRun))
                session.Output(parsed).Value(await client.PlanSnapshotsAsync(request, cancellation), ApiJson.Wire.SnapshotPlan, p =>
                [
                    ("snapshots", Output.Number(p.Volumes)),
                    ("whole instances", Output.Number(p.Instances)),
                    ("pools at one instant", Output.Number(p.Pools)),
                    ("size of the volumes", Output.Size(p.SizeBytes)),
                ]);
            else
                await OperationCommands.FinishAsync(
                    session, parsed, await client.CreateSnapshotsAsync(request, cancellation), parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    static async Task<int> TakeAsync(
        Session session, ParseResult parsed, OctavoClient client, string volume, bool hasWaited, CancellationToken cancellation)
    {
        var accepted = await client.CreateSnapshotAsync(volume, cancellation);
        if (hasWaited)
        {
            var ended = await session.Follower(parsed).WaitAsync(accepted.Operation, cancellation);
            accepted = new SnapshotAccepted(await client.GetSnapshotAsync(accepted.Snapshot.Id, cancellation), ended);
        }
        var output = session.Output(parsed);
        SnapshotCommands.Print(output, accepted.Snapshot, OperationCommands.Also(accepted.Operation));
        if (!hasWaited) output.Say($"Under way: octavo operations wait {accepted.Operation.Id}");
        return ExitCode.Success;
    }
}
