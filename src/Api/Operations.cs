using System.Text.Json.Serialization;

namespace Octavo.Api;

/// <summary>A change under way or done. Times are UTC.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Kind">create-volume, import-volume, delete-volume, create-snapshot, delete-snapshot, check-pool or refresh-credential.</param>
/// <param name="State">queued, running, succeeded, failed or cancelled.</param>
/// <param name="Step">The step that it is at.</param>
/// <param name="ProgressPercent">0 to 100.</param>
/// <param name="VolumeId">The volume that it concerns, if any.</param>
/// <param name="SnapshotId">The snapshot that it concerns, if any.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Findings">What a check found; null for other kinds.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="FinishedAt">When it ended; null before.</param>
public sealed record Operation(
    string Id,
    string Kind,
    string State,
    string Step,
    int ProgressPercent,
    string? VolumeId,
    string? SnapshotId,
    OperationError? Error,
    IReadOnlyList<Finding>? Findings,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt)
{
    /// <summary>Whether it has ended, one way or another.</summary>
    [JsonIgnore]
    public bool IsFinished => State is "succeeded" or "failed" or "cancelled";
}

/// <summary>Why an operation failed.</summary>
/// <param name="Code">A fixed word for programs, as in a problem's <c>code</c>.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record OperationError(string Code, string Message);

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
public sealed record OperationAccepted(Operation Operation);
