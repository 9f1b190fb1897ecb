namespace Octavo.Api;

/// <summary>A volume, as <c>/v2</c> shows it. Times are UTC.</summary>
/// <param name="Id">Octavo's own id: 32 hexadecimal digits.</param>
/// <param name="Name">Its name; <c>Synced from local</c> for one that was found in the pool folder.</param>
/// <param name="Provider">The provider that keeps it: <c>local</c>.</param>
/// <param name="ProviderVolumeId">The provider's id, <c>vol-…</c>; null until the provider has made it.</param>
/// <param name="CredentialId">The credential it was made or found with.</param>
/// <param name="Region">The region.</param>
/// <param name="AvailabilityZone">The zone.</param>
/// <param name="State">creating, available, in-use or error.</param>
/// <param name="StateReason">A sentence where the state is error.</param>
/// <param name="SizeBytes">Its exact size in bytes.</param>
/// <param name="SizeGib">Its size in GiB, rounded up.</param>
/// <param name="SnapshotId">The provider's id of the snapshot it was made from.</param>
/// <param name="Attachment">Where it hangs; null when nowhere.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When this entry last changed.</param>
public sealed record Volume(
    string Id,
    string Name,
    string Provider,
    string? ProviderVolumeId,
    string CredentialId,
    string Region,
    string AvailabilityZone,
    string State,
    string? StateReason,
    long SizeBytes,
    long SizeGib,
    string? SnapshotId,
    Attachment? Attachment,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>Where a volume hangs.</summary>
/// <param name="State">attaching, attached, detaching, detached or busy.</param>
/// <param name="InstanceId">The provider's instance, where there is such a thing.</param>
/// <param name="Device">The device on it, where known.</param>
/// <param name="AttachedAt">Since when, where known.</param>
public sealed record Attachment(string State, string? InstanceId, string? Device, DateTimeOffset? AttachedAt);

/// <summary>Body of <c>POST /v2/volumes</c>.</summary>
/// <param name="Name">1 to 255 characters, no control characters.</param>
/// <param name="SizeGib">1 to 65,536 and no more than the disk; may be left out with a snapshot.</param>
/// <param name="AvailabilityZone">One of the region's zones; the first if left out.</param>
/// <param name="SnapshotId">The snapshot to make it from: Octavo's id or the provider's <c>snap-…</c>.</param>
public sealed record CreateVolumeRequest(string? Name, long? SizeGib, string? AvailabilityZone, string? SnapshotId);

/// <summary>JSON body of <c>POST /v2/volumes/import</c>: an image on the server's own machine (the operator only).</summary>
/// <param name="Name">1 to 255 characters, no control characters.</param>
/// <param name="Path">An absolute path on the server's machine.</param>
public sealed record ImportVolumeRequest(string? Name, string? Path);

/// <summary>What is answered when a volume is on its way.</summary>
public sealed record VolumeAccepted(Volume Volume, Operation Operation);
