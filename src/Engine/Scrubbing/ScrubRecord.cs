using System.Text.Json;

namespace Octavo.Engine.Scrubbing;

/// <summary>
/// <c>scrub.json</c>: how far the verification in the background is, and what it knows to be broken. Nothing else depends on it: without it, a pass begins anew and
/// finds out again.
/// </summary>
/// <param name="IsUnderWay">Whether a pass has begun and is not done.</param>
/// <param name="BegunAt">When the last pass began, UTC; absent before the first.</param>
/// <param name="EndedAt">When the last pass that is done ended, UTC; absent before that.</param>
/// <param name="SnapshotId">The snapshot that the pass under way is at: it goes through them by id. Absent at the first one.</param>
/// <param name="Block">The first block of that snapshot that is not verified yet.</param>
/// <param name="BrokenBlocks">SHA-256 of stored blocks that are known to be broken, at most <see cref="MaxBrokenBlocks"/>, in order.</param>
sealed record ScrubRecord(
    bool IsUnderWay, DateTimeOffset? BegunAt, DateTimeOffset? EndedAt, string? SnapshotId, int Block, IReadOnlyList<string>? BrokenBlocks)
{
    public const string Path = "scrub.json";

    /// <summary>What fits into a small file. Where more are broken, the next pass finds the rest again.</summary>
    public const int MaxBrokenBlocks = 500;

    public static readonly ScrubRecord None = new(false, null, null, null, 0, null);

    /// <summary>When the next pass begins, or this one goes on. A beginning in the future is one of a clock that was wrong.</summary>
    public DateTimeOffset DueAt(TimeSpan period, DateTimeOffset now) => IsUnderWay || BegunAt is not { } begun || begun > now ? now : begun + period;

    /// <summary>The file's content.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, EngineJson.Default.ScrubRecord);

    /// <summary>The record in these bytes; <see cref="None"/> where they are none.</summary>
    public static ScrubRecord Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, EngineJson.Default.ScrubRecord) ?? None;
        }
        catch (JsonException)
        {
            return None;
        }
    }
}
