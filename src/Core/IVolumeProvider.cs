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
    /// <summary>The word for this provider in the database and on the wire: <c>local</c>, <c>ebs</c>.</summary>
    string Kind { get; }

    /// <summary>The name of a volume that was found and has none of its own: <c>Synced from AWS</c>.</summary>
    string FoundName { get; }

    /// <summary>What it can do beyond the minimum.</summary>
    ProviderCapabilities Capabilities { get; }

    /// <summary>Asks the provider what a credential opens; when it is added, and again from time to time.</summary>
    /// <exception cref="VolumeException">Conflict: refused, with what the provider said. Unavailable: it cannot be reached.</exception>
    Task<CredentialReport> ProbeAsync(ProviderAccess access, CancellationToken cancellation);

    /// <summary>What holds for a cell as a whole.</summary>
    Task<CellFacts> GetCellAsync(Cell cell, CancellationToken cancellation);

    /// <summary>
    /// One page of the cell's volumes, or of one zone's. Every volume that is there from the first page to the last comes at least once;
    /// a page may be short or empty and still have a successor.
    /// </summary>
    Task<ProviderPage<ProviderVolume>> ListVolumesAsync(Cell cell, PageRequest page, CancellationToken cancellation);

    /// <summary>One volume.</summary>
    Task<ProviderVolume> GetVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation);

    /// <summary>All that the back end itself tells of a volume, in its own words and under its own names: the text of one JSON object.</summary>
    Task<string> GetRawVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation);

    /// <summary>Those of these volumes that are there, in any order: proof of what is gone.</summary>
    Task<IReadOnlyList<ProviderVolume>> FindVolumesAsync(
        Cell cell, IReadOnlyList<ProviderVolumeId> ids, CancellationToken cancellation);

    /// <summary>The volume that an operation made, or null: how an outcome that is not known is looked up.</summary>
    Task<ProviderVolume?> FindVolumeAsync(Cell cell, OperationId operation, CancellationToken cancellation);

    /// <summary>
    /// Makes a volume, empty or from a snapshot. A type, a speed or an encryption that the back end does not know at all is
    /// <see cref="ErrorCode.Unsupported"/>, one that it refuses <see cref="ErrorCode.Invalid"/>; nothing is made then.
    /// </summary>
    Task<ProviderVolume> CreateVolumeAsync(Cell cell, VolumeSpec spec, OperationId operation, CancellationToken cancellation);

    /// <summary>
    /// Makes a volume from a raw disk image and returns when all of it is durable. Needs <see cref="ProviderCapabilities.CanImport"/>.
    /// An image that ends early or changes meanwhile is <see cref="ErrorCode.Invalid"/> and leaves nothing.
    /// </summary>
    Task<ProviderVolume> ImportVolumeAsync(
        Cell cell, ImageSource source, OperationId operation, IProgress<double> progress, CancellationToken cancellation);

    /// <summary>
    /// Gives a volume another name and other tags. Needs <see cref="ProviderCapabilities.KeepsTags"/>. A tag that is set already, or gone
    /// already, is no failure; tags that the back end keeps for itself or for Octavo are <see cref="ErrorCode.Invalid"/>; a volume that is gone is
    /// <see cref="ErrorCode.NotFound"/>.
    /// </summary>
    /// <returns>The volume as it is from now on.</returns>
    Task<ProviderVolume> UpdateVolumeAsync(
        Cell cell, ProviderVolumeId id, VolumeUpdate update, OperationId operation, CancellationToken cancellation);

    /// <summary>
    /// Makes a volume larger, also one in use by a client that is attached; what is added reads as zeros, and it is durable when the call returns. Needs
    /// <see cref="ProviderCapabilities.CanGrow"/>. One that has the size is no failure, one that is larger is <see cref="ErrorCode.Invalid"/>.
    /// </summary>
    /// <returns>The volume as it is from now on.</returns>
    Task<ProviderVolume> GrowVolumeAsync(Cell cell, ProviderVolumeId id, ByteSize size, OperationId operation, CancellationToken cancellation);

    /// <summary>
    /// Deletes a volume; its snapshots stay where <see cref="ProviderCapabilities.SnapshotsOutliveVolume"/> says so.
    /// A volume in use is <see cref="ErrorCode.Conflict"/> and stays as it was.
    /// </summary>
    /// <returns>True: it is gone. False: the provider is at it; repeat the call to see whether it has ended.</returns>
    Task<bool> DeleteVolumeAsync(Cell cell, ProviderVolumeId id, OperationId operation, CancellationToken cancellation);

    /// <summary>
    /// Until when a volume that was deleted can still be brought back; null where it cannot, and where the credential may not see it. Right after a
    /// deletion the back end's news of it may be late.
    /// </summary>
    Task<DateTimeOffset?> DeletedUntilAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation);

    /// <summary>
    /// Brings a deleted volume back, with its id, its bytes and its tags. Needs <see cref="ProviderCapabilities.CanUndelete"/>. One that is back
    /// already is no failure; one that is not kept any more is <see cref="ErrorCode.NotFound"/>.
    /// </summary>
    /// <returns>The volume as it is now.</returns>
    Task<ProviderVolume> UndeleteVolumeAsync(Cell cell, ProviderVolumeId id, OperationId operation, CancellationToken cancellation);

    /// <summary>
    /// Lets a client use a volume, or read a completed snapshot, as a block device until it is detached, also while the service was started anew. Needs
    /// <see cref="ProviderCapabilities.CanAttach"/>. A volume has one client that writes and no other beside it, unless all of them are attached for
    /// several: else <see cref="ErrorCode.Conflict"/>, which names the present one. What is attached cannot be deleted.
    /// </summary>
    Task<ClientAttachment> AttachAsync(Cell cell, AttachSpec spec, OperationId operation, CancellationToken cancellation);

    /// <summary>
    /// Ends an attachment, once its connections have answered what they have begun and all is flushed. Needs <see cref="ProviderCapabilities.CanAttach"/>.
    /// One that is gone is no failure. A cancelled call leaves it attached.
    /// </summary>
    /// <param name="force">Waits only seconds for connections to end.</param>
    /// <returns>False where what the client had not flushed may be lost.</returns>
    Task<bool> DetachAsync(Cell cell, string id, bool force, OperationId operation, CancellationToken cancellation);

    /// <summary>All attachments of the cell. None where <see cref="ProviderCapabilities.CanAttach"/> is not promised.</summary>
    Task<IReadOnlyList<ClientAttachment>> ListAttachmentsAsync(Cell cell, CancellationToken cancellation);

    /// <summary>
    /// The bytes of a volume, whole, from the first to the last; the stream's length is the volume's size. Needs
    /// <see cref="ProviderCapabilities.CanExport"/>. Throws in mid-read where the volume changed under it.
    /// </summary>
    Task<Stream> ExportVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation);

    /// <summary>One page of the cell's own snapshots, as for volumes.</summary>
    Task<ProviderPage<ProviderSnapshot>> ListSnapshotsAsync(Cell cell, PageRequest page, CancellationToken cancellation);

    /// <summary>One snapshot.</summary>
    Task<ProviderSnapshot> GetSnapshotAsync(Cell cell, ProviderSnapshotId id, CancellationToken cancellation);

    /// <summary>Those of these snapshots that are there, in any order: proof of what is gone.</summary>
    Task<IReadOnlyList<ProviderSnapshot>> FindSnapshotsAsync(
        Cell cell, IReadOnlyList<ProviderSnapshotId> ids, CancellationToken cancellation);

    /// <summary>Fixes the instant and returns; the copy goes on in the background.</summary>
    /// <param name="mayBeTaken">
    /// Whether an earlier call of this operation has an outcome that nobody knows: then it is looked for before another one is taken.
    /// A caller that cannot be sure says true.
    /// </param>
    Task<ProviderSnapshot> CreateSnapshotAsync(
        Cell cell, ProviderVolumeId volume, OperationId operation, bool mayBeTaken, CancellationToken cancellation);

    /// <summary>
    /// Fixes one instant for several volumes and returns; the copies go on in the background. Needs <see cref="ProviderCapabilities.OneInstant"/>. All or
    /// nothing: an operation has one such set, found again however often it asks.
    /// </summary>
    /// <param name="instance">The instance whose volumes they are, where it can take those of an instance only; null where it can take any of the cell.</param>
    /// <param name="volumes">
    /// Of an instance, all that it is known to have: one that was attached since comes into the set all the same, and is not returned.
    /// </param>
    /// <param name="mayBeTaken">As for <see cref="CreateSnapshotAsync"/>.</param>
    /// <returns>
    /// One snapshot of each volume. A volume that is missing was not on the instance any more, or not there, and this operation will never have a snapshot of it.
    /// </returns>
    Task<IReadOnlyList<ProviderSnapshot>> CreateSnapshotsAsync(
        Cell cell, string? instance, IReadOnlyList<ProviderVolumeId> volumes, OperationId operation, bool mayBeTaken,
        CancellationToken cancellation);

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
