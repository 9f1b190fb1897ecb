using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Operations;

/// <summary>The kinds of operation, as the table and the wire spell them.</summary>
static class OperationKind
{
    public const string CreateVolume = "create-volume";
    public const string ImportVolume = "import-volume";
    public const string DeleteVolume = "delete-volume";
    public const string CreateSnapshot = "create-snapshot";
    public const string DeleteSnapshot = "delete-snapshot";
    public const string CheckPool = "check-pool";
    public const string RefreshCredential = "refresh-credential";
    public const string CreateSnapshots = "create-snapshots";
    public const string CreateInstanceSnapshots = "create-instance-snapshots";
}

/// <summary>The states of an operation, as the table and the wire spell them.</summary>
static class OperationState
{
    public const string Queued = "queued";
    public const string Running = "running";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
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
    DateTimeOffset? StepAt)
{
    /// <summary>The step of an operation that was enqueued and not begun.</summary>
    public const string FirstStep = "queued";

    /// <summary>The step of an operation that failed and is being undone.</summary>
    public const string UndoStep = "undo";

    /// <summary>Whether it has ended.</summary>
    public bool IsFinished => FinishedAt is not null;

    /// <summary>The columns that <see cref="Read"/> expects.</summary>
    public static readonly Sql Columns =
        $"""
        id, account_id, kind, state, step, progress_percent, volume_id, snapshot_id, input, findings, error_code, error_message,
        attempt, failures, created_at, finished_at, step_at
        """;

    public static Operation Read(Row row) => new(
        new OperationId(row.Text(0)), new AccountId(row.Text(1)), row.Text(2), row.Text(3), row.Text(4), (int)row.Number(5),
        row.TextOrNull(6), row.TextOrNull(7), row.TextOrNull(8), row.TextOrNull(9), row.TextOrNull(10), row.TextOrNull(11),
        (int)row.Number(12), (int)row.Number(13), row.Time(14), row.TimeOrNull(15), row.TimeOrNull(16));
}
