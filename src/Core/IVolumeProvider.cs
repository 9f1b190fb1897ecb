namespace Octavo.Core;

/// <summary>
/// What a back end must do for Octavo. The contract suite (tests: <c>VolumeProviderContract</c>) pins every sentence here.
/// <list type="bullet">
/// <item>Every mutation names the operation that wants it and may be repeated with the same id any number of times: a
/// create repeated is one thing; the same id with another size or source is <see cref="ErrorCode.Conflict"/>; a delete of
/// what is gone succeeds.</item>
/// <item>A get of what never was is <see cref="ErrorCode.NotFound"/>; what the back end cannot do at all is
/// <see cref="ErrorCode.Unsupported"/>; a page token that makes no sense is <see cref="ErrorCode.Invalid"/>.</item>
/// <item>Foreign exceptions become <see cref="VolumeException"/> where they are caught; nothing else comes out but
/// <see cref="OperationCanceledException"/>. A cancelled call leaves nothing half-made that a repeat would not finish.</item>
/// <item>Calls that make something return as soon as it exists and is durable, in state <c>creating</c> or
/// <c>pending</c> while its bytes are still on the way; the caller polls.</item>
/// </list>
/// </summary>
public interface IVolumeProvider
{
    /// <summary>The word for this provider in the database and on the wire: <c>local</c>.</summary>
    string Kind { get; }

    /// <summary>What it can do beyond the minimum.</summary>
    ProviderCapabilities Capabilities { get; }

    /// <summary>The regions that a credential of this provider reaches, with their zones.</summary>
    IReadOnlyList<ProviderRegion> Regions { get; }

    /// <summary>The room in a cell, for checks that must not wait for an operation.</summary>
    Task<CellCapacity> GetCapacityAsync(Cell cell, CancellationToken cancellation);

    /// <summary>One page of the cell's volumes, in a fixed order; every volume once over all pages.</summary>
    Task<ProviderPage<ProviderVolume>> ListVolumesAsync(Cell cell, PageRequest page, CancellationToken cancellation);

    /// <summary>One volume.</summary>
    Task<ProviderVolume> GetVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation);

    /// <summary>The volume that an operation made, or null: how an outcome that is not known is looked up.</summary>
    Task<ProviderVolume?> FindVolumeAsync(Cell cell, OperationId operation, CancellationToken cancellation);

    /// <summary>Makes a volume, empty or from a snapshot.</summary>
    Task<ProviderVolume> CreateVolumeAsync(Cell cell, VolumeSpec spec, OperationId operation, CancellationToken cancellation);

    /// <summary>
    /// Makes a volume from a raw disk image and returns when all of it is durable. Needs <see cref="ProviderCapabilities.CanImport"/>.
    /// An image that ends early or changes meanwhile is <see cref="ErrorCode.Invalid"/> and leaves nothing.
    /// </summary>
    Task<ProviderVolume> ImportVolumeAsync(
        Cell cell, ImageSource source, OperationId operation, IProgress<double> progress, CancellationToken cancellation);

    /// <summary>
    /// Deletes a volume; its snapshots stay where <see cref="ProviderCapabilities.SnapshotsOutliveVolume"/> says so.
    /// A volume in use is <see cref="ErrorCode.Conflict"/> and stays as it was.
    /// </summary>
    Task DeleteVolumeAsync(Cell cell, ProviderVolumeId id, OperationId operation, CancellationToken cancellation);

    /// <summary>
    /// The bytes of a volume, whole, from the first to the last; the stream's length is the volume's size. Needs
    /// <see cref="ProviderCapabilities.CanExport"/>. Throws in mid-read where the volume changed under it.
    /// </summary>
    Task<Stream> ExportVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation);

    /// <summary>One page of the cell's snapshots, in a fixed order; every snapshot once over all pages.</summary>
    Task<ProviderPage<ProviderSnapshot>> ListSnapshotsAsync(Cell cell, PageRequest page, CancellationToken cancellation);

    /// <summary>One snapshot.</summary>
    Task<ProviderSnapshot> GetSnapshotAsync(Cell cell, ProviderSnapshotId id, CancellationToken cancellation);

    /// <summary>Fixes the instant and returns; the copy goes on in the background.</summary>
    Task<ProviderSnapshot> CreateSnapshotAsync(
        Cell cell, ProviderVolumeId volume, OperationId operation, CancellationToken cancellation);

    /// <summary>Deletes a snapshot, and frees exactly what only it used.</summary>
    Task DeleteSnapshotAsync(Cell cell, ProviderSnapshotId id, OperationId operation, CancellationToken cancellation);

    /// <summary>The bytes of a completed snapshot, as for <see cref="ExportVolumeAsync"/>.</summary>
    Task<Stream> ExportSnapshotAsync(Cell cell, ProviderSnapshotId id, CancellationToken cancellation);

    /// <summary>
    /// Compares the back end's own records with what it stores and names every inconsistency; repairs what is safe if asked.
    /// Needs <see cref="ProviderCapabilities.CanCheck"/>.
    /// </summary>
    Task<IReadOnlyList<ProviderFinding>> CheckAsync(
        Cell cell, bool repair, IProgress<double> progress, CancellationToken cancellation);
}

/// <summary>Where to look: one credential in one region. The unit of observation and of failure.</summary>
/// <param name="Credential">The credential.</param>
/// <param name="Account">The account that owns the credential.</param>
/// <param name="AccountName">Its name; the local provider's pool folder is named so.</param>
/// <param name="Region">The region, in the provider's spelling.</param>
public sealed record Cell(CredentialId Credential, AccountId Account, string AccountName, string Region);

/// <summary>A region and its availability zones, the default zone first.</summary>
public sealed record ProviderRegion(string Name, IReadOnlyList<string> Zones);

/// <summary>What a provider can do beyond create, delete, snapshot and list.</summary>
/// <param name="CanImport">Takes raw disk images.</param>
/// <param name="CanExport">Gives the bytes of volumes and snapshots.</param>
/// <param name="CanCheck">Can check its own store.</param>
/// <param name="SnapshotsOutliveVolume">A snapshot stays when its volume is deleted.</param>
public sealed record ProviderCapabilities(bool CanImport, bool CanExport, bool CanCheck, bool SnapshotsOutliveVolume);

/// <summary>The room in a cell.</summary>
/// <param name="LargestVolume">No volume larger than this can be made.</param>
/// <param name="Free">What is free now.</param>
public sealed record CellCapacity(ByteSize LargestVolume, ByteSize Free);

/// <summary>What a new volume should be.</summary>
/// <param name="Size">Its size; with a snapshot, at least the snapshot's, or null for exactly that.</param>
/// <param name="AvailabilityZone">One of the region's zones.</param>
/// <param name="Snapshot">The snapshot to fill it from, or null for zeros.</param>
public sealed record VolumeSpec(ByteSize? Size, string AvailabilityZone, ProviderSnapshotId? Snapshot);

/// <summary>Where an imported image's bytes come from.</summary>
public abstract record ImageSource
{
    private ImageSource() { }

    /// <summary>A file on the provider's own machine; read once, never changed.</summary>
    public sealed record File(string Path) : ImageSource;

    /// <summary>A stream of exactly so many bytes, read to its end.</summary>
    public sealed record Upload(Stream Content, long Length) : ImageSource;
}

/// <summary>A volume as observed.</summary>
/// <param name="Id">The provider's id.</param>
/// <param name="CreatedBy">The operation that made it, where the provider knows; null for what was found.</param>
/// <param name="State">Its state.</param>
/// <param name="StateReason">A sentence where the state is <see cref="VolumeState.Error"/>.</param>
/// <param name="Progress">0 to 1 while its bytes are on the way.</param>
/// <param name="Size">Its size.</param>
/// <param name="AvailabilityZone">Its zone.</param>
/// <param name="Snapshot">The snapshot it was made from.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Attachment">Where it hangs, or null.</param>
public sealed record ProviderVolume(
    ProviderVolumeId Id,
    OperationId? CreatedBy,
    VolumeState State,
    string? StateReason,
    double Progress,
    ByteSize Size,
    string AvailabilityZone,
    ProviderSnapshotId? Snapshot,
    DateTimeOffset CreatedAt,
    ProviderAttachment? Attachment);

/// <summary>An attachment as observed.</summary>
/// <param name="State">EC2's word: attaching, attached, detaching, detached or busy.</param>
/// <param name="InstanceId">The provider's instance, <c>i-…</c>, where there is such a thing.</param>
/// <param name="Device">The device on that instance, where known.</param>
/// <param name="AttachedAt">Since when, where known.</param>
public sealed record ProviderAttachment(string State, string? InstanceId, string? Device, DateTimeOffset? AttachedAt);

/// <summary>A snapshot as observed.</summary>
/// <param name="Id">The provider's id.</param>
/// <param name="CreatedBy">The operation that made it, where the provider knows.</param>
/// <param name="Volume">The volume it was taken of; that volume may be gone.</param>
/// <param name="State">Its state.</param>
/// <param name="StateReason">A sentence where the state is <see cref="SnapshotState.Error"/>.</param>
/// <param name="Progress">0 to 1.</param>
/// <param name="VolumeSize">The size of the volume at that instant.</param>
/// <param name="StoredBytes">What this snapshot added to the store (compressed, without what was there already), where known.</param>
/// <param name="StartedAt">Its instant.</param>
public sealed record ProviderSnapshot(
    ProviderSnapshotId Id,
    OperationId? CreatedBy,
    ProviderVolumeId Volume,
    SnapshotState State,
    string? StateReason,
    double Progress,
    ByteSize VolumeSize,
    long? StoredBytes,
    DateTimeOffset StartedAt);

/// <summary>One inconsistency that a check found.</summary>
/// <param name="Kind">A fixed word for programs: <c>orphan-record</c>.</param>
/// <param name="Subject">What it concerns: a volume, a snapshot or a part of the store.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="IsRepaired">Whether it was put right.</param>
public sealed record ProviderFinding(string Kind, string Subject, string Message, bool IsRepaired);

/// <summary>Which page to give.</summary>
/// <param name="Limit">At most so many items; 1 to 1,000.</param>
/// <param name="Token">The previous page's <see cref="ProviderPage{T}.NextToken"/>, or null for the first.</param>
public sealed record PageRequest(int Limit, string? Token);

/// <summary>A page.</summary>
/// <param name="Items">At most the limit.</param>
/// <param name="NextToken">Null on the last page.</param>
public sealed record ProviderPage<T>(IReadOnlyList<T> Items, string? NextToken);
