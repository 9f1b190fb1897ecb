namespace Octavo.Api;

/// <summary>A snapshot, as <c>/v2</c> shows it. Times are UTC.</summary>
/// <param name="Id">Octavo's own id: 32 hexadecimal digits.</param>
/// <param name="Provider">The provider that keeps it: <c>local</c> or <c>ebs</c>.</param>
/// <param name="ProviderSnapshotId">The provider's id, <c>snap-…</c>; null until the provider has taken it.</param>
/// <param name="CredentialId">The credential it was taken or found with.</param>
/// <param name="Region">The region.</param>
/// <param name="VolumeId">Octavo's id of the volume; null when that volume is gone.</param>
/// <param name="VolumeName">The volume's name; null when it is gone.</param>
/// <param name="ProviderVolumeId">The provider's id of the volume, which outlives the volume.</param>
/// <param name="State">pending, completed or error.</param>
/// <param name="StateReason">A sentence where the state is error, and where some of the stored blocks of a completed one cannot be read.</param>
/// <param name="ProgressPercent">0 to 100.</param>
/// <param name="VolumeSizeBytes">The volume's size at that instant, in bytes.</param>
/// <param name="StoredBytes">What this snapshot added to the store: compressed, without what was there already.</param>
/// <param name="Description">What it was taken for, where the provider keeps that.</param>
/// <param name="IsEncrypted">Whether its bytes are encrypted at rest; null where the provider does not say.</param>
/// <param name="StorageTier">The provider's word for where it lies: standard or archive; null where there are no tiers.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="StartedAt">Its instant.</param>
/// <param name="UpdatedAt">When this entry last changed.</param>
public sealed record Snapshot(
    string Id,
    string Provider,
    string? ProviderSnapshotId,
    string CredentialId,
    string Region,
    string? VolumeId,
    string? VolumeName,
    string ProviderVolumeId,
    string State,
    string? StateReason,
    int ProgressPercent,
    long VolumeSizeBytes,
    long? StoredBytes,
    string? Description,
    bool? IsEncrypted,
    string? StorageTier,
    IReadOnlyDictionary<string, string> Tags,
    DateTimeOffset StartedAt,
    DateTimeOffset UpdatedAt);

/// <summary>Body of <c>POST /v2/snapshots/ID/restore</c>.</summary>
/// <param name="Name">The new volume's name: 1 to 255 characters, no control characters.</param>
/// <param name="SizeGib">At least the snapshot's size; exactly that if left out.</param>
/// <param name="AvailabilityZone">One of the region's zones; the first if left out.</param>
public sealed record RestoreSnapshotRequest(string? Name, long? SizeGib, string? AvailabilityZone);

/// <summary>What is answered when a snapshot is on its way.</summary>
/// <param name="Snapshot">As it is now.</param>
/// <param name="Operation">What takes it.</param>
public sealed record SnapshotAccepted(Snapshot Snapshot, Operation Operation);

/// <summary>Body of <c>POST /v2/snapshots</c>: a snapshot of each volume of a selection.</summary>
/// <param name="VolumeIds">These volumes, by Octavo's ids; at most 10,000.</param>
/// <param name="Filter">Or every volume that passes this; what is left out passes all. Only those that are available or in-use are taken.</param>
/// <param name="DryRun">Only tell what would be done.</param>
public sealed record CreateSnapshotsRequest(IReadOnlyList<string>? VolumeIds, VolumeFilter? Filter, bool DryRun = false);
