namespace Octavo.Api;

/// <summary>Which volumes; every field that is given must fit. The same words stand behind the question mark of lists, tags as <c>tag.KEY=VALUE</c>.</summary>
/// <param name="Search">With this in the name, in an id or in the instance's id, capitals or not.</param>
/// <param name="NameContains">With this in the name, capitals or not.</param>
/// <param name="State">creating, available, in-use, error, deleting or deleted; all that are listed if left out.</param>
/// <param name="Provider">local or ebs.</param>
/// <param name="CredentialId">Found or made with this credential.</param>
/// <param name="Region">In this region.</param>
/// <param name="AvailabilityZone">In this zone.</param>
/// <param name="VolumeType">Of this type.</param>
/// <param name="SizeGibMin">Of at least so many GiB.</param>
/// <param name="SizeGibMax">Of at most so many GiB.</param>
/// <param name="Attached">On an instance, or on none.</param>
/// <param name="InstanceId">On this instance.</param>
/// <param name="UnattachedSince">On none, and since this time or longer.</param>
/// <param name="NoSnapshotSince">Without a completed snapshot of this time or later.</param>
/// <param name="SnapshotId">Made from this snapshot, by the provider's id.</param>
/// <param name="Encrypted">Encrypted at rest, or not; one whose provider does not say is neither.</param>
/// <param name="Protected">Protected from deletion, or not.</param>
/// <param name="Managed">Managed by a service, or by nobody but the account.</param>
/// <param name="Stale">Of a cell whose last pass failed, or of a fresh one.</param>
/// <param name="CreatedSince">Made at this time or later.</param>
/// <param name="CreatedUntil">Made before this time.</param>
/// <param name="Tags">With every one of these tags.</param>
public sealed record VolumeFilter(
    string? Search = null, string? NameContains = null, string? State = null, string? Provider = null, string? CredentialId = null,
    string? Region = null, string? AvailabilityZone = null, string? VolumeType = null, long? SizeGibMin = null, long? SizeGibMax = null,
    bool? Attached = null, string? InstanceId = null, DateTimeOffset? UnattachedSince = null, DateTimeOffset? NoSnapshotSince = null,
    string? SnapshotId = null, bool? Encrypted = null, bool? Protected = null, bool? Managed = null, bool? Stale = null,
    DateTimeOffset? CreatedSince = null, DateTimeOffset? CreatedUntil = null, IReadOnlyDictionary<string, string>? Tags = null);

/// <summary>Which snapshots; every field that is given must fit.</summary>
/// <param name="Search">With this in an id, in the volume's name or in the description, capitals or not.</param>
/// <param name="VolumeId">Of this volume, by Octavo's id.</param>
/// <param name="ProviderVolumeId">Of this volume, by the provider's id; also one that is gone.</param>
/// <param name="Orphan">Whose volume is gone, or is listed.</param>
/// <param name="State">pending, completed or error.</param>
/// <param name="Provider">local or ebs.</param>
/// <param name="CredentialId">Found or taken with this credential.</param>
/// <param name="Region">In this region.</param>
/// <param name="SizeGibMin">Of a volume of at least so many GiB.</param>
/// <param name="SizeGibMax">Of a volume of at most so many GiB.</param>
/// <param name="StartedSince">Of this instant or later.</param>
/// <param name="StartedUntil">Of an instant before this.</param>
/// <param name="Encrypted">Encrypted at rest, or not.</param>
/// <param name="StorageTier">In this tier.</param>
/// <param name="Tags">With every one of these tags.</param>
public sealed record SnapshotFilter(
    string? Search = null, string? VolumeId = null, string? ProviderVolumeId = null, bool? Orphan = null, string? State = null,
    string? Provider = null, string? CredentialId = null, string? Region = null, long? SizeGibMin = null, long? SizeGibMax = null,
    DateTimeOffset? StartedSince = null, DateTimeOffset? StartedUntil = null, bool? Encrypted = null, string? StorageTier = null,
    IReadOnlyDictionary<string, string>? Tags = null);
