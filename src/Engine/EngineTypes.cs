namespace Octavo.Engine;

/// <summary>How an engine is opened.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Warn">Told, in a sentence, of what an operator should see and no caller asked about; null for nobody.</param>
public sealed record EngineOptions(TimeProvider Time, Action<string>? Warn = null)
{
    /// <summary>How what is stored is verified in the background; null for not at all.</summary>
    public EngineScrub? Scrub { get; init; }
}

/// <summary>What kind of failure it was.</summary>
public enum EngineError
{
    /// <summary>The call makes no sense as it stands.</summary>
    Invalid,

    /// <summary>There is no such volume or snapshot.</summary>
    NotFound,

    /// <summary>The present state forbids it.</summary>
    Conflict,

    /// <summary>The same, but it passes by itself: the call may be repeated a little later.</summary>
    Busy,

    /// <summary>The disk is full, or too small.</summary>
    NoSpace,

    /// <summary>What is stored does not verify.</summary>
    Damaged,

    /// <summary>Another process has the pool open.</summary>
    Locked,

    /// <summary>The disk failed a read or a write.</summary>
    Io,
}

/// <summary>A failure of the engine. The message is a sentence for the user, without paths of the machine.</summary>
public sealed class EngineException(EngineError error, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of failure it was.</summary>
    public EngineError Error { get; } = error;
}

/// <summary>The states of a volume.</summary>
public enum EngineVolumeState
{
    /// <summary>Not whole yet.</summary>
    Creating,

    /// <summary>Usable, and nobody is attached to it or has it open for writing.</summary>
    Available,

    /// <summary>Usable, and somebody is attached to it, or another program has its image open for writing.</summary>
    InUse,

    /// <summary>Not usable.</summary>
    Error,
}

/// <summary>A volume.</summary>
/// <param name="Id"><c>vol-</c> and hexadecimal digits.</param>
/// <param name="Tag">What its maker gave; null for an image that was found.</param>
/// <param name="State">Its state at the moment of the call.</param>
/// <param name="Reason">A sentence where the state is error.</param>
/// <param name="Progress">0 to 1 while it is being made.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="SnapshotId">The snapshot it was made from.</param>
/// <param name="CreatedAt">When it was made or found, UTC.</param>
/// <param name="InUseSince">When it was attached, or first seen in use, UTC.</param>
/// <param name="Path">Where its image is, relative to the pool's folder.</param>
/// <param name="AllocatedBytes">What its image takes on the disk: all but the holes. Null while it is being made, and where nobody can tell.</param>
public sealed record EngineVolume(
    string Id, string? Tag, EngineVolumeState State, string? Reason, double Progress, long SizeBytes, string? SnapshotId,
    DateTimeOffset CreatedAt, DateTimeOffset? InUseSince, string Path, long? AllocatedBytes)
{
    /// <summary>
    /// 0 to 1: how much of its snapshot is in its image. While that is less than 1 the volume is complete for whoever reads it through the engine, but its image is
    /// not for other programs.
    /// </summary>
    public double HydratedFraction { get; init; } = 1;

    /// <summary>Who is attached to it, the oldest first; none where only another program has its image open.</summary>
    public IReadOnlyList<EngineAttachment> Attachments { get; init; } = [];
}

/// <summary>A snapshot to be taken.</summary>
/// <param name="Id"><c>snap-</c> and hexadecimal digits.</param>
/// <param name="Tag">Whatever its maker wants to find it by, at most 255 bytes of UTF-8.</param>
/// <param name="VolumeId">The volume.</param>
public sealed record EngineSnapshotRequest(string Id, string Tag, string VolumeId);

/// <summary>The states of a snapshot.</summary>
public enum EngineSnapshotState
{
    /// <summary>Its instant is fixed; its bytes are being copied.</summary>
    Pending,

    /// <summary>All of it is stored and durable.</summary>
    Completed,

    /// <summary>It will never be complete, or is not readable any more.</summary>
    Error,
}

/// <summary>A snapshot.</summary>
/// <param name="Id"><c>snap-</c> and hexadecimal digits.</param>
/// <param name="Tag">What its maker gave.</param>
/// <param name="VolumeId">The volume it was taken of; that may be gone.</param>
/// <param name="State">Its state.</param>
/// <param name="Reason">A sentence where the state is error, and where some of its blocks are known to be unreadable.</param>
/// <param name="Progress">0 to 1.</param>
/// <param name="VolumeSizeBytes">The volume's size at the instant.</param>
/// <param name="StoredBytes">Bytes that it added to the segments.</param>
/// <param name="StartedAt">Its instant, UTC.</param>
public sealed record EngineSnapshot(
    string Id, string? Tag, string VolumeId, EngineSnapshotState State, string? Reason, double Progress, long VolumeSizeBytes,
    long StoredBytes, DateTimeOffset StartedAt);

/// <summary>One inconsistency.</summary>
/// <param name="Kind">A fixed word: see <c>docs/engine-format.md</c>.</param>
/// <param name="Subject">The volume, snapshot, segment or file that it concerns.</param>
/// <param name="Message">A sentence.</param>
/// <param name="IsRepaired">Whether it was put right.</param>
public sealed record EngineFinding(string Kind, string Subject, string Message, bool IsRepaired);

/// <summary>What the snapshots of a pool take.</summary>
/// <param name="AloneBytes">Blocks that only one of them needs: what deleting them one by one would free.</param>
/// <param name="SharedBytes">Blocks that several need.</param>
public sealed record EngineSnapshotSpace(long AloneBytes, long SharedBytes);

/// <summary>What is known of the soundness of a pool's stored blocks.</summary>
/// <param name="BadBlocks">Known to be unreadable, and not stored anew yet.</param>
/// <param name="FoundBlocks">Found to be so since the pool was opened, by whom ever; those that were known before count once.</param>
/// <param name="RepairedBlocks">Stored anew since then.</param>
/// <param name="VerifiedBytes">Read by passes and checks since then.</param>
/// <param name="PassEndedAt">When a pass over all snapshots ended last, UTC.</param>
public sealed record EngineHealth(long BadBlocks, long FoundBlocks, long RepairedBlocks, long VerifiedBytes, DateTimeOffset? PassEndedAt);

/// <summary>Room on the pool's file system.</summary>
public sealed record EngineCapacity(long TotalBytes, long FreeBytes);
