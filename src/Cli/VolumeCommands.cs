using System.CommandLine;
using System.Text.Json.Nodes;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo volumes …</c>: looking, changing and exporting; <see cref="VolumeMaking"/> makes and <see cref="VolumeDeletion"/> deletes.</summary>
static class VolumeCommands
{
    static readonly Listing<Volume> Listing = new(
        ApiJson.Wire.Volume, ["ID", "NAME", "STATE", "SIZE", "ZONE", "ATTACHED TO", "SNAPSHOTS", "PROVIDER ID", "CREATED"],
        v =>
        [
            v.Id, v.Name, State(v), Output.Size(v.SizeBytes), v.AvailabilityZone, v.Attachment?.InstanceId ?? v.Attachment?.State,
            Output.Number(v.SnapshotCount), v.ProviderVolumeId, Output.Time(v.CreatedAt),
        ], v => v.Id, "No volumes, or none that pass. Make one: octavo volumes create --name NAME --size GIB --wait");

    static readonly string[] Sorts =
    [
        "created_at", "updated_at", "name", "state", "size", "used", "provider", "region", "availability_zone", "volume_type", "instance_id",
        "unattached_since", "snapshot_count", "last_snapshot_at", "deleted_at",
    ];

    static readonly string[] Groups =
    [
        "provider", "credential_id", "region", "availability_zone", "state", "volume_type", "attached", "encrypted", "protected", "managed_by",
    ];

    public static Command Make(Session session) => new(
        "volumes", "List, show, create, import, export, change, attach, grow, snapshot and delete volumes, and bring them back.")
    {
        List(session), Totals(session), Show(session), VolumeMaking.Create(session), VolumeMaking.Import(session), Export(session), Update(session),
        VolumeDeletion.Delete(session), VolumeDeletion.Undelete(session), SnapshotMaking.Create(session, "snapshot"),
        AttachmentCommands.AttachVolume(session), AttachmentCommands.DetachVolume(session), Grow(session),
    };

    static Command List(Session session)
    {
        var filter = Filters.OfVolumes("Only those");
        return Lists.List(
            session, "list", "Every volume of the account, the oldest first.", filter, Sorts, "volume,cell", Listing,
            (client, parsed, sort, cancellation) => client.ListVolumesAsync(Filters.Volumes(parsed.GetValue(filter), session.Time), sort, cancellation),
            (client, parsed, cancellation) => client.CountVolumesAsync(Filters.Volumes(parsed.GetValue(filter), session.Time), cancellation),
            volumes =>
            {
                foreach (var (region, stale) in volumes.Where(v => v.Stale is not null).Select(v => (v.Region, v.Stale!)).Distinct())
                    session.Terminal.Error.WriteLine($"Stale since {Output.Time(stale.Since)}: {region}. {stale.Code} {Printable.Of(stale.Message)}");
            });
    }

    static Command Totals(Session session)
    {
        var filter = Filters.OfVolumes("Only those");
        return Lists.Totals(
            session, "How many volumes there are and how large, in groups.", filter, Groups,
            (client, parsed, by, cancellation) => client.TotalVolumesAsync(Filters.Volumes(parsed.GetValue(filter), session.Time), by, cancellation));
    }

    static Command Show(Session session)
    {
        var id = Arguments.Volume(session);
        var raw = new Option<bool>("--raw") { Description = "What the provider itself says of it, now, as JSON" };
        var watch = Arguments.Watch();
        var command = new Command("show", "One volume; also one that is deleted.") { id, raw, watch };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (client, wanted) = (session.Client(parsed), parsed.GetRequiredValue(id));
            if (parsed.GetValue(raw)) session.Output(parsed).Raw(await client.GetRawVolumeAsync(wanted, cancellation));
            else if (parsed.GetValue(watch))
                return await session.Watcher(parsed).ShowAsync(
                    "volume", ending => client.GetVolumeAsync(wanted, ending), ApiJson.Wire.Volume, Lines, cancellation);
            else Print(session.Output(parsed), await client.GetVolumeAsync(wanted, cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Export(Session session)
    {
        var id = Arguments.Volume(session);
        return ExportCommand.Make(session, "Write a volume's bytes to a raw disk image.", id,
            (client, parsed, cancellation) => client.ExportVolumeAsync(parsed.GetRequiredValue(id), cancellation));
    }

    static Command Update(Session session)
    {
        var id = Arguments.Volume(session);
        var name = new Option<string?>("--name") { Description = "1 to 255 characters; at AWS the tag Name" };
        var mountPoint = new Option<string?>("--mount-point") { Description = "Where people mount it: an absolute path, or an empty text for none" };
        var tags = Arguments.Tags("A tag to set");
        var removed = new Option<string[]>("--remove-tag") { Description = "The key of a tag to take away; may be repeated" };
        var protect = new Option<bool>("--protect") { Description = "Refuse to delete it until that is lifted" };
        var unprotect = new Option<bool>("--unprotect") { Description = "Lift that; admins only" };
        var wait = Arguments.Wait();
        var command = new Command("update", "Change a volume's name, mount point, tags or protection; what is left out stays.")
        {
            id, name, mountPoint, tags, removed, protect, unprotect, wait,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(protect) && parsed.GetValue(unprotect)) throw new UserException("Give --protect or --unprotect, not both.");
            var changed = Arguments.Pairs(parsed.GetValue(tags))?.ToDictionary(t => t.Key, t => (string?)t.Value) ?? [];
            foreach (var key in parsed.GetValue(removed) ?? []) changed[key] = null;
            bool? isProtected = parsed.GetValue(protect) ? true : parsed.GetValue(unprotect) ? false : null;
            var request = new UpdateVolumeRequest(
                parsed.GetValue(name), parsed.GetValue(mountPoint), isProtected, changed.Count > 0 ? changed : null);
            if (request == new UpdateVolumeRequest()) throw new UserException("Nothing to change was given: --name, --mount-point, --tag, --remove-tag, --protect or --unprotect.");
            var client = session.Client(parsed);
            var updated = await client.UpdateVolumeAsync(parsed.GetRequiredValue(id), request, cancellation);
            if (updated.Operation is { } operation)
                await FinishAsync(session, parsed, new VolumeAccepted(updated.Volume, operation), parsed.GetValue(wait), cancellation);
            else Print(session.Output(parsed), updated.Volume, ("operation", null));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Grow(Session session)
    {
        var id = Arguments.Volume(session);
        var size = Arguments.Number("--size", "The new size in GiB, more than now");
        size.Required = true;
        var wait = Arguments.Wait();
        var command = new Command("grow", "Make a volume larger, also while it is attached.") { id, size, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var request = new GrowVolumeRequest(parsed.GetValue(size));
            await FinishAsync(
                session, parsed, await session.Client(parsed).GrowVolumeAsync(parsed.GetRequiredValue(id), request, cancellation), parsed.GetValue(wait),
                cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Waits if asked, and prints what was made.</summary>
    public static async Task FinishAsync(
        Session session, ParseResult parsed, VolumeAccepted accepted, bool wait, CancellationToken cancellation)
    {
        if (wait)
        {
            var ended = await session.Follower(parsed).WaitAsync(accepted.Operation, cancellation);
            accepted = new VolumeAccepted(await session.Client(parsed).GetVolumeAsync(accepted.Volume.Id, cancellation), ended);
        }
        var output = session.Output(parsed);
        Print(output, accepted.Volume, OperationCommands.Also(accepted.Operation));
        if (!wait) output.Say($"Under way: octavo operations wait {accepted.Operation.Id}");
    }

    static void Print(Output output, Volume volume, params (string, JsonNode?)[] also) => output.Value(volume, ApiJson.Wire.Volume, Lines, also);

    static string State(Volume v) => v.Stale is null ? v.State : v.State + ", stale";

    static IEnumerable<(string, string?)> Lines(Volume v) =>
    [
        ("id", v.Id),
        ("name", v.Name),
        ("state", v.State),
        ("reason", v.StateReason),
        ("size", $"{Output.Size(v.SizeBytes)} ({v.SizeBytes} bytes)" + (v.UsedBytes is { } used ? $", {Output.Size(used)} used" : "")),
        ("provider", $"{v.Provider}, {v.Region}, {v.AvailabilityZone}"),
        ("provider id", v.ProviderVolumeId),
        ("credential", v.CredentialId),
        ("from snapshot", v.SnapshotId),
        ("stale", v.Stale is { } stale ? $"since {Output.Time(stale.Since)}: {stale.Code} {stale.Message}" : null),
        ("type", v.VolumeType is null ? null : $"{v.VolumeType}{(v.Iops is { } iops ? $", {iops} IOPS" : "")}{(v.ThroughputMibps is { } t ? $", {t} MiB/s" : "")}"),
        ("encrypted", v.IsEncrypted is { } encrypted ? Output.YesNo(encrypted) + (v.KmsKeyId is { } key ? $", {key}" : "") : null),
        ("protected", v.IsProtected ? "yes" : null),
        ("managed by", v.ManagedBy),
        ("mount point", v.MountPoint),
        .. v.Attachments.Select(a => ("attachment", (string?)Text(a))),
        ("unattached since", Output.Time(v.UnattachedSince)),
        .. v.Tags.Select(tag => ("tag", (string?)$"{tag.Key}={tag.Value}")),
        ("snapshots", v.SnapshotCount == 0 ? "none" : $"{Output.Number(v.SnapshotCount)}, the last {Output.Time(v.LastSnapshotAt)}"),
        ("created", Output.Time(v.CreatedAt)),
        ("updated", Output.Time(v.UpdatedAt)),
        ("deleted", Output.Time(v.DeletedAt)),
        ("can come back", v.RestorableUntil is { } until ? $"until {Output.Time(until)}: octavo volumes undelete {v.Id}" : null),
    ];

    static string Text(Attachment a) =>
        a.State + (a.InstanceId is { } instance ? $" to {instance}" : "") + (a.Device is { } device ? $" as {device}" : "")
        + (a.AttachedAt is { } at ? " since " + Output.Time(at) : "");
}
