namespace Octavo.Engine.Snapshots;

/// <summary>A snapshot in memory: its head, and what is going on with it. Guarded by the table's lock.</summary>
sealed class SnapshotEntry
{
    public required string Id { get; init; }

    public required string Tag { get; init; }

    public required string VolumeId { get; init; }

    public required long VolumeSize { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public EngineSnapshotState State { get; set; }

    public string? Reason { get; set; }

    /// <summary>0 to 1.</summary>
    public double Progress { get; set; }

    public long StoredBytes { get; set; }

    /// <summary>Its files are being deleted: what is missing of them is no damage.</summary>
    public bool IsDeleting { get; set; }

    /// <summary>The copy under way, where there is one.</summary>
    public Task? Copying { get; set; }

    /// <summary>Stops <see cref="Copying"/>.</summary>
    public CancellationTokenSource? StopCopying { get; set; }

    public EngineSnapshot Describe() => new(
        Id, Tag.Length == 0 ? null : Tag, VolumeId, State, Reason, Progress, VolumeSize, StoredBytes, StartedAt);
}
