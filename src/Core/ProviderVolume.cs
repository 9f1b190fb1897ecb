namespace Octavo.Core;

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
/// <param name="Attachments">Where it hangs, the oldest first; several only where <see cref="IsMultiAttach"/>.</param>
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
    ValueList<ProviderAttachment> Attachments)
{
    /// <summary>The name that it has at the provider; null where it has none.</summary>
    public string? Name { get; init; }

    /// <summary>The provider's word for its kind, as it came: <c>gp3</c>, <c>io2</c>, or one that is newer than this text.</summary>
    public string? VolumeType { get; init; }

    /// <summary>Input and output operations per second that were provisioned.</summary>
    public int? Iops { get; init; }

    /// <summary>Throughput that was provisioned, in MiB/s.</summary>
    public int? ThroughputMiBps { get; init; }

    /// <summary>Whether its bytes are encrypted at rest; null where the provider does not say.</summary>
    public bool? IsEncrypted { get; init; }

    /// <summary>The key that encrypts it, where there is one.</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>Whether it may hang on several instances at once.</summary>
    public bool IsMultiAttach { get; init; }

    /// <summary>The service that manages it for the account and alone may detach it; null for the account's own.</summary>
    public string? ManagedBy { get; init; }

    /// <summary>Its tags, by key.</summary>
    public ValueList<ProviderTag> Tags { get; init; } = [];

    /// <summary>
    /// What it takes on the store now, in bytes; null where the provider does not say. Rounded up to whole MiB, so that a volume which is written to is
    /// not news at every look.
    /// </summary>
    public long? UsedBytes { get; init; }
}

/// <summary>A tag.</summary>
public sealed record ProviderTag(string Key, string Value);

/// <summary>An attachment as observed.</summary>
/// <param name="State">EC2's word: attaching, attached, detaching, detached or busy.</param>
/// <param name="InstanceId">The provider's instance, <c>i-…</c>, or the name of the client; null for a managed resource.</param>
/// <param name="Device">The device on that instance, or where the client connects to, where known.</param>
/// <param name="AttachedAt">Since when, where known.</param>
public sealed record ProviderAttachment(string State, string? InstanceId, string? Device, DateTimeOffset? AttachedAt)
{
    /// <summary>The provider's id of it, where it has one of its own: see <see cref="ClientAttachment.Id"/>.</summary>
    public string? Id { get; init; }
}
