using Octavo.Core;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Snapshots;

/// <summary>
/// Takes a snapshot. Step <c>taking</c>: the provider fixes the instant and gives its id. Step <c>copying</c>: the provider copies in
/// the background and this polls, recording true progress. A snapshot that cannot become complete stays listed, in error,
/// with the reason, until somebody deletes it.
/// </summary>
sealed class CreateSnapshot(SnapshotStore snapshots, Cells cells) : IOperationHandler
{
    /// <inheritdoc/>
    public string Kind => OperationKind.CreateSnapshot;

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await snapshots.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        ProviderSnapshot seen;
        if (target.ProviderSnapshotId is { } taken)
            seen = await provider.GetSnapshotAsync(cell, new ProviderSnapshotId(taken), cancellation);
        else
        {
            seen = await Taking.RunAsync(running, mayBeTaken => provider.CreateSnapshotAsync(
                cell, new ProviderVolumeId(target.ProviderVolumeId), running.Operation.Id, mayBeTaken, cancellation), cancellation);
            await RecordAsync(target.Id, seen, cancellation);
            await running.StepAsync(Operation.CopyingStep, cancellation);
        }
        while (seen.State == SnapshotState.Pending)
        {
            await running.PauseAsync(provider, cancellation);
            var before = SnapshotStore.Percent(seen.Progress);
            seen = await provider.GetSnapshotAsync(cell, seen.Id, cancellation);
            if (seen.State != SnapshotState.Pending || SnapshotStore.Percent(seen.Progress) == before) continue;
            await RecordAsync(target.Id, seen, cancellation);
            await running.ProgressAsync(seen.Progress, cancellation);
        }
        if (seen.State == SnapshotState.Error)
            throw new VolumeException(ErrorCode.Conflict, seen.StateReason ?? "The provider could not complete the snapshot.");
        await snapshots.RecordCompletedAsync(running.Attempt, target.Id, seen, cancellation);
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation)
    {
        var target = await snapshots.TargetAsync(running.Operation, cancellation);
        if (!running.IsCancelled)
        {
            await snapshots.RecordErrorAsync(running.Attempt, target.Id, failure.Message, cancellation);
            return;
        }
        // Nobody wants it any more: it does not stay listed in error.
        if (target.ProviderSnapshotId is { } taken)
        {
            var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
            await provider.DeleteSnapshotAsync(cell, new ProviderSnapshotId(taken), running.Operation.Id, cancellation);
        }
        await snapshots.RecordCancelledAsync(running.Attempt, target.Id, cancellation);
    }

    async Task RecordAsync(string id, ProviderSnapshot seen, CancellationToken cancellation)
    {
        if (!await snapshots.RecordProgressAsync(id, seen, cancellation))
            throw new VolumeException(ErrorCode.Conflict, "The snapshot was deleted while it was being copied.");
    }
}
