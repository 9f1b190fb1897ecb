namespace Octavo.Core;

/// <summary>What a new volume should be. Null leaves a choice to the provider.</summary>
/// <param name="Size">Its size; with a snapshot, at least the snapshot's, or null for exactly that.</param>
/// <param name="AvailabilityZone">One of the cell's zones.</param>
/// <param name="Snapshot">The snapshot to fill it from, or null for zeros.</param>
/// <param name="Name">Its name, for providers that keep names.</param>
public sealed record VolumeSpec(ByteSize? Size, string AvailabilityZone, ProviderSnapshotId? Snapshot, string? Name = null)
{
    /// <summary>The provider's word for its kind: <c>gp3</c>, <c>io2</c>.</summary>
    public string? VolumeType { get; init; }

    /// <summary>Input and output operations per second.</summary>
    public int? Iops { get; init; }

    /// <summary>Throughput in MiB/s.</summary>
    public int? ThroughputMiBps { get; init; }

    /// <summary>Whether its bytes are encrypted at rest.</summary>
    public bool? IsEncrypted { get; init; }

    /// <summary>The key to encrypt it with, which says by itself that it is encrypted.</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>Its tags, for providers that keep tags; others take them and forget them.</summary>
    public ValueList<ProviderTag> Tags { get; init; } = [];
}

/// <summary>Where an imported image's bytes come from.</summary>
public abstract record ImageSource
{
    private ImageSource() { }

    /// <summary>A file on the provider's own machine; read once, never changed.</summary>
    public sealed record File(string Path) : ImageSource;

    /// <summary>A stream of exactly so many bytes, read to its end.</summary>
    public sealed record Upload(Stream Content, long Length) : ImageSource;
}
