using Octavo.Engine.Io;
using Octavo.Engine.Volumes;

namespace Octavo.Engine.Snapshots;

/// <summary>A snapshot in memory: its head, and what is going on with it. Guarded by the table's lock.</summary>
sealed class SnapshotEntry
{
    KeptLayer? layer;

    public required string Id { get; init; }

    public required string Tag { get; init; }

    public required string VolumeId { get; init; }

    public required long VolumeSize { get; init; }

    /// <summary>Its instant. Changes only until it is recorded.</summary>
    public required DateTimeOffset StartedAt { get; set; }

    public EngineSnapshotState State { get; set; }

    public string? Reason { get; set; }

    /// <summary>Of a completed one: how many of its blocks are known to be unreadable. The reason tells of them.</summary>
    public int BadBlocks { get; set; }

    /// <summary>0 to 1.</summary>
    public double Progress { get; set; }

    public long StoredBytes { get; set; }

    /// <summary>The image's signature at the instant; default where nobody knows it.</summary>
    public FileSignature Signature { get; init; }

    /// <summary>The image was cloned at the instant.</summary>
    public bool IsCloned { get; init; }

    /// <summary>False until its pending record, and those of the snapshots that began with it, are durable: nobody has been told of it.</summary>
    public bool IsRecorded { get; set; } = true;

    /// <summary>Whether its pending record is there, which has to follow it then. Guarded by <see cref="Files"/>.</summary>
    public bool IsWritten { get; set; } = true;

    /// <summary>Held while its pending record or its manifest is written, and while it gets its layer.</summary>
    public Lock Files { get; } = new();

    /// <summary>Where overwritten blocks are kept for it; null while nobody but other programs writes the volume.</summary>
    public KeptLayer? Layer
    {
        get => Volatile.Read(ref layer);
        set => Volatile.Write(ref layer, value);
    }

    /// <summary>The snapshot that all other blocks can be taken from; null where every block has to be read. Guarded by the lock of the instants, with <see cref="Changed"/>.</summary>
    public string? BaseId { get; set; }

    /// <summary>The blocks that may differ from the base.</summary>
    public BlockSet? Changed { get; set; }

    /// <summary>Its files are being deleted: what is missing of them is no damage.</summary>
    public bool IsDeleting { get; set; }

    /// <summary>The copy under way, where there is one.</summary>
    public Task? Copying { get; set; }

    /// <summary>Stops <see cref="Copying"/>.</summary>
    public CancellationTokenSource? StopCopying { get; set; }

    /// <summary>What its pending record has to say. Call it under <see cref="Files"/>.</summary>
    public PendingRecord ToRecord(string bootId)
    {
        // Where overwritten blocks are kept, the image may change.
        var signature = Layer is null ? Signature : default;
        return new PendingRecord(
            Id, Tag, VolumeId, VolumeSize, StartedAt, signature.Inode, signature.Length, signature.ModifiedNs, signature.ChangedNs, IsCloned, Reason,
            Layer?.Number, Layer is null ? null : bootId);
    }

    public EngineSnapshot Describe() => new(
        Id, Tag.Length == 0 ? null : Tag, VolumeId, State, Reason, Progress, VolumeSize, StoredBytes, StartedAt);
}
