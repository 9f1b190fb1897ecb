using System.CommandLine;
using System.Text.Json.Nodes;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo volumes …</c>.</summary>
static class VolumeCommands
{
    public static Command Make(Session session) => new("volumes", "List, show, create, import, export, delete and snapshot volumes.")
    {
        List(session), Show(session), Create(session), Import(session), Export(session), Delete(session),
        SnapshotCommands.Take(session),
    };

    static Command List(Session session)
    {
        var command = new Command("list", "Every volume of the account.");
        command.SetAction(async (parsed, cancellation) =>
        {
            var volumes = await session.Client(parsed).ListVolumesAsync(cancellation).ToListAsync(cancellation);
            session.Output(parsed).List(volumes, ApiJson.Wire.Volume, ["ID", "NAME", "STATE", "SIZE", "ZONE", "PROVIDER ID", "CREATED"],
                v => [v.Id, v.Name, v.Stale is null ? v.State : v.State + ", stale", Output.Size(v.SizeBytes), v.AvailabilityZone, v.ProviderVolumeId, Output.Time(v.CreatedAt)],
                "No volumes yet. Make one: octavo volumes create --name NAME --size GIB --wait");
            foreach (var (region, stale) in volumes.Where(v => v.Stale is not null).Select(v => (v.Region, v.Stale!)).Distinct())
                session.Terminal.Error.WriteLine($"Stale since {Output.Time(stale.Since)}: {region}. {stale.Code} {stale.Message}");
            return ExitCode.Success;
        });
        return command;
    }

    static Command Show(Session session)
    {
        var id = Arguments.Id("ID", "The volume's id");
        var command = new Command("show", "One volume.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            Print(session.Output(parsed), await session.Client(parsed).GetVolumeAsync(parsed.GetRequiredValue(id), cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Create(Session session)
    {
        var name = Arguments.Name();
        var size = Arguments.Number("--size", "GiB; may be left out with --snapshot");
        var zone = new Option<string?>("--zone") { Description = "The availability zone" };
        var snapshot = new Option<string?>("--snapshot") { Description = "Make it from this snapshot" };
        var wait = Arguments.Wait();
        var command = new Command("create", "Make a volume, empty or from a snapshot.") { name, size, zone, snapshot, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var accepted = await session.Client(parsed).CreateVolumeAsync(
                new CreateVolumeRequest(
                    parsed.GetValue(name), parsed.GetValue(size), parsed.GetValue(zone), parsed.GetValue(snapshot)), cancellation);
            await FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Import(Session session)
    {
        var file = new Argument<string>("FILE") { Description = "A raw disk image" };
        var name = Arguments.Name();
        var onServer = new Option<bool>("--on-server")
        {
            Description = "FILE is a path on the server's own machine, which reads it itself (the operator only)",
        };
        var wait = Arguments.Wait();
        var command = new Command("import", "Make a volume from a raw disk image.") { file, name, onServer, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var client = session.Client(parsed);
            var path = parsed.GetRequiredValue(file);
            VolumeAccepted accepted;
            if (parsed.GetValue(onServer))
                accepted = await client.ImportVolumeAsync(new ImportVolumeRequest(parsed.GetValue(name), path), cancellation);
            else
            {
                await using var image = ImageFile.OpenRead(path);
                var length = image.Length;
                accepted = await session.Follower(parsed).BarAsync("sending", report => client.ImportVolumeAsync(
                    parsed.GetRequiredValue(name), new CountingStream(image, length, report), length, cancellation));
            }
            await FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Export(Session session)
    {
        var id = Arguments.Id("ID", "The volume's id");
        return Arguments.Export(session, "Write a volume's bytes to a raw disk image.", id,
            (client, parsed, cancellation) => client.ExportVolumeAsync(parsed.GetRequiredValue(id), cancellation));
    }

    static Command Delete(Session session)
    {
        var id = Arguments.Id("ID", "The volume's id");
        var wait = Arguments.Wait();
        var command = new Command("delete", "Delete a volume that nobody uses; its snapshots stay.") { id, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var accepted = await session.Client(parsed).DeleteVolumeAsync(parsed.GetRequiredValue(id), finalSnapshot: false, purge: false, cancellation);
            await OperationCommands.FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
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

    static void Print(Output output, Volume volume, params (string, JsonNode?)[] also) => output.Value(volume, ApiJson.Wire.Volume, v =>
    [
        ("id", v.Id),
        ("name", v.Name),
        ("state", v.State),
        ("reason", v.StateReason),
        ("size", $"{Output.Size(v.SizeBytes)} ({v.SizeBytes} bytes)"),
        ("provider", $"{v.Provider}, {v.Region}, {v.AvailabilityZone}"),
        ("provider id", v.ProviderVolumeId),
        ("credential", v.CredentialId),
        ("from snapshot", v.SnapshotId),
        ("stale", v.Stale is { } stale ? $"since {Output.Time(stale.Since)}: {stale.Code} {stale.Message}" : null),
        ("type", v.VolumeType is null ? null : $"{v.VolumeType}{(v.Iops is { } iops ? $", {iops} IOPS" : "")}{(v.ThroughputMibps is { } t ? $", {t} MiB/s" : "")}"),
        ("encrypted", v.IsEncrypted is { } encrypted ? Output.YesNo(encrypted) + (v.KmsKeyId is { } key ? $", {key}" : "") : null),
        ("managed by", v.ManagedBy),
        .. v.Attachments.Select(a => ("attachment", (string?)Text(a))),
        .. v.Tags.Select(tag => ("tag", (string?)$"{tag.Key}={tag.Value}")),
        ("created", Output.Time(v.CreatedAt)),
        ("updated", Output.Time(v.UpdatedAt)),
    ], also);

    static string Text(Attachment a) =>
        a.State + (a.InstanceId is { } instance ? $" to {instance}" : "") + (a.Device is { } device ? $" as {device}" : "")
        + (a.AttachedAt is { } at ? " since " + Output.Time(at) : "");
}
