namespace Octavo.Ec2;

/// <summary>A snapshot as EC2 lists it. As with volumes, nothing here is checked.</summary>
public sealed record Ec2Snapshot
{
    public required string Id { get; init; }
    public required string VolumeId { get; init; }
    public required string OwnerId { get; init; }
    public string Status { get; init; } = "completed";
    public string? StatusMessage { get; init; }

    /// <summary>Whole percent; EC2 sends it as <c>42%</c>.</summary>
    public int ProgressPercent { get; init; } = 100;

    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>The size of the volume in GiB.</summary>
    public int VolumeSizeGib { get; init; }

    /// <summary>The bytes of all its blocks; EC2 tells them once it is complete.</summary>
    public long? FullSizeBytes { get; init; }

    public bool Encrypted { get; init; }
    public string? KmsKeyId { get; init; }
    public string Description { get; init; } = "";
    public string StorageTier { get; init; } = "standard";
    public IReadOnlyList<Ec2Tag> Tags { get; init; } = [];

    /// <summary>An image that stands on it, so that it cannot be deleted; null where there is none.</summary>
    public string? UsedByImage { get; init; }

    /// <summary>A tag's value, or null.</summary>
    public string? Tag(string key) => Tags.FirstOrDefault(t => t.Key == key)?.Value;
}
