namespace Octavo.Core;

/// <summary>A snapshot as observed.</summary>
/// <param name="Id">The provider's id.</param>
/// <param name="CreatedBy">The operation that made it, where the provider knows.</param>
/// <param name="Volume">The volume it was taken of; that volume may be gone.</param>
/// <param name="State">Its state.</param>
/// <param name="StateReason">A sentence where the state is <see cref="SnapshotState.Error"/>, and where some of what is stored of a completed one cannot be read.</param>
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
    DateTimeOffset StartedAt)
{
    /// <summary>Its tags, by key.</summary>
    public ValueList<ProviderTag> Tags { get; init; } = [];

    /// <summary>What whoever took it wrote to it; null where that is nothing.</summary>
    public string? Description { get; init; }

    /// <summary>Whether its bytes are encrypted at rest; null where the provider does not say.</summary>
    public bool? IsEncrypted { get; init; }

    /// <summary>
    /// The provider's word for where its bytes lie, as it came: <c>standard</c>, or <c>archive</c>, from where they have to be fetched before a
    /// volume can be made of them. Null where there is only one place, and where the provider does not say.
    /// </summary>
    public string? StorageTier { get; init; }
}
