using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;
using Octavo.Server.Http;
using Octavo.Server.Nbd;
using Octavo.Server.Operations;
using Octavo.Server.Snapshots;
using Octavo.Server.Volumes;

namespace Octavo.Server.Attachments;

/// <summary><c>/v2/attachments</c>, and the attaching under a volume or a snapshot.</summary>
static class AttachmentEndpoints
{
    static readonly QueryParameter Force = new(
        "force", "Cut the client off where it does not end by itself within seconds: what it has not flushed may be lost.", QueryForm.Flag);

    public static void Map(RouteGroupBuilder v2)
    {
        v2.MapPost("/volumes/{id}/attachments", AttachVolumeAsync).WithName("AttachVolume").WithQuery(Change.Parameters)
            .Accepts<AttachAccepted>().WithIfMatch().Fails(ErrorCode.Unsupported);
        v2.MapPost("/snapshots/{id}/attachments", AttachSnapshotAsync).WithName("AttachSnapshot").WithQuery(Change.Parameters)
            .Accepts<AttachAccepted>().WithIfMatch().Fails(ErrorCode.Unsupported);
        v2.MapGet("/attachments", ListAsync).WithName("ListAttachments")
            .WithQuery([
                .. PageOf.Parameters, new QueryParameter("volume_id", "Of this volume, by Octavo's id."),
                new QueryParameter("snapshot_id", "Of this snapshot, by Octavo's id."),
            ])
            .Answers<Page<AttachedClient>>();
        v2.MapGet("/volumes/{id}/attachments", ListOfVolumeAsync).WithName("ListVolumeAttachments").WithQuery(PageOf.Parameters)
            .Answers<Page<AttachedClient>>();
        v2.MapGet("/attachments/{id}", ShowAsync).WithName("ShowAttachment").Answers<AttachedClient>().WithEtag();
        v2.MapDelete("/attachments/{id}", DetachAsync).WithName("DetachClient").WithQuery([.. Change.Parameters, Force])
            .Accepts<DetachAccepted>().WithIfMatch();
    }

    /// <summary>Attaches a client to a volume, as a block device over NBD.</summary>
    /// <remarks>
    /// The answer has the token, which is shown this once. A volume has one client that writes and no other beside it, unless each of them is attached
    /// with <c>multi_attach</c>.
    /// </remarks>
    public static Task<IResult> AttachVolumeAsync(
        Operator caller, string id, Body<AttachVolumeRequest> body, Change change, AttachClient attach, AttachmentStore attachments,
        VolumeStore volumes, OperationStore operations, NbdAddresses addresses, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var volume = await volumes.ShowAsync(caller.Account, id, cancellation);
            change.Require(VolumeWire.Tagged(volume), ApiJson.Wire.Volume);
            var token = ExportToken.New();
            var (attachment, operation) = await attach.EnqueueAsync(transaction, caller.Account, id, body.Value, token, cancellation);
            var how = attachment.IsMultiAttach ? ", multi-attach" : "";
            return Accepted(
                caller, attachment, operation, token, VolumeEndpoints.Told(volume, $"to {attachment.Client}{(attachment.IsReadOnly ? ", read-only" : "")}{how}"),
                attachments, operations, addresses);
        });

    /// <summary>Attaches a client to a snapshot, which it reads as a block device over NBD.</summary>
    /// <remarks>The answer has the token, which is shown this once.</remarks>
    public static Task<IResult> AttachSnapshotAsync(
        Operator caller, string id, Body<AttachSnapshotRequest> body, Change change, AttachClient attach, AttachmentStore attachments,
        SnapshotStore snapshots, OperationStore operations, NbdAddresses addresses, CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            var snapshot = await snapshots.ShowAsync(caller.Account, id, cancellation);
            change.Require(snapshot, ApiJson.Wire.Snapshot);
            var token = ExportToken.New();
            var (attachment, operation) = await attach.EnqueueAsync(transaction, caller.Account, id, body.Value, token, cancellation);
            return Accepted(
                caller, attachment, operation, token, new Subject("snapshot", snapshot.Id, snapshot.ProviderSnapshotId, $"to {attachment.Client}"),
                attachments, operations, addresses);
        });

    /// <summary>Lists attached clients, the newest first.</summary>
    /// <remarks>Never their tokens.</remarks>
    public static async Task<Page<AttachedClient>> ListAsync(
        Caller caller, PageOf page, AttachmentStore attachments, HttpContext context, CancellationToken cancellation) =>
        await attachments.ListAsync(
            caller.Account, Query.Text(context, "volume_id"), Query.Text(context, "snapshot_id"), page, cancellation);

    /// <summary>Lists the clients of a volume, the newest first.</summary>
    /// <remarks>Never their tokens.</remarks>
    public static async Task<Page<AttachedClient>> ListOfVolumeAsync(
        Caller caller, string id, PageOf page, AttachmentStore attachments, VolumeStore volumes, CancellationToken cancellation) =>
        await attachments.ListAsync(caller.Account, (await volumes.ShowAsync(caller.Account, id, cancellation)).Id, null, page, cancellation);

    /// <summary>Shows an attached client, also one that was detached.</summary>
    /// <remarks>By Octavo's id or the provider's. What was detached is shown for 30 days.</remarks>
    public static async Task<IResult> ShowAsync(
        Caller caller, string id, AttachmentStore attachments, HttpContext context, CancellationToken cancellation)
    {
        var attachment = await attachments.ShowAsync(caller.Account, id, cancellation);
        return await Etag.AnswerAsync(context, attachment, ApiJson.Wire.AttachedClient, Tagged(attachment));
    }

    /// <summary>Detaches a client.</summary>
    /// <remarks>
    /// Its connections answer what they have begun and end, all is flushed, and its token opens nothing any more. One whose connections do not end
    /// within 30 s stays attached. With <c>force</c> it is cut off after 5 s; the operation's <c>findings</c> tell where something may be lost.
    /// </remarks>
    public static Task<IResult> DetachAsync(
        Operator caller, string id, Change change, DetachClient detach, AttachmentStore attachments, OperationStore operations, HttpContext context,
        CancellationToken cancellation) =>
        EndAsync(caller, id, Query.Flag(context, Force.Name) == true, change, detach, attachments, operations, cancellation);

    /// <summary>The same for who does not ask behind a question mark.</summary>
    internal static Task<IResult> EndAsync(
        Operator caller, string id, bool force, Change change, DetachClient detach, AttachmentStore attachments, OperationStore operations,
        CancellationToken cancellation) =>
        change.RunAsync(async transaction =>
        {
            change.Require(Tagged(await attachments.ShowAsync(caller.Account, id, cancellation)), ApiJson.Wire.AttachedClient);
            var (attachment, operation) = await detach.EnqueueAsync(transaction, caller.Account, id, force, cancellation);
            return Outcome.Accepted(
                operation, Told(attachment, force ? "by force" : null), new DetachAccepted(attachment, OperationStore.Wire(operation)),
                async (now, later) => new DetachAccepted(await attachments.ShowAsync(caller.Account, attachment.Id, later), now),
                ApiJson.Wire.DetachAccepted, operations);
        });

    static Outcome Accepted(
        Caller caller, AttachedClient attachment, Operations.Operation operation, string token, Subject subject, AttachmentStore attachments,
        OperationStore operations, NbdAddresses addresses) => Outcome.Accepted(
        operation, subject, new AttachAccepted(attachment, OperationStore.Wire(operation), token, addresses.Uris(token)),
        async (now, later) => new AttachAccepted(
            await attachments.ShowAsync(caller.Account, attachment.Id, later), now, token, addresses.Uris(token)),
        ApiJson.Wire.AttachAccepted, operations);

    /// <summary>What its entity tag is of: a client that comes and goes does not make it another one.</summary>
    static AttachedClient Tagged(AttachedClient attachment) => attachment with { IsConnected = false, UpdatedAt = default };

    static Subject Told(AttachedClient attachment, string? detail) => new("attachment", attachment.Id, attachment.Client, detail);
}
