using Octavo.Core;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Snapshots;

/// <summary>Deletes a snapshot, whatever its state, and frees what only it used.</summary>
sealed class DeleteSnapshot(SnapshotStore snapshots, Cells cells) : IOperationHandler
{
    /// <inheritdoc/>
    public string Kind => OperationKind.DeleteSnapshot;

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await snapshots.TargetAsync(running.Operation, cancellation);
        if (target.ProviderSnapshotId is { } id)
        {
            var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
            await running.StepAsync("deleting", cancellation);
            await provider.DeleteSnapshotAsync(cell, new ProviderSnapshotId(id), running.Operation.Id, cancellation);
        }
        await snapshots.RecordDeletedAsync(running.Attempt, target.Id, cancellation);
    }

    /// <inheritdoc/>
    public Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        snapshots.RecordNotDeletedAsync(running.Attempt, running.Operation.SnapshotId!, running.Operation.Input!, cancellation);
}
