using System.Globalization;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Volumes;

/// <summary>Makes a volume larger, also while a client is attached; its snapshots keep their sizes.</summary>
sealed class GrowVolume(
    Database.Database database, VolumeStore volumes, OperationStore operations, Cells cells, TimeProvider time) : IOperationHandler
{
    /// <inheritdoc/>
    public string Kind => OperationKind.GrowVolume;

    /// <summary>Asks for it.</summary>
    /// <exception cref="VolumeException">Not found. Invalid: the size. Unsupported: the provider does not. Conflict: the volume's state. Quota exceeded.</exception>
    public async Task<Operation> EnqueueAsync(
        Transaction transaction, AccountId account, string id, GrowVolumeRequest request, CancellationToken cancellation)
    {
        var volume = await volumes.GetAsync(account, id, cancellation);
        if (request.SizeGib is not >= 1 or > CreateVolume.MaxSizeGiB)
            throw new VolumeException(ErrorCode.Invalid, $"size_gib is {request.SizeGib?.ToString(CultureInfo.InvariantCulture) ?? "missing"}; it must be from 1 to {CreateVolume.MaxSizeGiB}.");
        var known = await cells.GetAsync(volume.CredentialId, volume.Region, cancellation);
        if (!known.Provider.Capabilities.CanGrow)
            throw new VolumeException(ErrorCode.Unsupported, "Only volumes of the own pool are grown here. An EBS volume is grown by EC2: aws ec2 modify-volume.");
        var size = ByteSize.FromGiB(request.SizeGib.Value);
        if (size <= volume.Size)
            throw new VolumeException(ErrorCode.Invalid, $"size_gib is {request.SizeGib}; a volume can only grow, and this one has {volume.Size} already.");
        if (size > known.LargestVolume)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"A volume of {size} does not fit: the largest that can be made here is {known.LargestVolume}.");
        if (volume.State is not (VolumeState.Available or VolumeState.InUse) || volume.ProviderVolumeId is null)
            throw new VolumeException(ErrorCode.Conflict,
                $"The volume is {States.Text(volume.State)}; it can grow while it is available or in-use." + (volume.StateReason is { } reason ? " " + reason : ""));
        return await operations.EnqueueAsync(
            transaction, account, OperationId.New(), Kind, cancellation, new VolumeId(id), input: size.Bytes.ToString(CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        await running.StepAsync("growing", cancellation);
        var size = new ByteSize(long.Parse(running.Operation.Input!, CultureInfo.InvariantCulture));
        var now = await provider.GrowVolumeAsync(cell, new ProviderVolumeId(target.ProviderVolumeId!), size, running.Operation.Id, cancellation);
        await using var transaction = await database.BeginAsync(cancellation);
        await SeenVolume.WriteAsync(transaction, provider, cell, now, time.GetUtcNow(), cancellation);
        await operations.SucceedAsync(transaction, running.Attempt, cancellation);
        await transaction.CommitAsync();
    }

    /// <inheritdoc/>
    public Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        operations.FailAsync(running.Attempt, cancellation);
}
