using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary>
/// <c>octavo attachments …</c>, and the attaching and detaching under <c>octavo volumes</c> and <c>octavo snapshots</c>: volumes as block devices over NBD.
/// </summary>
static class AttachmentCommands
{
    static readonly Listing<AttachedClient> Listing = new(
        ApiJson.Wire.AttachedClient, ["ID", "CLIENT", "STATE", "CONNECTED", "MAY", "VOLUME OR SNAPSHOT", "SINCE"],
        a => [a.Id, a.Client, a.State, Output.YesNo(a.IsConnected), May(a), a.VolumeId ?? a.SnapshotId, Output.Time(a.AttachedAt)], a => a.Id,
        "Nobody is attached. Attach a client: octavo volumes attach VOLUME_ID --client NAME");

    public static Command Make(Session session) => new("attachments", "List, show and detach the clients of volumes and snapshots.")
    {
        List(session), Show(session), Detach(session),
    };

    /// <summary><c>octavo volumes attach</c>.</summary>
    public static Command AttachVolume(Session session)
    {
        var id = Arguments.Volume(session);
        var client = Client();
        var readOnly = new Option<bool>("--read-only") { Description = "The client may only read" };
        var multiAttach = new Option<bool>("--multi-attach") { Description = "Others that are attached so, too, may use it beside this one; they must know how to share a disk" };
        var lease = Lease();
        var command = new Command("attach", "Let a client use a volume as a block device over NBD; prints where to connect to, with the token, this once.")
        {
            id, client, readOnly, multiAttach, lease,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var request = new AttachVolumeRequest(
                parsed.GetRequiredValue(client), parsed.GetValue(readOnly), parsed.GetValue(multiAttach), Seconds(parsed.GetValue(lease)));
            return await FinishAsync(
                session, parsed, await session.Client(parsed).AttachVolumeAsync(parsed.GetRequiredValue(id), request, cancellation), cancellation);
        });
        return command;
    }

    /// <summary><c>octavo snapshots attach</c>.</summary>
    public static Command AttachSnapshot(Session session)
    {
        var id = Arguments.Snapshot(session);
        var client = Client();
        var lease = Lease();
        var command = new Command("attach", "Let a client read a snapshot as a block device over NBD; prints where to connect to, with the token, this once.")
        {
            id, client, lease,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var request = new AttachSnapshotRequest(parsed.GetRequiredValue(client), Seconds(parsed.GetValue(lease)));
            return await FinishAsync(
                session, parsed, await session.Client(parsed).AttachSnapshotAsync(parsed.GetRequiredValue(id), request, cancellation), cancellation);
        });
        return command;
    }

    /// <summary><c>octavo volumes detach</c>: the volume's one client.</summary>
    public static Command DetachVolume(Session session)
    {
        var id = Arguments.Volume(session);
        var force = Force();
        var command = new Command("detach", "End the use of a volume by its client, once that has nothing under way.") { id, force };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (client, volume) = (session.Client(parsed), parsed.GetRequiredValue(id));
            var clients = await client.ListAttachmentsAsync(volume, cancellation).ToListAsync(cancellation);
            return clients switch
            {
                [var one] => await DetachAsync(session, parsed, client, one.Id, parsed.GetValue(force), cancellation),
                [] => throw new UserException("Nobody is attached to that volume."),
                _ => throw new UserException($"{clients.Count} clients are attached to that volume. Say which: octavo attachments list --volume {volume}"),
            };
        });
        return command;
    }

    static Command List(Session session)
    {
        var volume = new Option<string?>("--volume") { Description = "Only those of this volume" };
        volume.CompletionSources.Add(context => Suggestions.Volumes(session, context));
        var command = new Command("list", "Every attached client, the newest first; never the tokens.") { volume };
        command.SetAction(async (parsed, cancellation) =>
        {
            session.Output(parsed).List(
                await session.Client(parsed).ListAttachmentsAsync(parsed.GetValue(volume), cancellation).ToListAsync(cancellation), Listing);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Show(Session session)
    {
        var id = Id(session);
        var command = new Command("show", "One attached client; also one that was detached.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            session.Output(parsed).Value(
                await session.Client(parsed).GetAttachmentAsync(parsed.GetRequiredValue(id), cancellation), ApiJson.Wire.AttachedClient, Lines);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Detach(Session session)
    {
        var id = Id(session);
        var force = Force();
        var command = new Command("detach", "End an attachment, once its client has nothing under way; its token opens nothing any more.") { id, force };
        command.SetAction((parsed, cancellation) =>
            DetachAsync(session, parsed, session.Client(parsed), parsed.GetRequiredValue(id), parsed.GetValue(force), cancellation));
        return command;
    }

    /// <summary>Waits, because the token opens nothing before, and prints how to connect.</summary>
    static async Task<int> FinishAsync(Session session, ParseResult parsed, AttachAccepted accepted, CancellationToken cancellation)
    {
        var ended = await session.Follower(parsed).WaitAsync(accepted.Operation, cancellation);
        var attachment = await session.Client(parsed).GetAttachmentAsync(accepted.Attachment.Id, cancellation);
        session.Output(parsed).Value(
            attachment, ApiJson.Wire.AttachedClient, a =>
            [
                .. Lines(a),
                ("token", accepted.Token),
                .. accepted.Uris.Select(uri => ("uri", (string?)uri)),
                .. accepted.Uris.Take(1).Select(uri => ("kernel", (string?)KernelClient(uri, accepted.Token))),
            ], ("token", accepted.Token), ("uris", new JsonArray([.. accepted.Uris.Select(uri => (JsonNode)uri)])), OperationCommands.Also(ended));
        session.Output(parsed).Say(accepted.Uris switch
        {
            [] => "Nothing listens for NBD: the service was started with OCTAVO_NBD=off, or its log tells why.",
            [var uri, ..] => $"The token is shown this once. For example: nbdinfo \"{uri}\"",
        });
        return ExitCode.Success;
    }

    static async Task<int> DetachAsync(
        Session session, ParseResult parsed, OctavoClient client, string id, bool force, CancellationToken cancellation)
    {
        var accepted = await client.DetachAsync(id, force, cancellation);
        var ended = await session.Follower(parsed).WaitAsync(accepted.Operation, cancellation);
        var now = await client.GetAttachmentAsync(accepted.Attachment.Id, cancellation);
        session.Output(parsed).Value(now, ApiJson.Wire.AttachedClient, Lines, OperationCommands.Also(ended));
        return ExitCode.Success;
    }

    /// <summary>What attaches it to Linux itself, which has a client of its own.</summary>
    static string KernelClient(string text, string token)
    {
        var uri = new Uri(text);
        var where = uri.Scheme == "nbd+unix"
            ? $"-unix {Uri.UnescapeDataString(uri.Query["?socket=".Length..])}"
            : string.Create(CultureInfo.InvariantCulture, $"{uri.Host} {(uri.Port < 0 ? 10809 : uri.Port)}{(uri.Scheme == "nbds" ? " -x" : "")}");
        return $"nbd-client {where} -N {token} /dev/nbd0";
    }

    static IEnumerable<(string, string?)> Lines(AttachedClient a) =>
    [
        ("id", a.Id),
        ("client", a.Client),
        ("state", a.State),
        ("reason", a.StateReason),
        ("volume", a.VolumeId),
        ("snapshot", a.SnapshotId),
        ("may", May(a)),
        ("connected", Output.YesNo(a.IsConnected)),
        ("device", a.Device),
        ("lease", a.LeaseSeconds == 0 ? "none: it is never detached by itself" : $"{Output.Number(a.LeaseSeconds)} s without a connection"),
        ("attached", Output.Time(a.AttachedAt)),
        ("detached", Output.Time(a.DetachedAt)),
        ("provider id", a.ProviderAttachmentId),
    ];

    static string May(AttachedClient a) => (a.IsReadOnly ? "read" : "write") + (a.IsMultiAttach ? ", beside others" : "");

    static Argument<string> Id(Session session)
    {
        var id = Arguments.Id("ID", "The attachment's id, or the provider's att-…");
        id.CompletionSources.Add(context => Suggestions.Attachments(session, context));
        return id;
    }

    static Option<string> Client() => new("--client") { Description = "Whose it is: any name, 1 to 255 characters", Required = true };

    static Option<string?> Lease() => new("--lease")
    {
        Description = "Detach it when it has had no connection for so long: 30s, 5m, 12h; 10s to 24h, or 0 for never; default 5m",
    };

    static Option<bool> Force() => new("--force") { Description = "Cut it off where it does not end within 5 s: what it has not flushed may be lost" };

    /// <exception cref="UserException">It is no duration.</exception>
    static int? Seconds(string? text)
    {
        if (text is null) return null;
        if (text == "0") return 0;
        var unit = text.Length < 2 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
        return unit > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= 86_400
            ? count * unit
            : throw new UserException($"\"{text}\" is no duration like 30s, 5m or 12h, nor 0, which --lease takes.");
    }
}
