using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Volumes;

/// <summary>
/// What a pass over a cell saw of its volumes, written into <c>volumes</c> in three statements whatever their number: what changed,
/// what is new, what is missing. Rows that an operation is working on are the operation's to write.
/// </summary>
static class ObservedVolumes
{
    /// <summary>The observation as the parameter of <see cref="ApplyAsync"/>; equal observations give equal texts.</summary>
    public static string Text(IEnumerable<ProviderVolume> volumes) =>
        JsonSerializer.Serialize(
            volumes.Select(v => new Seen(
                v.Id.Value, v.CreatedBy?.Value, States.Text(v.State), v.StateReason, v.Size.Bytes, v.AvailabilityZone, v.Snapshot?.Value,
                v.CreatedAt.ToUnixTimeSeconds() * 1000, v.Attachment?.State, v.Attachment?.InstanceId, v.Attachment?.Device,
                v.Attachment?.AttachedAt?.ToUnixTimeMilliseconds())),
            ObservedVolumesJson.Default.IEnumerableSeen);

    /// <summary>Writes it; returns how many rows changed.</summary>
    /// <param name="began">When the pass began: a row that was written later is fresher than the pass.</param>
    public static async Task<int> ApplyAsync(
        Transaction transaction, Cell cell, string providerKind, string observed, DateTimeOffset began, DateTimeOffset now,
        CancellationToken cancellation)
    {
        Sql seen =
            $"""
            (SELECT value ->> 'id' AS id, value ->> 'op' AS op, value ->> 'state' AS state, value ->> 'reason' AS reason,
                value ->> 'size' AS size, value ->> 'zone' AS zone, value ->> 'snapshot' AS snapshot, value ->> 'created' AS created,
                value ->> 'attachment' AS attachment, value ->> 'instance' AS instance, value ->> 'device' AS device,
                value ->> 'attached' AS attached
            FROM json_each({observed})) AS seen
            """;
        var changed = await transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET state = seen.state, state_reason = seen.reason, size_bytes = seen.size, availability_zone = seen.zone,
                attachment_state = seen.attachment, instance_id = seen.instance, device = seen.device, attached_at = seen.attached,
                updated_at = {now}
            FROM {seen}
            WHERE volumes.credential_id = {cell.Credential} AND volumes.region = {cell.Region} AND volumes.provider_volume_id = seen.id
              AND volumes.state IN ('available', 'in-use', 'error') AND volumes.updated_at < {began}
              AND (volumes.state, volumes.state_reason, volumes.size_bytes, volumes.availability_zone, volumes.attachment_state,
                   volumes.instance_id, volumes.device, volumes.attached_at)
                  IS NOT (seen.state, seen.reason, seen.size, seen.zone, seen.attachment, seen.instance, seen.device, seen.attached)
            """, cancellation);
        // What an operation made is its own to record, also when its row has not got the provider's id yet.
        var added = await transaction.ExecuteAsync(
            $"""
            INSERT INTO volumes (id, account_id, credential_id, region, availability_zone, provider_volume_id, name, state, state_reason,
                size_bytes, source_snapshot_id, attachment_state, instance_id, device, attached_at, created_at, updated_at)
            SELECT lower(hex(randomblob(16))), {cell.Account}, {cell.Credential}, {cell.Region}, seen.zone, seen.id,
                {"Synced from " + providerKind}, seen.state, seen.reason, seen.size, seen.snapshot, seen.attachment, seen.instance,
                seen.device, seen.attached, seen.created, {now}
            FROM {seen}
            WHERE seen.state <> 'creating'
              AND NOT EXISTS (SELECT 1 FROM volumes v WHERE v.credential_id = {cell.Credential} AND v.provider_volume_id = seen.id)
              AND NOT EXISTS (SELECT 1 FROM volumes v WHERE v.operation_id = seen.op)
            """, cancellation);
        var missing = await transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET state = 'error', state_reason = 'The provider does not have this volume any more.', attachment_state = NULL,
                instance_id = NULL, device = NULL, attached_at = NULL, updated_at = {now}
            WHERE credential_id = {cell.Credential} AND region = {cell.Region} AND state IN ('available', 'in-use')
              AND updated_at < {began} AND provider_volume_id NOT IN (SELECT seen.id FROM {seen})
            """, cancellation);
        return changed + added + missing;
    }

    /// <summary>A volume as the statements read it.</summary>
    internal sealed record Seen(
        string Id, string? Op, string State, string? Reason, long Size, string Zone, string? Snapshot, long Created, string? Attachment,
        string? Instance, string? Device, long? Attached);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IEnumerable<ObservedVolumes.Seen>))]
sealed partial class ObservedVolumesJson : JsonSerializerContext;
