namespace Octavo.Ec2;

/// <summary>A retention rule of the Recycle Bin in one region: what it covers goes into the bin when it is deleted.</summary>
/// <param name="Id">Eleven letters and digits.</param>
/// <param name="Days">How long it is kept, 1 to 7 days for volumes.</param>
public sealed record Ec2RetentionRule(string Id, int Days)
{
    /// <summary>With tags, only what has one of them; without, everything in the region.</summary>
    public IReadOnlyList<Ec2Tag> Tags { get; init; } = [];

    /// <summary>Without tags, everything but what has one of these.</summary>
    public IReadOnlyList<Ec2Tag> ExcludedTags { get; init; } = [];

    public string ResourceType { get; init; } = "EBS_VOLUME";

    /// <summary>Only a rule that is available keeps anything; a first one may be pending for a while.</summary>
    public string Status { get; init; } = "available";

    /// <summary>What never was whole, and what AWS manages, is kept by no rule.</summary>
    internal bool Covers(Ec2Volume volume) =>
        ResourceType == "EBS_VOLUME" && Status == "available" && volume.Status != "error" && volume.ManagedBy is null
        && (Tags.Count > 0 ? Tags.Any(volume.Tags.Contains) : !ExcludedTags.Any(volume.Tags.Contains));
}

/// <summary>A deleted volume in the Recycle Bin.</summary>
/// <param name="ExitsAt">From then on it cannot be restored.</param>
public sealed record Ec2BinnedVolume(Ec2Volume Volume, DateTimeOffset EnteredAt, DateTimeOffset ExitsAt);
