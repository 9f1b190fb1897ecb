using Octavo.Core;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Snapshots;

/// <summary>
/// Takes snapshots of several volumes at one instant: all of an instance, or any of a pool of ours; always one of the items of <see cref="CreateSnapshots"/>. Its
/// input is the instance, or nothing; its snapshots are those with its id in <c>operation_id</c>. The steps are those of <see cref="CreateSnapshot"/>; each snapshot
/// ends by itself, and one in error leaves the others as they are.
/// </summary>
sealed class CreateInstanceSnapshots(SnapshotSets sets, OperationStore operations, Cells cells, TimeProvider time) : IOperationHandler
{
    /// <summary>A snapshot so young that is not found may only not show yet.</summary>
    static readonly TimeSpan Young = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public string Kind => OperationKind.CreateInstanceSnapshots;

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var id = running.Operation.Id;
        var instance = running.Operation.Input;
        var whole = instance ?? "the pool";
        var set = await sets.OfAsync(id, cancellation);
        if (set.Count == 0) throw new VolumeException(ErrorCode.Conflict, $"All snapshots of {whole} were deleted while they were being copied.");
        var (cell, provider) = await cells.GetAsync(set[0].CredentialId, set[0].Region, cancellation);
        var mayLook = set.Exists(s => s.ProviderSnapshotId is not null);
        if (!mayLook)
        {
            var taken = await Taking.RunAsync(running, mayBeTaken => provider.CreateSnapshotsAsync(
                cell, instance, [.. set.Select(s => new ProviderVolumeId(s.ProviderVolumeId))], id, mayBeTaken, cancellation), cancellation);
            var missing = instance is null
                ? "The volume was gone, or in error, when the snapshots were taken."
                : $"The volume was not on {instance} any more when the snapshots of it were taken.";
            await sets.RecordTakenAsync(id, taken, missing, cancellation);
            await running.StepAsync(Operation.CopyingStep, cancellation);
        }
        while ((set = await sets.OfAsync(id, cancellation)).FindAll(s => s.State == SnapshotState.Pending) is { Count: > 0 } pending)
        {
            if (mayLook) await LookAsync(id, cell, provider, pending, cancellation);
            else await running.PauseAsync(provider, cancellation);
            mayLook = !mayLook;
            await running.ProgressAsync(set.Average(s => s.State == SnapshotState.Pending ? s.ProgressPercent : 100) / 100, cancellation);
        }
        var failed = set.FindAll(s => OperationItems.IsFailed(s.State, s.ProgressPercent));
        if (failed.Count > 0)
            throw new VolumeException(ErrorCode.Conflict,
                $"{failed.Count} of the {set.Count} snapshots of {whole} failed: {failed[0].StateReason ?? "it was deleted while it was being copied."}");
        await operations.SucceedAsync(running.Attempt, cancellation);
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation)
    {
        if (running.IsCancelled) await DeleteAsync(running.Operation.Id, cancellation);
        await sets.RecordErrorAsync(running.Attempt, running.IsCancelled ? SnapshotState.Deleted : SnapshotState.Error, failure.Message, cancellation);
    }

    /// <summary>Nobody wants those any more that are not completed.</summary>
    async Task DeleteAsync(OperationId id, CancellationToken cancellation)
    {
        foreach (var snapshot in (await sets.OfAsync(id, cancellation)).Where(s => s is { State: SnapshotState.Pending, ProviderSnapshotId: not null }))
        {
            var (cell, provider) = await cells.GetAsync(snapshot.CredentialId, snapshot.Region, cancellation);
            await provider.DeleteSnapshotAsync(cell, new ProviderSnapshotId(snapshot.ProviderSnapshotId!), id, cancellation);
        }
    }

    async Task LookAsync(
        OperationId id, Cell cell, IVolumeProvider provider, List<SnapshotRow> pending, CancellationToken cancellation)
    {
        var found = await provider.FindSnapshotsAsync(
            cell, [.. pending.Select(s => new ProviderSnapshotId(s.ProviderSnapshotId!))], cancellation);
        var here = found.ToDictionary(s => s.Id.Value);
        var changed = found.Where(s => s.State != SnapshotState.Pending
            || pending.Exists(p => p.ProviderSnapshotId == s.Id.Value && p.ProgressPercent != SnapshotStore.Percent(s.Progress)));
        var gone = pending.Where(p => !here.ContainsKey(p.ProviderSnapshotId!) && time.GetUtcNow() - p.StartedAt > Young)
            .Select(p => p.ProviderSnapshotId!);
        await sets.RecordSeenAsync(id, [.. changed], [.. gone], cancellation);
    }
}
