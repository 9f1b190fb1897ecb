using Octavo.Core;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Volumes;

/// <summary>
/// Deletes a volume that nobody uses. It leaves the list when the deletion is accepted; where the provider refuses, it is
/// listed again and the operation keeps the reason. Its snapshots stay.
/// </summary>
sealed class DeleteVolume(VolumeStore volumes, Cells cells) : IOperationHandler
{
    /// <summary>The provider has accepted it and is at it.</summary>
    const string Ending = "ending";

    /// <inheritdoc/>
    public string Kind => OperationKind.DeleteVolume;

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        if (target.ProviderVolumeId is { } id)
        {
            var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
            if (running.Operation.Step != Ending) await running.StepAsync("deleting", cancellation);
            while (!await provider.DeleteVolumeAsync(cell, new ProviderVolumeId(id), running.Operation.Id, cancellation))
            {
                await running.StepAsync(Ending, cancellation);
                await running.PauseAsync(provider, cancellation);
            }
        }
        await volumes.RecordDeletedAsync(running.Attempt, target, cancellation);
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        await volumes.RecordNotDeletedAsync(running.Attempt, target, running.Operation.Input!, cancellation);
    }
}
