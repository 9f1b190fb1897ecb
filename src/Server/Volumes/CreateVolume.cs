using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Octavo.Server.Snapshots;

namespace Octavo.Server.Volumes;

/// <summary>
/// Makes a volume, empty or from a snapshot: intent (row and operation), the provider's call, polling while it fills, outcome.
/// What fails is taken back whole; the operation keeps the reason.
/// </summary>
sealed class CreateVolume(
    VolumeStore volumes, SnapshotStore snapshots, Cells cells) : IOperationHandler
{
    /// <summary>64 TiB, the largest volume of EBS (io2 Block Express).</summary>
    public const long MaxSizeGiB = 65_536;

    /// <inheritdoc/>
    public string Kind => OperationKind.CreateVolume;

    /// <summary>Asks for a volume in the account's own pool, or beside the snapshot that it is made from.</summary>
    /// <exception cref="VolumeException">Invalid, not found (the snapshot), conflict (not completed), quota exceeded.</exception>
    public async Task<(Api.Volume Volume, Operation Operation)> EnqueueAsync(
        Transaction transaction, AccountId account, string? name, long? sizeGiB, string? zone, string? snapshotId, CancellationToken cancellation)
    {
        var display = Names.Display(name);
        if (sizeGiB is < 1 or > MaxSizeGiB)
            throw new VolumeException(ErrorCode.Invalid, $"size_gib is {sizeGiB}; it must be from 1 to {MaxSizeGiB}.");
        ByteSize? size = sizeGiB is { } gib ? ByteSize.FromGiB(gib) : null;
        SnapshotRow? source = null;
        if (snapshotId is not null)
        {
            source = await snapshots.GetAsync(account, snapshotId, cancellation);
            if (source.State != SnapshotState.Completed)
                throw new VolumeException(ErrorCode.Conflict, $"The snapshot is {States.Text(source.State)}; a volume can be made from it once it is completed.");
            if (size < source.VolumeSize)
                throw new VolumeException(ErrorCode.Invalid, $"size_gib is {sizeGiB}; the snapshot needs at least {source.VolumeSize.GiB}.");
        }
        else if (size is null)
            throw new VolumeException(ErrorCode.Invalid, $"size_gib is needed: 1 to {MaxSizeGiB}. Only with a snapshot_id may it be left out.");
        var known = source is null
            ? await cells.OwnAsync(account, cancellation)
            : await cells.GetAsync(source.CredentialId, source.Region, cancellation);
        var wanted = size ?? source!.VolumeSize;
        return await volumes.EnqueueMakingAsync(
            transaction, Kind, known.Cell, display, Place(known, zone, wanted), wanted, source?.ProviderSnapshotId, input: null, isHeld: false, cancellation);
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        await running.StepAsync("creating", cancellation);
        ProviderSnapshotId? source = target.SourceSnapshotId is { } id ? new ProviderSnapshotId(id) : null;
        var made = await provider.CreateVolumeAsync(
            cell, new VolumeSpec(target.Size, target.AvailabilityZone, source, target.Name), running.Operation.Id, cancellation);
        while (made.State == VolumeState.Creating)
        {
            await running.ProgressAsync(made.Progress, cancellation);
            await running.PauseAsync(provider, cancellation);
            made = await provider.GetVolumeAsync(cell, made.Id, cancellation);
        }
        if (made.State == VolumeState.Error)
            throw new VolumeException(ErrorCode.Conflict, made.StateReason ?? "The provider could not make the volume.");
        await volumes.RecordMadeAsync(running.Attempt, target, made, cancellation);
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        await UndoMakingAsync(volumes, cells, running, cancellation);

    /// <summary>Deletes what the operation may have made, and its row.</summary>
    public static async Task UndoMakingAsync(
        VolumeStore volumes, Cells cells, RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        if (await provider.FindVolumeAsync(cell, running.Operation.Id, cancellation) is { } made)
            _ = await provider.DeleteVolumeAsync(cell, made.Id, running.Operation.Id, cancellation);
        await volumes.RecordNotMadeAsync(running.Attempt, target, cancellation);
    }

    /// <summary>The zone for a volume of that size: the asked one, or the cell's first. By what the last pass over the cell saw.</summary>
    /// <exception cref="VolumeException">Invalid: no such zone. Quota exceeded: it cannot fit. Unavailable: there was no pass yet.</exception>
    public static string Place(KnownCell known, string? zone, ByteSize size)
    {
        if (size > known.LargestVolume)
            throw new VolumeException(ErrorCode.QuotaExceeded,
                $"A volume of {size} does not fit: the largest that can be made here is {known.LargestVolume}.");
        if (known.Zones.Length == 0)
            throw new VolumeException(ErrorCode.Unavailable, "This region was not looked at yet. Try again in a moment.");
        if (zone is null) return known.Zones[0];
        return known.Zones.Contains(zone)
            ? zone
            : throw new VolumeException(ErrorCode.Invalid, $"There is no such availability_zone here. One of: {string.Join(", ", known.Zones)}.");
    }
}
