using Octavo.Core;
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
    VolumeStore volumes, SnapshotStore snapshots, Cells cells, TimeProvider time) : IOperationHandler
{
    /// <summary>64 TiB, the largest volume of EBS (io2 Block Express).</summary>
    public const long MaxSizeGiB = 65_536;

    /// <inheritdoc/>
    public string Kind => OperationKind.CreateVolume;

    /// <summary>Asks for a volume in the account's own pool, or beside the snapshot that it is made from.</summary>
    /// <exception cref="VolumeException">Invalid, not found (the snapshot), conflict (not completed), quota exceeded.</exception>
    public async Task<(VolumeRow Volume, Operation Operation)> EnqueueAsync(
        AccountId account, string? name, long? sizeGiB, string? zone, string? snapshotId, CancellationToken cancellation)
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
        var (cell, provider) = source is null
            ? (await cells.OfAccountAsync(account, cancellation))[0]
            : await cells.GetAsync(source.CredentialId, source.Region, cancellation);
        var wanted = size ?? source!.VolumeSize;
        await CheckRoomAsync(cells, cell, wanted, cancellation);
        return await volumes.EnqueueMakingAsync(
            Kind, cell, display, Zone(provider, cell, zone), wanted, source?.ProviderSnapshotId, input: null, isHeld: false, cancellation);
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        await running.StepAsync("creating", cancellation);
        ProviderSnapshotId? source = target.SourceSnapshotId is { } id ? new ProviderSnapshotId(id) : null;
        var made = await provider.CreateVolumeAsync(
            cell, new VolumeSpec(target.Size, target.AvailabilityZone, source), running.Operation.Id, cancellation);
        while (made.State == VolumeState.Creating)
        {
            await running.ProgressAsync(made.Progress, cancellation);
            await Task.Delay(RunningOperation.ProgressInterval, time, cancellation);
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
            await provider.DeleteVolumeAsync(cell, made.Id, running.Operation.Id, cancellation);
        await volumes.RecordNotMadeAsync(running.Attempt, target, cancellation);
    }

    /// <summary>Refuses what cannot fit, from the cell's room as last observed.</summary>
    public static async Task CheckRoomAsync(Cells cells, Cell cell, ByteSize size, CancellationToken cancellation)
    {
        var room = await cells.CapacityAsync(cell, cancellation);
        if (room is not null && size > room.LargestVolume)
            throw new VolumeException(ErrorCode.QuotaExceeded,
                $"A volume of {size} does not fit: the largest that can be made here is {room.LargestVolume}.");
    }

    /// <summary>The asked zone, or the region's first.</summary>
    public static string Zone(IVolumeProvider provider, Cell cell, string? asked)
    {
        var zones = provider.Regions.Single(r => r.Name == cell.Region).Zones;
        if (asked is null) return zones[0];
        return zones.Contains(asked)
            ? asked
            : throw new VolumeException(ErrorCode.Invalid, $"There is no such availability_zone here. One of: {string.Join(", ", zones)}.");
    }
}
