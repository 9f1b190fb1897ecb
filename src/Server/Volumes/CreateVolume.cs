using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Octavo.Server.Snapshots;
using Operation = Octavo.Server.Operations.Operation;

namespace Octavo.Server.Volumes;

/// <summary>What the provider is to make, beyond what the volume's row says.</summary>
sealed record KindOfVolume(string? VolumeType, int? Iops, int? ThroughputMibps, bool? Encrypted, string? KmsKeyId);

[JsonSerializable(typeof(KindOfVolume))]
sealed partial class KindOfVolumeJson : JsonSerializerContext;

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

    /// <summary>Asks for a volume: in the account's own pool, with a credential, or beside the snapshot that it is made from.</summary>
    /// <exception cref="VolumeException">Invalid, not found (the snapshot, the credential), conflict (not completed), quota exceeded.</exception>
    public async Task<(Volume Volume, Operation Operation)> EnqueueAsync(
        Transaction transaction, AccountId account, CreateVolumeRequest request, CancellationToken cancellation)
    {
        var name = Names.Display(request.Name);
        if (request.SizeGib is < 1 or > MaxSizeGiB)
            throw new VolumeException(ErrorCode.Invalid, $"size_gib is {request.SizeGib}; it must be from 1 to {MaxSizeGiB}.");
        var tags = request.Tags ?? new Dictionary<string, string>();
        Names.CheckTags(tags);
        var source = request.SnapshotId is { } snapshot ? await SourceAsync(account, snapshot, request.SizeGib, cancellation) : null;
        if (source is null && request.SizeGib is null)
            throw new VolumeException(ErrorCode.Invalid, $"size_gib is needed: 1 to {MaxSizeGiB}. Only with a snapshot_id may it be left out.");
        var known = await WhereAsync(account, request, source, cancellation);
        var size = request.SizeGib is { } gib ? ByteSize.FromGiB(gib) : source!.VolumeSize;
        var kind = new KindOfVolume(request.VolumeType, request.Iops, request.ThroughputMibps, request.Encrypted, request.KmsKeyId);
        return await volumes.EnqueueMakingAsync(
            transaction, new VolumeToMake(Kind, known.Cell, name, Place(known, request.AvailabilityZone, size), size)
            {
                SourceSnapshot = source?.ProviderSnapshotId,
                VolumeType = request.VolumeType,
                MountPoint = request.MountPoint is { } path ? Names.MountPoint(path) : null,
                IsProtected = request.Protected,
                Tags = tags,
                Input = JsonSerializer.Serialize(kind, KindOfVolumeJson.Default.KindOfVolume),
            }, cancellation);
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        await running.StepAsync("creating", cancellation);
        ProviderSnapshotId? source = target.SourceSnapshotId is { } id ? new ProviderSnapshotId(id) : null;
        var kind = running.Operation.Input is { } input ? JsonSerializer.Deserialize(input, KindOfVolumeJson.Default.KindOfVolume) : null;
        var made = await provider.CreateVolumeAsync(
            cell, new VolumeSpec(target.Size, target.AvailabilityZone, source, target.Name)
            {
                VolumeType = kind?.VolumeType,
                Iops = kind?.Iops,
                ThroughputMiBps = kind?.ThroughputMibps,
                IsEncrypted = kind?.Encrypted,
                KmsKeyId = kind?.KmsKeyId,
                Tags = [.. target.Tags.Select(tag => new ProviderTag(tag.Key, tag.Value))],
            }, running.Operation.Id, cancellation);
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

    async Task<SnapshotRow> SourceAsync(AccountId account, string id, long? sizeGib, CancellationToken cancellation)
    {
        var source = await snapshots.GetAsync(account, id, cancellation);
        if (source.State != SnapshotState.Completed)
            throw new VolumeException(ErrorCode.Conflict, $"The snapshot is {States.Text(source.State)}; a volume can be made from it once it is completed.");
        return sizeGib is { } gib && ByteSize.FromGiB(gib) < source.VolumeSize
            ? throw new VolumeException(ErrorCode.Invalid, $"size_gib is {gib}; the snapshot needs at least {source.VolumeSize.GiB}.")
            : source;
    }

    async Task<KnownCell> WhereAsync(AccountId account, CreateVolumeRequest request, SnapshotRow? source, CancellationToken cancellation)
    {
        if (source is not null)
        {
            var beside = (request.CredentialId ?? source.CredentialId, request.Region ?? source.Region);
            return beside == (source.CredentialId, source.Region)
                ? await cells.GetAsync(source.CredentialId, source.Region, cancellation)
                : throw new VolumeException(
                    ErrorCode.Invalid, $"A volume is made beside its snapshot: with credential {source.CredentialId} in region {source.Region}. Leave both out.");
        }
        if (request.CredentialId is null)
            return request.Region is null or "local"
                ? await cells.OwnAsync(account, cancellation)
                : throw new VolumeException(ErrorCode.Invalid, "region goes with a credential_id: say whose region it is.");
        var regions = (await cells.OfAccountAsync(account, cancellation)).FindAll(known => known.Cell.Credential.Value == request.CredentialId);
        if (regions.Count == 0) throw new VolumeException(ErrorCode.NotFound, "There is no such credential in this account, or nothing is known of its regions yet.");
        if (request.Region is { } region)
            return regions.Find(known => known.Cell.Region == region)
                ?? throw new VolumeException(ErrorCode.Invalid, $"This credential has no region \"{region}\". One of: {string.Join(", ", regions.Select(k => k.Cell.Region))}.");
        return regions.Count == 1
            ? regions[0]
            : throw new VolumeException(ErrorCode.Invalid, $"region is needed, one of: {string.Join(", ", regions.Select(k => k.Cell.Region))}.");
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
