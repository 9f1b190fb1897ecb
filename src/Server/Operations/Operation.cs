using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Operations;

/// <summary>The kinds of operation, as the table and the wire spell them.</summary>
static class OperationKind
{
    public const string CreateVolume = "create-volume";
    public const string ImportVolume = "import-volume";
    public const string UpdateVolume = "update-volume";
    public const string DeleteVolume = "delete-volume";
    public const string DeleteVolumes = "delete-volumes";
    public const string PurgeVolume = "purge-volume";
    public const string UndeleteVolume = "undelete-volume";
    public const string CreateSnapshot = "create-snapshot";
    public const string DeleteSnapshot = "delete-snapshot";
    public const string DeleteSnapshots = "delete-snapshots";
    public const string CheckPool = "check-pool";
    public const string RefreshCredential = "refresh-credential";
    public const string CreateSnapshots = "create-snapshots";
    public const string GrowVolume = "grow-volume";
    public const string AttachClient = "attach-client";
    public const string DetachClient = "detach-client";
    public const string CreateInstanceSnapshots = "create-instance-snapshots";

    public static IReadOnlyList<string> All { get; } =
    [
        CreateVolume, ImportVolume, UpdateVolume, DeleteVolume, DeleteVolumes, PurgeVolume, UndeleteVolume, CreateSnapshot, CreateSnapshots,
        CreateInstanceSnapshots, DeleteSnapshot, DeleteSnapshots, CheckPool, RefreshCredential, GrowVolume, AttachClient, DetachClient,
    ];
}

/// <summary>The states of an operation, as the table and the wire spell them.</summary>
static class OperationState
{
    public const string Queued = "queued";
    public const string Running = "running";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";

    public static IReadOnlyList<string> All { get; } = [Queued, Running, Succeeded, Failed, Cancelled];
}

/// <summary>A change under way or done: a row of <c>operations</c>.</summary>
/// <param name="Id">Providers tag what they make with it.</param>
/// <param name="Account">Whose it is.</param>
/// <param name="Kind">One of <see cref="OperationKind"/>.</param>
/// <param name="State">One of <see cref="OperationState"/>.</param>
/// <param name="Step">Written before the step begins; a resumed operation finds where it was.</param>
/// <param name="ProgressPercent">0 to 100.</param>
/// <param name="VolumeId">The volume it concerns, if any.</param>
/// <param name="SnapshotId">The snapshot it concerns, if any.</param>
/// <param name="Input">JSON: what it needs beyond the rows it names.</param>
/// <param name="Findings">JSON: what a check found.</param>
/// <param name="ErrorCode">Why it failed, or is being undone: a word of <see cref="Http.Problems.Word"/>.</param>
/// <param name="ErrorMessage">The sentence for it.</param>
/// <param name="Attempt">How many times it was claimed; fences writes of an attempt that lost its lease.</param>
/// <param name="Failures">How many attempts ended in a failure that is worth trying again.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="StepAt">When the step began; null before the first.</param>
/// <param name="Steps">JSON: the steps that it went through.</param>
/// <param name="CancelledAt">When somebody asked to stop it.</param>
/// <param name="TraceParent">The span that asked for it; null where nobody traces.</param>
sealed record Operation(
    OperationId Id,
    AccountId Account,
    string Kind,
    string State,
    string Step,
    int ProgressPercent,
    string? VolumeId,
    string? SnapshotId,
    string? Input,
    string? Findings,
    string? ErrorCode,
    string? ErrorMessage,
    int Attempt,
    int Failures,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt,
    DateTimeOffset? StepAt,
    string Steps,
    DateTimeOffset? CancelledAt,
    string? TraceParent)
{
    /// <summary>The step of an operation that was enqueued and not begun.</summary>
    public const string FirstStep = "queued";

    /// <summary>The step of taking a snapshot from which on the provider's id is in the row.</summary>
    public const string CopyingStep = "copying";

    /// <summary>The step of a deletion that waits for its final snapshot.</summary>
    public const string SnapshottingStep = "snapshotting";

    /// <summary>The step of an operation that failed and is being undone.</summary>
    public const string UndoStep = "undo";

    /// <summary>Whether it has ended.</summary>
    public bool IsFinished => FinishedAt is not null;

    /// <summary>Whether it stops at items of its own: those are operations too, and are cancelled instead of it.</summary>
    public bool HasItems => Kind is OperationKind.CreateSnapshots or OperationKind.DeleteVolumes or OperationKind.DeleteSnapshots;

    /// <summary>Whether somebody may ask to stop it, as it stands.</summary>
    public bool IsCancellable => !IsFinished && CancelledAt is null && Step != UndoStep && (HasItems || CanStopAt(Step));

    /// <summary>Whether its work can be broken off at a step: what the provider has begun and cannot take back is followed to its end.</summary>
    public bool CanStopAt(string step) => Kind switch
    {
        OperationKind.CreateVolume or OperationKind.CheckPool or OperationKind.RefreshCredential => true,
        // The bytes of an upload come with its request, which its sender can end.
        OperationKind.ImportVolume => Input is not null,
        OperationKind.CreateSnapshot or OperationKind.CreateInstanceSnapshots => step is FirstStep or CopyingStep,
        OperationKind.DeleteVolume => step is FirstStep or SnapshottingStep,
        _ => step == FirstStep && !HasItems,
    };

    /// <summary>The columns that <see cref="Read"/> expects.</summary>
    public static readonly Sql Columns =
        $"""
        id, account_id, kind, state, step, progress_percent, volume_id, snapshot_id, input, findings, error_code, error_message,
        attempt, failures, created_at, finished_at, step_at, steps, cancelled_at, trace_parent
        """;

    public static Operation Read(Row row) => new(
        new OperationId(row.Text(0)), new AccountId(row.Text(1)), row.Text(2), row.Text(3), row.Text(4), (int)row.Number(5),
        row.TextOrNull(6), row.TextOrNull(7), row.TextOrNull(8), row.TextOrNull(9), row.TextOrNull(10), row.TextOrNull(11),
        (int)row.Number(12), (int)row.Number(13), row.Time(14), row.TimeOrNull(15), row.TimeOrNull(16), row.Text(17), row.TimeOrNull(18),
        row.TextOrNull(19));
}
