using Octavo.Core;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Snapshots;

/// <summary>
/// Takes snapshots of all volumes of an instance at one instant; always one of the items of <see cref="CreateSnapshots"/>. Its input is the
/// instance; its snapshots are those with its id in <c>operation_id</c>. The steps are those of <see cref="CreateSnapshot"/>; each snapshot ends by
/// itself, and one in error leaves the others as they are.
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
        var instance = running.Operation.Input!;
        var set = await sets.OfAsync(id, cancellation);
        if (set.Count == 0) throw new VolumeException(ErrorCode.Conflict, $"All snapshots of {instance} were deleted while they were being copied.");
        var (cell, provider) = await cells.GetAsync(set[0].CredentialId, set[0].Region, cancellation);
        var mayLook = set.Exists(s => s.ProviderSnapshotId is not null);
        if (!mayLook)
        {
            var taken = await Taking.RunAsync(running, mayBeTaken => provider.CreateInstanceSnapshotsAsync(
                cell, instance, [.. set.Select(s => new ProviderVolumeId(s.ProviderVolumeId))], id, mayBeTaken, cancellation), cancellation);
            await sets.RecordTakenAsync(id, taken, $"The volume was not on {instance} any more when the snapshots of it were taken.", cancellation);
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
                $"{failed.Count} of the {set.Count} snapshots of {instance} failed: {failed[0].StateReason ?? "it was deleted while it was being copied."}");
        await operations.SucceedAsync(running.Attempt, cancellation);
    }

    /// <inheritdoc/>
    public Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        sets.RecordErrorAsync(running.Attempt, running.IsCancelled ? SnapshotState.Deleted : SnapshotState.Error, failure.Message, cancellation);

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
