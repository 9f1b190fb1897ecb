using System.CommandLine;
using System.Text.Json.Nodes;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo snapshots …</c>; <see cref="SnapshotMaking"/> takes and <see cref="SnapshotDeletion"/> deletes.</summary>
static class SnapshotCommands
{
    static readonly Listing<Snapshot> Listing = new(
        ApiJson.Wire.Snapshot, ["ID", "VOLUME", "STATE", "PROGRESS", "STORED", "STARTED", "SIZE", "PROVIDER ID", "VOLUME ID"],
        s =>
        [
            s.Id, s.VolumeId is null ? $"{s.ProviderVolumeId}, gone" : s.VolumeName, s.State, $"{s.ProgressPercent}%",
            s.StoredBytes is { } stored ? Output.Size(stored) : null, Output.Time(s.StartedAt), Output.Size(s.VolumeSizeBytes), s.ProviderSnapshotId,
            s.VolumeId,
        ], s => s.Id, "No snapshots, or none that pass. Take one: octavo snapshots create VOLUME_ID --wait");

    static readonly string[] Sorts =
        ["started_at", "updated_at", "state", "progress", "volume_size", "stored", "provider", "region", "provider_volume_id"];

    static readonly string[] Groups =
        ["provider", "credential_id", "region", "state", "provider_volume_id", "orphan", "encrypted", "storage_tier"];

    public static Command Make(Session session) => new("snapshots", "List, show, create, restore, export, attach and delete snapshots.")
    {
        List(session, "list", "Every snapshot of the account, newest first.", isOrphan: null),
        List(session, "orphans", "The snapshots whose volume is gone, with what they take.", isOrphan: true),
        Totals(session), Show(session), SnapshotMaking.Create(session, "create"), Restore(session), SnapshotDeletion.Delete(session), Export(session),
        AttachmentCommands.AttachSnapshot(session),
    };

    static Command List(Session session, string name, string description, bool? isOrphan)
    {
        var filter = Filters.OfSnapshots("Only those");
        var volume = new Option<string?>("--volume") { Description = "Only those of this volume" };
        volume.CompletionSources.Add(context => Suggestions.Volumes(session, context));
        return Lists.List(
            session, name, description, filter, Sorts, "snapshot", Listing,
            (client, parsed, sort, cancellation) => client.ListSnapshotsAsync(Of(parsed), sort, cancellation),
            (client, parsed, cancellation) => client.CountSnapshotsAsync(Of(parsed), cancellation), more: isOrphan is null ? [volume] : []);

        SnapshotFilter Of(ParseResult parsed)
        {
            var given = Filters.Snapshots(parsed.GetValue(filter), session.Time);
            return isOrphan is null ? given with { VolumeId = parsed.GetValue(volume) ?? given.VolumeId } : given with { Orphan = isOrphan };
        }
    }

    static Command Totals(Session session)
    {
        var filter = Filters.OfSnapshots("Only those");
        return Lists.Totals(
            session, "How many snapshots there are and what they take, in groups.", filter, Groups,
            (client, parsed, by, cancellation) => client.TotalSnapshotsAsync(Filters.Snapshots(parsed.GetValue(filter), session.Time), by, cancellation));
    }

    static Command Show(Session session)
    {
        var id = Arguments.Snapshot(session);
        var watch = Arguments.Watch();
        var command = new Command("show", "One snapshot.") { id, watch };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (client, wanted) = (session.Client(parsed), parsed.GetRequiredValue(id));
            if (parsed.GetValue(watch))
                return await session.Watcher(parsed).ShowAsync(
                    "snapshot", ending => client.GetSnapshotAsync(wanted, ending), ApiJson.Wire.Snapshot, Lines, cancellation);
            Print(session.Output(parsed), await client.GetSnapshotAsync(wanted, cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Restore(Session session)
    {
        var id = Arguments.Snapshot(session, "SNAP_ID");
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

    static Command Export(Session session)
    {
        var id = Arguments.Snapshot(session);
        return ExportCommand.Make(session, "Write a snapshot's bytes to a raw disk image.", id,
            (client, parsed, cancellation) => client.ExportSnapshotAsync(parsed.GetRequiredValue(id), cancellation));
    }

    /// <summary>Prints one.</summary>
    public static void Print(Output output, Snapshot snapshot, params (string, JsonNode?)[] also) =>
        output.Value(snapshot, ApiJson.Wire.Snapshot, Lines, also);

    static IEnumerable<(string, string?)> Lines(Snapshot s) =>
    [
        ("id", s.Id),
        ("provider id", s.ProviderSnapshotId),
        ("state", s.State),
        ("reason", s.StateReason),
        ("progress", $"{s.ProgressPercent}%"),
        ("volume", s.VolumeId is null ? $"{s.ProviderVolumeId} (gone)" : $"{s.VolumeId} ({s.VolumeName})"),
        ("volume size", Output.Size(s.VolumeSizeBytes)),
        ("stored", s.StoredBytes is { } stored ? $"{Output.Size(stored)} ({stored} bytes)" : null),
        ("description", s.Description),
        ("encrypted", s.IsEncrypted is { } encrypted ? Output.YesNo(encrypted) : null),
        ("tier", s.StorageTier),
        .. s.Tags.Select(tag => ("tag", (string?)$"{tag.Key}={tag.Value}")),
        ("started", Output.Time(s.StartedAt)),
    ];
}
