using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Octavo.Server.Snapshots;
using Octavo.Server.Volumes;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Attachments;

/// <summary>
/// Attaches a client to a volume or a snapshot. The token is made where it is asked for, and the operation knows its hash only: what is shown once is
/// nowhere to be read again.
/// </summary>
sealed class AttachClient(
    Database.Database database, AttachmentStore attachments, VolumeStore volumes, SnapshotStore snapshots, OperationStore operations, Cells cells,
    TimeProvider time) : IOperationHandler
{
    const int DefaultLease = 300;
    const int ShortestLease = 10;
    const int LongestLease = 86_400;

    /// <inheritdoc/>
    public string Kind => OperationKind.AttachClient;

    /// <summary>Asks for a client of a volume.</summary>
    /// <exception cref="VolumeException">Not found. Invalid. Unsupported: the provider attaches no clients. Conflict: the volume's state, or another client.</exception>
    public async Task<(AttachedClient Attachment, Operation Operation)> EnqueueAsync(
        Transaction transaction, AccountId account, string volumeId, AttachVolumeRequest request, string token, CancellationToken cancellation)
    {
        var volume = await volumes.GetAsync(account, volumeId, cancellation);
        var wanted = new AttachmentRow(
            InternalId.New(), account, volume.CredentialId, volume.Region, volume.Id, null, volume.ProviderVolumeId, null, null,
            Names.Display(request.Client, "client"), request.ReadOnly, request.MultiAttach, Lease(request.LeaseSeconds));
        RequireSupport(volume.Provider);
        if (volume.State is not (VolumeState.Available or VolumeState.InUse) || volume.ProviderVolumeId is null)
            throw new VolumeException(ErrorCode.Conflict,
                $"The volume is {States.Text(volume.State)}; a client can be attached while it is available."
                + (volume.StateReason is { } reason ? " " + reason : ""));
        var others = await AttachmentStore.OfVolumeAsync(transaction, volume.Id, cancellation);
        if (others is [var first, ..] && !(wanted.IsReadOnly && others.All(o => o.IsReadOnly)) && !(wanted.IsMultiAttach && others.All(o => o.IsMultiAttach)))
            throw new VolumeException(ErrorCode.Conflict,
                $"The volume is attached to {first.Client} already. Detach that first; or, for clients that know how to share a disk, attach each of them with multi_attach.");
        return await WriteAsync(transaction, wanted, token, cancellation);
    }

    /// <summary>Asks for a client that reads a snapshot.</summary>
    /// <exception cref="VolumeException">Not found. Invalid. Unsupported: the provider attaches no clients. Conflict: it is not completed.</exception>
    public async Task<(AttachedClient Attachment, Operation Operation)> EnqueueAsync(
        Transaction transaction, AccountId account, string snapshotId, AttachSnapshotRequest request, string token, CancellationToken cancellation)
    {
        var snapshot = await snapshots.GetAsync(account, snapshotId, cancellation);
        var wanted = new AttachmentRow(
            InternalId.New(), account, snapshot.CredentialId, snapshot.Region, null, snapshot.Id, null, snapshot.ProviderSnapshotId, null,
            Names.Display(request.Client, "client"), IsReadOnly: true, IsMultiAttach: false, Lease(request.LeaseSeconds));
        RequireSupport((await snapshots.ShowAsync(account, snapshot.Id, cancellation)).Provider);
        if (snapshot.State != SnapshotState.Completed)
            throw new VolumeException(ErrorCode.Conflict,
                $"The snapshot is {States.Text(snapshot.State)}; a client can be attached once it is completed." + (snapshot.StateReason is { } reason ? " " + reason : ""));
        return await WriteAsync(transaction, wanted, token, cancellation);
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await attachments.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        await running.StepAsync("attaching", cancellation);
        var seen = await provider.AttachAsync(
            cell,
            new AttachSpec(
                target.ProviderVolumeId is { } volume ? new ProviderVolumeId(volume) : null,
                target.ProviderSnapshotId is { } snapshot ? new ProviderSnapshotId(snapshot) : null, target.Client, target.IsReadOnly,
                target.IsMultiAttach, AttachmentInput.Of(running.Operation).TokenSha256!, TimeSpan.FromSeconds(target.LeaseSeconds)),
            running.Operation.Id, cancellation);
        var now = await SeenVolume.LookAsync(provider, cell, target.ProviderVolumeId, cancellation);
        await using var transaction = await database.BeginAsync(cancellation);
        await attachments.AttachedAsync(transaction, target.Id, seen, cancellation);
        await SeenVolume.WriteAsync(transaction, provider, cell, now, time.GetUtcNow(), cancellation);
        await operations.SucceedAsync(transaction, running.Attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation)
    {
        var target = await attachments.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        // An earlier attempt may have got through.
        foreach (var made in (await provider.ListAttachmentsAsync(cell, cancellation)).Where(a => a.CreatedBy == running.Operation.Id))
            await provider.DetachAsync(cell, made.Id, force: true, running.Operation.Id, cancellation);
        await using var transaction = await database.BeginAsync(cancellation);
        await attachments.DetachedAsync(transaction, target.Id, failure.Message, cancellation);
        await operations.FailAsync(transaction, running.Attempt, cancellation);
        await transaction.CommitAsync();
    }

    async Task<(AttachedClient Attachment, Operation Operation)> WriteAsync(
        Transaction transaction, AttachmentRow wanted, string token, CancellationToken cancellation)
    {
        var id = OperationId.New();
        var attachment = await attachments.AddAsync(transaction, wanted, id, cancellation);
        var operation = await operations.EnqueueAsync(
            transaction, wanted.Account, id, Kind, cancellation, wanted.VolumeId is { } volume ? new VolumeId(volume) : null, wanted.SnapshotId,
            new AttachmentInput(wanted.Id, ExportToken.Sha256(token)).Text());
        return (attachment, operation);
    }

    void RequireSupport(string provider)
    {
        if (!cells.Provider(provider).Capabilities.CanAttach)
            throw new VolumeException(ErrorCode.Unsupported, "Only volumes and snapshots of the own pool are attached to clients. An EBS volume is attached to an instance, by EC2.");
    }

    static int Lease(int? asked) => (asked ?? DefaultLease) switch
    {
        0 => 0,
        >= ShortestLease and <= LongestLease and var seconds => seconds,
        var seconds => throw new VolumeException(ErrorCode.Invalid, $"lease_seconds is {seconds}; it is {ShortestLease} to {LongestLease}, or 0 for a client that is never detached by itself."),
    };
}
