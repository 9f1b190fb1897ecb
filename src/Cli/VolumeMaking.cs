using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo volumes create</c> and <c>import</c>.</summary>
static class VolumeMaking
{
    public static Command Create(Session session)
    {
        var name = Arguments.Name();
        var size = Arguments.Number("--size", "GiB; may be left out with --snapshot");
        var zone = new Option<string?>("--zone") { Description = "The availability zone" };
        var snapshot = new Option<string?>("--snapshot") { Description = "Make it from this snapshot" };
        snapshot.CompletionSources.Add(context => Suggestions.Snapshots(session, context));
        var credential = new Option<string?>("--credential") { Description = "Where to make it; the account's own pool if left out, or where the snapshot is" };
        credential.CompletionSources.Add(context => Suggestions.Credentials(session, context));
        var region = new Option<string?>("--region") { Description = "With --credential: in which of its regions" };
        var type = new Option<string?>("--type") { Description = "The provider's word for its kind: gp3" };
        var iops = Arguments.Number("--iops", "Input and output operations per second, where the type takes them");
        var throughput = Arguments.Number("--throughput", "MiB/s, where the type takes it");
        var encrypted = Arguments.Switch("--encrypted", "true or false; the provider's default if left out");
        var key = new Option<string?>("--kms-key") { Description = "The key to encrypt it with" };
        var mountPoint = new Option<string?>("--mount-point") { Description = "Where people mount it: an absolute path; nothing acts on it" };
        var protect = new Option<bool>("--protect") { Description = "Refuse to delete it until that is lifted" };
        var tags = Arguments.Tags("A tag");
        var wait = Arguments.Wait();
        var command = new Command("create", "Make a volume, empty or from a snapshot.")
        {
            name, size, zone, snapshot, credential, region, type, iops, throughput, encrypted, key, mountPoint, protect, tags, wait,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var accepted = await session.Client(parsed).CreateVolumeAsync(
                new CreateVolumeRequest(
                    parsed.GetValue(name), parsed.GetValue(size), parsed.GetValue(zone), parsed.GetValue(snapshot), parsed.GetValue(credential),
                    parsed.GetValue(region), parsed.GetValue(type), Small(parsed, iops), Small(parsed, throughput), parsed.GetValue(encrypted),
                    parsed.GetValue(key), parsed.GetValue(mountPoint), parsed.GetValue(protect), Arguments.Pairs(parsed.GetValue(tags))), cancellation);
            await VolumeCommands.FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command Import(Session session)
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
                    parsed.GetRequiredValue(name), new CountingStream(image, length, percent => report("sending", percent)), length, cancellation));
            }
            await VolumeCommands.FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    static int? Small(ParseResult parsed, Option<long?> option) => parsed.GetValue(option) switch
    {
        null => null,
        >= 0 and <= int.MaxValue and var number => (int)number,
        var number => throw new UserException($"{number} is not what {option.Name} takes."),
    };
}
