using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>The volumes of AWS accounts, and of clouds that speak EC2's protocol. Each job is a class of its own; this one is the port.</summary>
sealed class EbsProvider(
    EbsProbe probe, EbsZones zones, EbsRetentionRules rules, EbsVolumes volumes, EbsTags tags, EbsDeletions deletions,
    EbsSnapshots snapshots, EbsInstanceSnapshots sets)
    : IVolumeProvider
{
    public string Kind => "ebs";

    public string FoundName => "Synced from AWS";

    /// <remarks>Polls of one region go out together, two hundred ids to a request; snapshots take minutes to hours.</remarks>
    public ProviderCapabilities Capabilities { get; } =
        new(CanImport: false, CanExport: false, CanCheck: false, SnapshotsOutliveVolume: true, IsTheOnlyOwner: false,
            OneInstant: OneInstant.Instance, KeepsTags: true, CanUndelete: true, CanAttach: false, CanGrow: false, ShortestPoll: TimeSpan.FromMilliseconds(250),
            LongestPoll: TimeSpan.FromSeconds(15));

    public Task<CredentialReport> ProbeAsync(ProviderAccess access, CancellationToken cancellation) => probe.RunAsync(access, cancellation);

    /// <remarks>Nothing bounds what is free but quotas, which only a refusal tells.</remarks>
    public async Task<CellFacts> GetCellAsync(Cell cell, CancellationToken cancellation)
    {
        // Beside the zones, not behind them: a pass waits for both.
        var retention = rules.OfAsync(cell, cancellation);
        return new(EbsVolumes.Largest, EbsVolumes.Largest, await zones.OfAsync(cell, cancellation)) { RetentionRules = await retention };
    }

    public Task<ProviderPage<ProviderVolume>> ListVolumesAsync(Cell cell, PageRequest page, CancellationToken cancellation) =>
        volumes.ListAsync(cell, page, cancellation);

    public Task<ProviderVolume> GetVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        volumes.GetAsync(cell, id, cancellation);

    public Task<string> GetRawVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        volumes.GetRawAsync(cell, id, cancellation);

    public Task<IReadOnlyList<ProviderVolume>> FindVolumesAsync(
        Cell cell, IReadOnlyList<ProviderVolumeId> ids, CancellationToken cancellation) => volumes.FindAsync(cell, ids, cancellation);

    public Task<ProviderVolume?> FindVolumeAsync(Cell cell, OperationId operation, CancellationToken cancellation) =>
        volumes.FindAsync(cell, operation, cancellation);

    public Task<ProviderVolume> CreateVolumeAsync(Cell cell, VolumeSpec spec, OperationId operation, CancellationToken cancellation) =>
        volumes.CreateAsync(cell, spec, operation, cancellation);

    public Task<ProviderVolume> ImportVolumeAsync(
        Cell cell, ImageSource source, OperationId operation, IProgress<double> progress, CancellationToken cancellation) =>
        throw new VolumeException(ErrorCode.Unsupported, "Images cannot be imported into EBS here. Use AWS's VM Import, or a volume made from a snapshot.");

    public Task<ProviderVolume> UpdateVolumeAsync(
        Cell cell, ProviderVolumeId id, VolumeUpdate update, OperationId operation, CancellationToken cancellation) =>
        tags.UpdateAsync(cell, id, update, cancellation);

    public Task<ProviderVolume> GrowVolumeAsync(
        Cell cell, ProviderVolumeId id, ByteSize size, OperationId operation, CancellationToken cancellation) =>
        throw new VolumeException(ErrorCode.Unsupported, "EBS volumes are grown by EC2: use its console or aws ec2 modify-volume.");

    public Task<bool> DeleteVolumeAsync(Cell cell, ProviderVolumeId id, OperationId operation, CancellationToken cancellation) =>
        deletions.DeleteAsync(cell, id, cancellation);

    public Task<DateTimeOffset?> DeletedUntilAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        deletions.DeletedUntilAsync(cell, id, cancellation);

    public Task<ProviderVolume> UndeleteVolumeAsync(
        Cell cell, ProviderVolumeId id, OperationId operation, CancellationToken cancellation) =>
        deletions.UndeleteAsync(cell, id, cancellation);

    public Task<ClientAttachment> AttachAsync(Cell cell, AttachSpec spec, OperationId operation, CancellationToken cancellation) => throw NoAttach();

    public Task<bool> DetachAsync(Cell cell, string id, bool force, OperationId operation, CancellationToken cancellation) => throw NoAttach();

    public Task<IReadOnlyList<ClientAttachment>> ListAttachmentsAsync(Cell cell, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<ClientAttachment>>([]);

    public Task<Stream> ExportVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) => throw NoExport();

    public Task<ProviderPage<ProviderSnapshot>> ListSnapshotsAsync(Cell cell, PageRequest page, CancellationToken cancellation) =>
        snapshots.ListAsync(cell, page, cancellation);

    public Task<ProviderSnapshot> GetSnapshotAsync(Cell cell, ProviderSnapshotId id, CancellationToken cancellation) =>
        snapshots.GetAsync(cell, id, cancellation);

    public Task<IReadOnlyList<ProviderSnapshot>> FindSnapshotsAsync(
        Cell cell, IReadOnlyList<ProviderSnapshotId> ids, CancellationToken cancellation) => snapshots.FindAsync(cell, ids, cancellation);

    public Task<ProviderSnapshot> CreateSnapshotAsync(
        Cell cell, ProviderVolumeId volume, OperationId operation, bool mayBeTaken, CancellationToken cancellation) =>
        snapshots.CreateAsync(cell, volume, operation, mayBeTaken, cancellation);

    public Task<IReadOnlyList<ProviderSnapshot>> CreateSnapshotsAsync(
        Cell cell, string? instance, IReadOnlyList<ProviderVolumeId> volumes, OperationId operation, bool mayBeTaken,
        CancellationToken cancellation) =>
        sets.CreateAsync(
            cell, instance ?? throw new VolumeException(ErrorCode.Unsupported, "EC2 takes snapshots at one instant of one instance's volumes only."), volumes, operation, mayBeTaken, cancellation);

    public Task DeleteSnapshotAsync(Cell cell, ProviderSnapshotId id, OperationId operation, CancellationToken cancellation) =>
        snapshots.DeleteAsync(cell, id, cancellation);

    public Task<Stream> ExportSnapshotAsync(Cell cell, ProviderSnapshotId id, CancellationToken cancellation) => throw NoExport();

    public Task<IReadOnlyList<ProviderFinding>> CheckAsync(
        Cell cell, bool repair, IProgress<double> progress, CancellationToken cancellation) =>
        throw new VolumeException(ErrorCode.Unsupported, "There is nothing to check here: what EBS stores, AWS checks itself.");

    static VolumeException NoAttach() =>
        new(ErrorCode.Unsupported, "EBS volumes are attached to instances, by EC2: use its console or aws ec2 attach-volume.");

    static VolumeException NoExport() =>
        new(ErrorCode.Unsupported, "The bytes of EBS volumes and snapshots cannot be exported here. Attach the volume to an instance to read it.");
}
