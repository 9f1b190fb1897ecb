using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Volumes;

namespace Octavo.Server.Snapshots;

/// <summary>
/// What a pass over a cell saw of its snapshots, written into <c>snapshots</c>: what changed, what is new, what is missing. A
/// pending snapshot belongs to the operation that takes it.
/// </summary>
static class ObservedSnapshots
{
    /// <summary>A page as the parameter of <see cref="ApplyAsync"/>, in UTF-8; equal pages give equal texts.</summary>
    public static void WriteText(IEnumerable<ProviderSnapshot> snapshots, IBufferWriter<byte> text)
    {
        using var json = new Utf8JsonWriter(text);
        JsonSerializer.Serialize(
            json,
            snapshots.Select(s => new Seen(
                s.Id.Value, s.CreatedBy?.Value, s.Volume.Value, States.Text(s.State), s.StateReason, SnapshotStore.Percent(s.Progress),
                s.VolumeSize.Bytes, s.StoredBytes, s.StartedAt.ToUnixTimeMilliseconds(), s.Tags.Count > 0 ? s.Tags : null, s.Description,
                s.IsEncrypted is { } encrypted ? encrypted ? 1 : 0 : null, s.StorageTier)),
            ObservedSnapshotsJson.Default.IEnumerableSeen);
    }

    /// <summary>Writes a page; returns how many rows are new or changed.</summary>
    /// <param name="began">When the pass began: a row that was written later is fresher than the pass.</param>
    public static Task<int> ApplyAsync(
        Transaction transaction, Cell cell, string page, DateTimeOffset began, DateTimeOffset now, CancellationToken cancellation) =>
        transaction.ExecuteAsync(
            $"""
            INSERT INTO snapshots (id, account_id, credential_id, region, provider_volume_id, provider_snapshot_id, state, state_reason,
                progress_percent, volume_size_bytes, stored_bytes, tags, description, is_encrypted, storage_tier, started_at, updated_at)
            SELECT {ObservedVolumes.Sequence(now)} || lower(hex(randomblob(10))), {cell.Account}, {cell.Credential}, {cell.Region}, value ->> 'volume', value ->> 'id',
                value ->> 'state', value ->> 'reason', value ->> 'percent', value ->> 'size', value ->> 'stored',
                value ->> 'tags', value ->> 'description', value ->> 'encrypted', value ->> 'tier', value ->> 'started', {now}
            FROM json_each({page})
            WHERE value ->> 'op' IS NULL OR NOT EXISTS
                (SELECT 1 FROM snapshots s WHERE s.operation_id = value ->> 'op' AND s.provider_volume_id = value ->> 'volume'
                    AND s.provider_snapshot_id IS NULL AND s.state = 'pending')
            ON CONFLICT (credential_id, provider_snapshot_id) DO UPDATE SET state = excluded.state, state_reason = excluded.state_reason,
                progress_percent = excluded.progress_percent, stored_bytes = excluded.stored_bytes, tags = excluded.tags,
                description = excluded.description, is_encrypted = excluded.is_encrypted, storage_tier = excluded.storage_tier, updated_at = excluded.updated_at
            WHERE snapshots.state IN ('pending', 'completed', 'error') AND snapshots.updated_at < {began} AND {IsFree}
              AND (snapshots.state, snapshots.state_reason, snapshots.progress_percent, snapshots.stored_bytes, snapshots.tags,
                   snapshots.description, snapshots.is_encrypted, snapshots.storage_tier)
                  IS NOT (excluded.state, excluded.state_reason, excluded.progress_percent, excluded.stored_bytes, excluded.tags,
                   excluded.description, excluded.is_encrypted, excluded.storage_tier)
            """, cancellation);

    /// <summary>
    /// Rows that a listing which began then must have shown. News of what was just taken can come late; of what was taken before
    /// <paramref name="visible"/> by somebody else it has come, however young our row is.
    /// </summary>
    static Sql IsDue(DateTimeOffset began, DateTimeOffset visible) =>
        $"""
        (snapshots.updated_at < {began} AND (snapshots.updated_at < {visible} OR (snapshots.operation_id IS NULL AND snapshots.started_at < {visible})))
        """;

    /// <summary>What the cell has and a complete listing that began then did not show, and whether it must have shown it.</summary>
    /// <param name="visible">The provider certainly shows what was taken before.</param>
    public static async Task<List<(ProviderSnapshotId Id, bool IsDue)>> UnseenAsync(
        Database.Database database, Cell cell, IReadOnlySet<string> seen, DateTimeOffset began, DateTimeOffset visible,
        CancellationToken cancellation)
    {
        var known = await database.QueryAsync(
            $"""
            SELECT provider_snapshot_id, {IsDue(began, visible)} FROM snapshots WHERE credential_id = {cell.Credential} AND region = {cell.Region}
              AND provider_snapshot_id IS NOT NULL AND state IN ('pending', 'completed') AND {IsFree}
            """, row => (Id: new ProviderSnapshotId(row.Text(0)), IsDue: row.Flag(1)), cancellation);
        return [.. known.Where(k => !seen.Contains(k.Id.Value))];
    }

    /// <summary>Records what is proven to be missing: deleted by somebody; or lost, where nobody but us deletes. Returns how many rows changed.</summary>
    public static Task<int> GoneAsync(
        Transaction transaction, Cell cell, IVolumeProvider provider, IEnumerable<ProviderSnapshotId> gone, DateTimeOffset began,
        DateTimeOffset visible, DateTimeOffset now, CancellationToken cancellation)
    {
        var (state, reason) = provider.Capabilities.IsTheOnlyOwner ? (SnapshotState.Error, Lost) : (SnapshotState.Deleted, null);
        return transaction.ExecuteAsync(
            $"""
            UPDATE snapshots SET state = {state}, state_reason = {reason}, updated_at = {now}
            WHERE credential_id = {cell.Credential} AND provider_snapshot_id IN (SELECT value FROM json_each({JsonSerializer.Serialize(gone.Select(id => id.Value))}))
              AND state IN ('pending', 'completed') AND {IsDue(began, visible)} AND {IsFree}
            """, cancellation);
    }

    const string Lost = "The provider does not have this snapshot any more.";

    /// <summary>Rows that no operation is working on: none of its own, and not the one that takes it with others.</summary>
    static readonly Sql IsFree =
        $"""
        NOT EXISTS (SELECT 1 FROM operations o WHERE o.snapshot_id = snapshots.id AND o.state IN ('queued', 'running'))
        AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.id = snapshots.operation_id AND o.state IN ('queued', 'running'))
        """;

    /// <summary>A snapshot as the statements read it.</summary>
    internal sealed record Seen(
        string Id, string? Op, string Volume, string State, string? Reason, int Percent, long Size, long? Stored, long Started,
        IReadOnlyList<ProviderTag>? Tags, string? Description, int? Encrypted, string? Tier);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IEnumerable<ObservedSnapshots.Seen>))]
sealed partial class ObservedSnapshotsJson : JsonSerializerContext;
