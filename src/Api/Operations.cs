using System.Text.Json.Serialization;

namespace Octavo.Api;

/// <summary>A change under way or done. Times are UTC.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Kind">
/// create-volume, import-volume, update-volume, delete-volume, delete-volumes, purge-volume, undelete-volume, create-snapshot, create-snapshots,
/// create-instance-snapshots, delete-snapshot, delete-snapshots, check-pool, refresh-credential, grow-volume, attach-client or
/// detach-client.
/// </param>
/// <param name="State">queued, running, succeeded, failed or cancelled.</param>
/// <param name="Step">The step that it is at.</param>
/// <param name="Steps">The steps that it went through, and when each began.</param>
/// <param name="ProgressPercent">0 to 100.</param>
/// <param name="VolumeId">The volume that it concerns, if any.</param>
/// <param name="SnapshotId">The snapshot that it concerns, if any.</param>
/// <param name="Error">Why it failed or was cancelled.</param>
/// <param name="Findings">What a check found, or what a forced detachment may have lost; null for nothing of that kind.</param>
/// <param name="IsCancellable">Whether it can be cancelled as it stands.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="FinishedAt">When it ended; null before.</param>
public sealed record Operation(
    string Id,
    string Kind,
    string State,
    string Step,
    IReadOnlyList<OperationStep> Steps,
    int ProgressPercent,
    string? VolumeId,
    string? SnapshotId,
    OperationError? Error,
    IReadOnlyList<Finding>? Findings,
    bool IsCancellable,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt)
{
    /// <summary>Whether it has ended, one way or another.</summary>
    [JsonIgnore]
    public bool IsFinished => State is "succeeded" or "failed" or "cancelled";
}

/// <summary>A step of an operation. Times are UTC.</summary>
/// <param name="Step">What it does.</param>
/// <param name="At">When it began.</param>
public sealed record OperationStep(string Step, DateTimeOffset At);

/// <summary>Why an operation failed.</summary>
/// <param name="Code">A fixed word for programs, as in a problem's <c>code</c>.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record OperationError(string Code, string Message);

/// <summary>What came of one part of an operation on many. Times are UTC.</summary>
/// <param name="OperationId">The operation on this part alone, or on all volumes of an instance together.</param>
/// <param name="Kind">What it does.</param>
/// <param name="VolumeId">Octavo's id of the volume; null where it is not known any more.</param>
/// <param name="ProviderVolumeId">The provider's id of the volume.</param>
/// <param name="SnapshotId">Octavo's id of the snapshot; null where there is none.</param>
/// <param name="ProviderSnapshotId">The provider's id of the snapshot; null until it is taken.</param>
/// <param name="State">queued, running, succeeded, failed or cancelled.</param>
/// <param name="ProgressPercent">0 to 100.</param>
/// <param name="Attempts">How many times it was taken up.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="ProviderCode">What the provider called the failure.</param>
/// <param name="ProviderRequestId">The provider's id of the request that failed, for its support.</param>
/// <param name="StartedAt">When it was asked for; of a snapshot its instant once it is taken.</param>
/// <param name="FinishedAt">When it ended; null before.</param>
public sealed record OperationItem(
    string OperationId, string Kind, string? VolumeId, string? ProviderVolumeId, string? SnapshotId, string? ProviderSnapshotId, string State,
    int ProgressPercent, int Attempts, OperationError? Error, string? ProviderCode, string? ProviderRequestId, DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt);

/// <summary>One inconsistency that a check of the pool found.</summary>
/// <param name="Kind">A fixed word for programs.</param>
/// <param name="Subject">What it concerns.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="IsRepaired">Whether it was put right.</param>
public sealed record Finding(string Kind, string Subject, string Message, bool IsRepaired);

/// <summary>Body of <c>POST /v2/fsck</c>.</summary>
/// <param name="Repair">Also repair what is safe to repair.</param>
public sealed record CheckRequest(bool Repair);

/// <summary>What is answered when work was accepted.</summary>
/// <param name="Operation">What does it.</param>
public sealed record OperationAccepted(Operation Operation);
