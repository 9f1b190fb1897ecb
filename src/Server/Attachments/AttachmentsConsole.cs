using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Console;
using Octavo.Server.Http;
using Octavo.Server.Nbd;
using Octavo.Server.Operations;
using Octavo.Server.Volumes;

namespace Octavo.Server.Attachments;

/// <summary>Attaching and detaching by the console; what is attached is on its volume's page.</summary>
static class AttachmentsConsole
{
    public static void Map(IEndpointRouteBuilder console)
    {
        console.MapPost("/volumes/{id}/attachments", AttachAsync).WithName("ConsoleAttachVolume");
        console.MapPost("/attachments/{id}/detach", DetachAsync).WithName("ConsoleDetachClient");
    }

    /// <summary>The answer is the one page that has the token.</summary>
    static Task<IResult> AttachAsync(
        Operator caller, Frame frame, string id, Form form, Change change, AttachClient attach, AttachmentStore attachments, VolumeStore volumes,
        OperationStore operations, NbdAddresses addresses, HttpContext context, CancellationToken cancellation) =>
        Show.OrAgainAsync(
            context,
            async () =>
            {
                var request = new AttachVolumeRequest(
                    form.Trimmed("client"), form.IsTicked("read_only"), form.IsTicked("multi_attach"), Lease(form.Number("lease_seconds")));
                var made = (Answer)await AttachmentEndpoints.AttachVolumeAsync(
                    caller, id, new Body<AttachVolumeRequest>(request), change, attach, attachments, volumes, operations, addresses, cancellation);
                return Show.Page<AttachedPage>(new
                {
                    Frame = frame,
                    Volume = await volumes.ShowAsync(caller.Account, id, cancellation),
                    Made = Show.Answered(made, ApiJson.Wire.AttachAccepted),
                });
            },
            (refusal, status) => VolumesConsole.OneAsync(caller, frame, id, form, refusal, status, context));

    static async Task<IResult> DetachAsync(
        Operator caller, string id, Form form, Change change, DetachClient detach, AttachmentStore attachments, OperationStore operations,
        CancellationToken cancellation)
    {
        var before = await attachments.ShowAsync(caller.Account, id, cancellation);
        if (!form.IsTicked("sure")) throw new VolumeException(ErrorCode.Invalid, "Tick that you are sure: the client's token opens nothing any more.");
        return Show.Then(
            await AttachmentEndpoints.EndAsync(caller, id, form.IsTicked("force"), change, detach, attachments, operations, cancellation),
            answer => before.VolumeId is { } volume ? $"/volumes/{volume}#attachments" : Show.Operation(answer));
    }

    // Out of its bounds it is refused with a sentence behind this.
    static int? Lease(long? seconds) => seconds is { } given ? (int)Math.Min(given, int.MaxValue) : null;
}
