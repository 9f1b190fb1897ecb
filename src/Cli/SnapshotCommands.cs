using System.CommandLine;
using System.Text.Json.Nodes;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo snapshots …</c>.</summary>
static class SnapshotCommands
{
    public static Command Make(Session session) => new("snapshots", "List, show, create, restore, delete and export snapshots.")
    {
        List(session), Show(session), Create(session), Restore(session), Delete(session), Export(session),
    };

    static Command List(Session session)
    {
        var volume = new Option<string?>("--volume") { Description = "Only those of this volume" };
        var command = new Command("list", "Every snapshot of the account, newest first.") { volume };
        command.SetAction(async (parsed, cancellation) =>
        {
            var snapshots = await session.Client(parsed)
                .ListSnapshotsAsync(parsed.GetValue(volume), cancellation).ToListAsync(cancellation);
            session.Output(parsed).List(snapshots, ApiJson.Wire.Snapshot,
                ["ID", "STATE", "PROGRESS", "STORED", "STARTED", "SIZE", "PROVIDER ID", "VOLUME"],
                s =>
                [
                    s.Id, s.State, $"{s.ProgressPercent}%", s.StoredBytes is { } stored ? Output.Size(stored) : null,
                    Output.Time(s.StartedAt), Output.Size(s.VolumeSizeBytes), s.ProviderSnapshotId, s.VolumeId,
                ], "No snapshots yet. Take one: octavo snapshots create VOLUME_ID --wait");
            return ExitCode.Success;
        });
        return command;
    }

    static Command Show(Session session)
    {
        var id = Arguments.Id("ID", "The snapshot's id, or the provider's snap-…");
        var command = new Command("show", "One snapshot.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            Print(session.Output(parsed), await session.Client(parsed).GetSnapshotAsync(parsed.GetRequiredValue(id), cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>One volume's, or one of each volume of a selection.</summary>
    static Command Create(Session session)
    {
        var id = new Argument<string?>("VOLUME_ID") { Description = "The volume's id; or give a --filter", Arity = ArgumentArity.ZeroOrOne };
        var filter = new Option<string[]>("--filter")
        {
            Description = "A snapshot of each volume with KEY=VALUE, all given ones: provider, credential, region, zone, state, attached (yes or no), "
                + "instance, name (a part of it), tag:KEY; all=yes for every volume",
        };
        var wait = Arguments.Wait();
        var command = new Command("create", "Take a snapshot of a volume, or of each volume of a selection.") { id, filter, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var volume = parsed.GetValue(id);
            var pairs = parsed.GetValue(filter) ?? [];
            if (volume is null == (pairs.Length == 0)) throw new UserException("Give a VOLUME_ID, or one --filter KEY=VALUE or more.");
            if (volume is not null) return await TakeAsync(session, parsed, volume, parsed.GetValue(wait), cancellation);
            var accepted = await session.Client(parsed).CreateSnapshotsAsync(
                new CreateSnapshotsRequest(null, VolumeFilters.Parse(pairs)), cancellation);
            await OperationCommands.FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary><c>octavo volumes snapshot</c>.</summary>
    public static Command Take(Session session)
    {
        var id = Arguments.Id("VOLUME_ID", "The volume's id");
        var wait = Arguments.Wait();
        var command = new Command("snapshot", "Take a snapshot of a volume.") { id, wait };
        command.SetAction((parsed, cancellation) =>
            TakeAsync(session, parsed, parsed.GetRequiredValue(id), parsed.GetValue(wait), cancellation));
        return command;
    }

    static async Task<int> TakeAsync(Session session, ParseResult parsed, string volume, bool hasWaited, CancellationToken cancellation)
    {
        var client = session.Client(parsed);
        var accepted = await client.CreateSnapshotAsync(volume, cancellation);
        if (hasWaited)
        {
            var ended = await session.Follower(parsed).WaitAsync(accepted.Operation, cancellation);
            accepted = new SnapshotAccepted(await client.GetSnapshotAsync(accepted.Snapshot.Id, cancellation), ended);
        }
        var output = session.Output(parsed);
        Print(output, accepted.Snapshot, OperationCommands.Also(accepted.Operation));
        if (!hasWaited) output.Say($"Under way: octavo operations wait {accepted.Operation.Id}");
        return ExitCode.Success;
    }

    static Command Restore(Session session)
    {
        var id = Arguments.Id("SNAP_ID", "The snapshot's id, or the provider's snap-…");
        var name = Arguments.Name();
        var size = Arguments.Number("--size", "GiB; the snapshot's size if left out");
        var zone = new Option<string?>("--zone") { Description = "The availability zone" };
        var wait = Arguments.Wait();
        var command = new Command("restore", "Make a new volume from a snapshot.") { id, name, size, zone, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var accepted = await session.Client(parsed).RestoreSnapshotAsync(
                parsed.GetRequiredValue(id),
                new RestoreSnapshotRequest(parsed.GetValue(name), parsed.GetValue(size), parsed.GetValue(zone)), cancellation);
            await VolumeCommands.FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Delete(Session session)
    {
        var id = Arguments.Id("ID", "The snapshot's id, or the provider's snap-…");
        var wait = Arguments.Wait();
        var command = new Command("delete", "Delete a snapshot, and free what only it used.") { id, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var accepted = await session.Client(parsed).DeleteSnapshotAsync(parsed.GetRequiredValue(id), cancellation);
            await OperationCommands.FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Export(Session session)
    {
        var id = Arguments.Id("ID", "The snapshot's id, or the provider's snap-…");
        return Arguments.Export(session, "Write a snapshot's bytes to a raw disk image.", id,
            (client, parsed, cancellation) => client.ExportSnapshotAsync(parsed.GetRequiredValue(id), cancellation));
    }

    static void Print(Output output, Snapshot snapshot, params (string, JsonNode?)[] also) => output.Value(snapshot, ApiJson.Wire.Snapshot, s =>
    [
        ("id", s.Id),
        ("provider id", s.ProviderSnapshotId),
        ("state", s.State),
        ("reason", s.StateReason),
        ("progress", $"{s.ProgressPercent}%"),
        ("volume", s.VolumeId ?? $"{s.ProviderVolumeId} (gone)"),
        ("volume size", Output.Size(s.VolumeSizeBytes)),
        ("stored", s.StoredBytes is { } stored ? $"{Output.Size(stored)} ({stored} bytes)" : null),
        ("started", Output.Time(s.StartedAt)),
    ], also);
}
