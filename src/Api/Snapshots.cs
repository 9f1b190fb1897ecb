namespace Octavo.Api;

/// <summary>A snapshot, as <c>/v2</c> shows it. Times are UTC.</summary>
/// <param name="Id">Octavo's own id: 32 hexadecimal digits.</param>
/// <param name="ProviderSnapshotId">The provider's id, <c>snap-…</c>; null until the provider has taken it.</param>
/// <param name="VolumeId">Octavo's id of the volume; null when that volume is gone.</param>
/// <param name="ProviderVolumeId">The provider's id of the volume, which outlives the volume.</param>
/// <param name="State">pending, completed or error.</param>
/// <param name="StateReason">A sentence where the state is error.</param>
/// <param name="ProgressPercent">0 to 100.</param>
/// <param name="VolumeSizeBytes">The volume's size at that instant, in bytes.</param>
/// <param name="StoredBytes">What this snapshot added to the store: compressed, without what was there already.</param>
/// <param name="StartedAt">Its instant.</param>
public sealed record Snapshot(
    string Id,
    string? ProviderSnapshotId,
    string? VolumeId,
    string? ProviderVolumeId,
    string State,
    string? StateReason,
    int ProgressPercent,
    long VolumeSizeBytes,
    long? StoredBytes,
    DateTimeOffset StartedAt);

/// <summary>Body of <c>POST /v2/snapshots/ID/restore</c>.</summary>
/// <param name="Name">The new volume's name: 1 to 255 characters, no control characters.</param>
/// <param name="SizeGib">At least the snapshot's size; exactly that if left out.</param>
/// <param name="AvailabilityZone">One of the region's zones; the first if left out.</param>
public sealed record RestoreSnapshotRequest(string? Name, long? SizeGib, string? AvailabilityZone);

/// <summary>What is answered when a snapshot is on its way.</summary>
public sealed record SnapshotAccepted(Snapshot Snapshot, Operation Operation);

/// <summary>Body of <c>POST /v2/snapshots</c>: a snapshot of each volume of a selection.</summary>
/// <param name="VolumeIds">These volumes, by Octavo's ids; at most 10,000.</param>
/// <param name="Filter">Or every volume that passes this; what is left out passes all.</param>
public sealed record CreateSnapshotsRequest(IReadOnlyList<string>? VolumeIds, VolumeFilter? Filter);

/// <summary>Which volumes; every field that is given must fit.</summary>
/// <param name="Provider">local or ebs.</param>
/// <param name="CredentialId">Found or made with this credential.</param>
/// <param name="Region">In this region.</param>
/// <param name="AvailabilityZone">In this zone.</param>
/// <param name="State">available or in-use.</param>
/// <param name="Attached">On an instance, or on none.</param>
/// <param name="InstanceId">On this instance.</param>
/// <param name="NameContains">With this in the name, capitals or not.</param>
/// <param name="Tags">With every one of these tags.</param>
public sealed record VolumeFilter(
    string? Provider = null, string? CredentialId = null, string? Region = null, string? AvailabilityZone = null, string? State = null,
    bool? Attached = null, string? InstanceId = null, string? NameContains = null, IReadOnlyDictionary<string, string>? Tags = null);
