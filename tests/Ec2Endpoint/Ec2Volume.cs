namespace Octavo.Ec2;

/// <summary>
/// A volume as EC2 lists it. Nothing here is checked: a test may put a status or a type that no SDK knows, because EC2 will one day.
/// </summary>
public sealed record Ec2Volume
{
    public required string Id { get; init; }
    public required string Zone { get; init; }

    /// <summary>Its size in GiB.</summary>
    public int SizeGib { get; init; } = 8;

    public string Type { get; init; } = "gp3";
    public string Status { get; init; } = "available";
    public DateTimeOffset CreatedAt { get; init; }
    public int? Iops { get; init; }

    /// <summary>MiB/s; gp3 only.</summary>
    public int? Throughput { get; init; }

    public bool Encrypted { get; init; }
    public string? KmsKeyId { get; init; }
    public string? SseType { get; init; }
    public bool MultiAttachEnabled { get; init; }
    public string? SnapshotId { get; init; }
    public IReadOnlyList<Ec2Attachment> Attachments { get; init; } = [];
    public IReadOnlyList<Ec2Tag> Tags { get; init; } = [];

    /// <summary>The service that manages it (<c>operator.principal</c>); null where it is the account's own.</summary>
    public string? ManagedBy { get; init; }

    /// <summary>A tag's value, or null.</summary>
    public string? Tag(string key) => Tags.FirstOrDefault(t => t.Key == key)?.Value;
}
