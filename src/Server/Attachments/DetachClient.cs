using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Octavo.Server.Volumes;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Attachments;

/// <summary>
/// Detaches a client: its connections answer what they have begun and end, all is flushed, and its token opens nothing any more. Where they do not end
/// in time, it stays attached, unless it was forced.
/// </summary>
sealed class DetachClient(
    Database.Database database, AttachmentStore attachments, OperationStore operations, Cells cells, TimeProvider time) : IOperationHandler
{
    /// <summary>What a client has begun takes as long as its disk needs; one that does not read its answers would take for ever.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    const string Lost = "The client was cut off before it had ended by itself: what it had not flushed may be lost.";

    /// <inheritdoc/>
    public string Kind => OperationKind.DetachClient;

    /// <summary>Asks for it.</summary>
    /// <exception cref="VolumeException">Not found. Conflict: it is not attached.</exception>
    public async Task<(AttachedClient Attachment, Operation Operation)> EnqueueAsync(
        Transaction transaction, AccountId account, string id, bool force, CancellationToken cancellation)
    {
        var before = await attachments.ShowAsync(account, id, cancellation);
        if (!await attachments.DetachingAsync(transaction, before.Id, cancellation))
            throw new VolumeException(ErrorCode.Conflict, before.State == AttachmentState.Attaching
                ? "The client is just being attached. Try again in a moment."
                : $"The client is {before.State} already.");
        var operation = await operations.EnqueueAsync(
            transaction, account, OperationId.New(), Kind, cancellation, before.VolumeId is { } volume ? new VolumeId(volume) : null, before.SnapshotId,
            new AttachmentInput(before.Id, Force: force).Text());
        return (before with { State = AttachmentState.Detaching, UpdatedAt = operation.CreatedAt }, operation);
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await attachments.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        await running.StepAsync("draining", cancellation);
        var isClean = await DetachAsync(provider, cell, target, running.Operation, cancellation);
        var now = await SeenVolume.LookAsync(provider, cell, target.ProviderVolumeId, cancellation);
        await using var transaction = await database.BeginAsync(cancellation);
        await attachments.DetachedAsync(transaction, target.Id, isClean ? null : Lost, cancellation);
        await SeenVolume.WriteAsync(transaction, provider, cell, now, time.GetUtcNow(), cancellation);
        await operations.SucceedAsync(
            transaction, running.Attempt, cancellation,
            isClean ? null : JsonSerializer.Serialize([new Finding("cut-off", target.Id, Lost, false)], ApiJson.Wire.IReadOnlyListFinding));
        await transaction.CommitAsync();
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation)
    {
        var target = await attachments.TargetAsync(running.Operation, cancellation);
        await using var transaction = await database.BeginAsync(cancellation);
        await attachments.StaysAsync(transaction, target.Id, cancellation);
        await operations.FailAsync(transaction, running.Attempt, cancellation);
        await transaction.CommitAsync();
    }

    async Task<bool> DetachAsync(
        IVolumeProvider provider, Cell cell, AttachmentRow target, Operation operation, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await provider.DetachAsync(cell, target.ProviderAttachmentId!, AttachmentInput.Of(operation).Force, operation.Id, either.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new VolumeException(
                ErrorCode.Conflict,
                $"The connections of {target.Client} did not end within {Patience.TotalSeconds:0} s, so it stays attached. Stop the client; or detach it with force, and what it has not flushed may be lost.",
                e);
        }
    }
}
