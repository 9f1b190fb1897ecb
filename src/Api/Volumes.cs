namespace Octavo.Api;

/// <summary>A volume, as <c>/v2</c> shows it. Times are UTC.</summary>
/// <param name="Id">Octavo's own id: 32 hexadecimal digits.</param>
/// <param name="Name">
/// Its name; <c>Synced from local</c> for one that was found in the pool folder, <c>Synced from AWS</c> for one found there without a Name tag.
/// </param>
/// <param name="Provider">The provider that keeps it: <c>local</c> or <c>ebs</c>.</param>
/// <param name="ProviderVolumeId">The provider's id, <c>vol-…</c>; null until the provider has made it.</param>
/// <param name="CredentialId">The credential it was made or found with.</param>
/// <param name="Region">The region.</param>
/// <param name="AvailabilityZone">The zone.</param>
/// <param name="State">creating, available, in-use or error; deleting or deleted for one that is gone, which no list shows unless asked.</param>
/// <param name="StateReason">A sentence where the state is error.</param>
/// <param name="SizeBytes">Its exact size in bytes.</param>
/// <param name="SizeGib">Its size in GiB, rounded up.</param>
/// <param name="UsedBytes">What it takes on the provider's store now, in bytes; null where the provider does not say.</param>
/// <param name="SnapshotId">The provider's id of the snapshot it was made from.</param>
/// <param name="Attachment">Where it hangs, the oldest; null when nowhere.</param>
/// <param name="Attachments">Every attachment, the oldest first; several only where <paramref name="IsMultiAttach"/>.</param>
/// <param name="UnattachedSince">Since when it hangs nowhere: when it came off, or was first seen so. Null while it hangs somewhere.</param>
/// <param name="MountPoint">Where people mount it, as they said; nothing acts on it.</param>
/// <param name="VolumeType">The provider's word for its kind, as it came; null where there are no kinds.</param>
/// <param name="Iops">Provisioned input and output operations per second, where there is such a thing.</param>
/// <param name="ThroughputMibps">Provisioned throughput in MiB/s, where there is such a thing.</param>
/// <param name="IsEncrypted">Whether its bytes are encrypted at rest; null where the provider does not say.</param>
/// <param name="KmsKeyId">The key that encrypts it.</param>
/// <param name="IsMultiAttach">Whether it may hang on several instances.</param>
/// <param name="ManagedBy">The service that manages it and alone may detach it; null for the account's own.</param>
/// <param name="IsProtected">Whether deleting it is refused until the protection is lifted.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="SnapshotCount">Completed snapshots of it that are listed.</param>
/// <param name="LastSnapshotAt">The instant of the newest of them; null where there is none.</param>
/// <param name="Stale">Why this entry may be old; null while its cell is fresh.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When this entry last changed.</param>
/// <param name="DeletedAt">When its deletion was accepted; null while it is listed.</param>
/// <param name="RestorableUntil">A deleted one can be brought back so long, and takes its space until then; null where it cannot.</param>
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
    long? UsedBytes,
    string? SnapshotId,
    Attachment? Attachment,
    IReadOnlyList<Attachment> Attachments,
    DateTimeOffset? UnattachedSince,
    string? MountPoint,
    string? VolumeType,
    int? Iops,
    int? ThroughputMibps,
    bool? IsEncrypted,
    string? KmsKeyId,
    bool IsMultiAttach,
    string? ManagedBy,
    bool IsProtected,
    IReadOnlyDictionary<string, string> Tags,
    int SnapshotCount,
    DateTimeOffset? LastSnapshotAt,
    Stale? Stale,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? DeletedAt,
    DateTimeOffset? RestorableUntil);

/// <summary>Why an entry may be old: the passes over its cell fail.</summary>
/// <param name="Code">The provider's own code; null where it gave none.</param>
/// <param name="Message">A sentence.</param>
/// <param name="Since">When they began to fail.</param>
public sealed record Stale(string? Code, string Message, DateTimeOffset Since);

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
/// <param name="CredentialId">Where to make it; the account's own pool if left out, or where the snapshot is.</param>
/// <param name="Region">With a credential: which of its regions; may be left out where it has one only.</param>
/// <param name="VolumeType">The provider's word for its kind; EBS makes gp3 if left out. Local volumes have no kinds.</param>
/// <param name="Iops">Input and output operations per second, where the type takes them.</param>
/// <param name="ThroughputMibps">Throughput in MiB/s, where the type takes it.</param>
/// <param name="Encrypted">Whether its bytes are encrypted at rest; the provider's default if left out.</param>
/// <param name="KmsKeyId">The key to encrypt it with; implies encryption.</param>
/// <param name="MountPoint">Where people mount it: an absolute path; nothing acts on it.</param>
/// <param name="Protected">Whether deleting it is refused until the protection is lifted.</param>
/// <param name="Tags">Up to 50, keys of 1 to 127 characters, values of up to 255.</param>
public sealed record CreateVolumeRequest(
    string? Name, long? SizeGib = null, string? AvailabilityZone = null, string? SnapshotId = null, string? CredentialId = null,
    string? Region = null, string? VolumeType = null, int? Iops = null, int? ThroughputMibps = null, bool? Encrypted = null,
    string? KmsKeyId = null, string? MountPoint = null, bool Protected = false, IReadOnlyDictionary<string, string>? Tags = null);

/// <summary>Body of <c>PATCH /v2/volumes/ID</c>: what is left out stays.</summary>
/// <param name="Name">1 to 255 characters, no control characters. At AWS it is the tag <c>Name</c>.</param>
/// <param name="MountPoint">Where people mount it: an absolute path, or an empty text for none.</param>
/// <param name="Protected">Whether deleting it is refused until the protection is lifted. Only admins lift it.</param>
/// <param name="Tags">Tags to set; one with null is taken away; those that are not named stay.</param>
public sealed record UpdateVolumeRequest(
    string? Name = null, string? MountPoint = null, bool? Protected = null, IReadOnlyDictionary<string, string?>? Tags = null);

/// <summary>Body of <c>POST /v2/volumes/ID/grow</c>.</summary>
/// <param name="SizeGib">The new size: more than the present one, and no more than the disk.</param>
public sealed record GrowVolumeRequest(long? SizeGib);

/// <summary>A volume after a change.</summary>
/// <param name="Volume">As it is now.</param>
/// <param name="Operation">What changes it at the provider, too; null where there is nothing to change there.</param>
public sealed record VolumeUpdated(Volume Volume, Operation? Operation);

/// <summary>JSON body of <c>POST /v2/volumes/import</c>: an image on the server's own machine (the operator only).</summary>
/// <param name="Name">1 to 255 characters, no control characters.</param>
/// <param name="Path">An absolute path on the server's machine.</param>
public sealed record ImportVolumeRequest(string? Name, string? Path);

/// <summary>What is answered when a volume is on its way.</summary>
/// <param name="Volume">As it is now.</param>
/// <param name="Operation">What makes it.</param>
public sealed record VolumeAccepted(Volume Volume, Operation Operation);
