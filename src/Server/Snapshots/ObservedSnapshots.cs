using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Snapshots;

/// <summary>
/// What a pass over a cell saw of its snapshots, written into <c>snapshots</c>: what changed, what is new, what is missing. A
/// pending snapshot belongs to the operation that takes it.
/// </summary>
static class ObservedSnapshots
{
    /// <summary>The observation as the parameter of <see cref="ApplyAsync"/>; equal observations give equal texts.</summary>
    public static string Text(IEnumerable<ProviderSnapshot> snapshots) =>
        JsonSerializer.Serialize(
            snapshots.Select(s => new Seen(
                s.Id.Value, s.CreatedBy?.Value, s.Volume.Value, States.Text(s.State), s.StateReason, SnapshotStore.Percent(s.Progress),
                s.VolumeSize.Bytes, s.StoredBytes, s.StartedAt.ToUnixTimeMilliseconds())),
            ObservedSnapshotsJson.Default.IEnumerableSeen);

    /// <summary>Writes it; returns how many rows changed.</summary>
    /// <param name="began">When the pass began: a row that was written later is fresher than the pass.</param>
    public static async Task<int> ApplyAsync(
        Transaction transaction, Cell cell, string observed, DateTimeOffset began, DateTimeOffset now, CancellationToken cancellation)
    {
        Sql seen =
            $"""
            (SELECT value ->> 'id' AS id, value ->> 'op' AS op, value ->> 'volume' AS volume, value ->> 'state' AS state,
                value ->> 'reason' AS reason, value ->> 'percent' AS percent, value ->> 'size' AS size, value ->> 'stored' AS stored,
                value ->> 'started' AS started
            FROM json_each({observed})) AS seen
            """;
        var changed = await transaction.ExecuteAsync(
            $"""
            UPDATE snapshots SET state = seen.state, state_reason = seen.reason, progress_percent = seen.percent,
                stored_bytes = seen.stored, updated_at = {now}
            FROM {seen}
            WHERE snapshots.credential_id = {cell.Credential} AND snapshots.region = {cell.Region}
              AND snapshots.provider_snapshot_id = seen.id AND snapshots.state IN ('pending', 'completed', 'error')
              AND snapshots.updated_at < {began}
              AND (snapshots.state, snapshots.state_reason, snapshots.progress_percent, snapshots.stored_bytes)
                  IS NOT (seen.state, seen.reason, seen.percent, seen.stored)
              AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.snapshot_id = snapshots.id AND o.state IN ('queued', 'running'))
            """, cancellation);
        var added = await transaction.ExecuteAsync(
            $"""
            INSERT INTO snapshots (id, account_id, credential_id, region, provider_volume_id, provider_snapshot_id, state, state_reason,
                progress_percent, volume_size_bytes, stored_bytes, started_at, updated_at)
            SELECT lower(hex(randomblob(16))), {cell.Account}, {cell.Credential}, {cell.Region}, seen.volume, seen.id, seen.state,
                seen.reason, seen.percent, seen.size, seen.stored, seen.started, {now}
            FROM {seen}
            WHERE NOT EXISTS (SELECT 1 FROM snapshots s WHERE s.credential_id = {cell.Credential} AND s.provider_snapshot_id = seen.id)
              AND NOT EXISTS (SELECT 1 FROM snapshots s WHERE s.operation_id = seen.op)
            """, cancellation);
        var missing = await transaction.ExecuteAsync(
            $"""
            UPDATE snapshots SET state = 'error', state_reason = 'The provider does not have this snapshot any more.', updated_at = {now}
            WHERE credential_id = {cell.Credential} AND region = {cell.Region} AND state IN ('pending', 'completed')
              AND updated_at < {began} AND provider_snapshot_id NOT IN (SELECT seen.id FROM {seen})
              AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.snapshot_id = snapshots.id AND o.state IN ('queued', 'running'))
            """, cancellation);
        return changed + added + missing;
    }

    /// <summary>A snapshot as the statements read it.</summary>
    internal sealed record Seen(
        string Id, string? Op, string Volume, string State, string? Reason, int Percent, long Size, long? Stored, long Started);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IEnumerable<ObservedSnapshots.Seen>))]
sealed partial class ObservedSnapshotsJson : JsonSerializerContext;
