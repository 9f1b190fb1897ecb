using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Volumes;

/// <summary>
/// What a pass over a cell saw of its volumes, written into <c>volumes</c>: a page in one statement, and what is missing at the end.
/// Rows that an operation is working on are the operation's to write.
/// </summary>
static class ObservedVolumes
{
    /// <summary>A volume that was taken for gone comes back where it is still seen so long after: late news of our own deletion do not.</summary>
    static readonly TimeSpan LateNews = TimeSpan.FromMinutes(10);

    /// <summary>Rows that an observation may change.</summary>
    static readonly Sql IsFree =
        $"""
        (volumes.state IN ('available', 'in-use', 'error') OR (volumes.state IN ('creating', 'deleting') AND NOT EXISTS
            (SELECT 1 FROM operations o WHERE o.volume_id = volumes.id AND o.state IN ('queued', 'running'))))
        """;

    /// <summary>A page as the parameter of <see cref="ApplyAsync"/>, in UTF-8; equal pages give equal texts.</summary>
    public static void WriteText(IEnumerable<ProviderVolume> volumes, IBufferWriter<byte> text)
    {
        using var json = new Utf8JsonWriter(text);
        JsonSerializer.Serialize(json, volumes.Select(Of), ObservedVolumesJson.Default.IEnumerableSeen);
    }

    /// <summary>Writes a page; returns how many rows are new or changed.</summary>
    /// <param name="began">When the pass began: a row that was written later is fresher than the pass.</param>
    public static Task<int> ApplyAsync(
        Transaction transaction, Cell cell, IVolumeProvider provider, string page, DateTimeOffset began, DateTimeOffset now,
        CancellationToken cancellation)
    {
        var (isTheOnlyOwner, keepsTags) = (provider.Capabilities.IsTheOnlyOwner, provider.Capabilities.KeepsTags);
        // What an operation made is its own to record while its row has not got the provider's id yet.
        return transaction.ExecuteAsync(
            $"""
            INSERT INTO volumes (id, account_id, credential_id, region, availability_zone, provider_volume_id, name, state, state_reason,
                size_bytes, source_snapshot_id, attachment_state, instance_id, device, attached_at, attachments, volume_type, iops,
                throughput_mibps, is_encrypted, kms_key_id, is_multi_attach, managed_by, tags, used_bytes, unattached_since, created_at, updated_at)
            SELECT {Sequence(now)} || lower(hex(randomblob(10))), {cell.Account}, {cell.Credential}, {cell.Region}, value ->> 'zone', value ->> 'id',
                coalesce(value ->> 'name', {provider.FoundName}), value ->> 'state', value ->> 'reason', value ->> 'size',
                value ->> 'snapshot', value ->> 'attachment', value ->> 'instance', value ->> 'device', value ->> 'attached',
                value ->> 'attachments', value ->> 'type', value ->> 'iops', value ->> 'throughput', value ->> 'encrypted', value ->> 'key',
                value ->> 'multi', value ->> 'manager', value ->> 'tags', value ->> 'used', CASE WHEN value ->> 'attachment' IS NULL THEN {now} END, value ->> 'created', {now}
            FROM json_each({page})
            WHERE (value ->> 'state' <> 'creating' OR {!isTheOnlyOwner})
              AND (value ->> 'state' NOT IN ('deleting', 'deleted') OR EXISTS
                (SELECT 1 FROM volumes v WHERE v.credential_id = {cell.Credential} AND v.provider_volume_id = value ->> 'id'))
              AND (value ->> 'op' IS NULL OR NOT EXISTS
                (SELECT 1 FROM volumes v WHERE v.operation_id = value ->> 'op' AND v.provider_volume_id IS NULL))
            ON CONFLICT (credential_id, provider_volume_id) DO UPDATE SET
                name = iif({keepsTags}, excluded.name, name), state = excluded.state,
                state_reason = excluded.state_reason, size_bytes = excluded.size_bytes, availability_zone = excluded.availability_zone,
                attachment_state = excluded.attachment_state, instance_id = excluded.instance_id, device = excluded.device,
                attached_at = excluded.attached_at, attachments = excluded.attachments, volume_type = excluded.volume_type,
                iops = excluded.iops, throughput_mibps = excluded.throughput_mibps, is_encrypted = excluded.is_encrypted,
                kms_key_id = excluded.kms_key_id, is_multi_attach = excluded.is_multi_attach, managed_by = excluded.managed_by,
                tags = iif({keepsTags}, excluded.tags, volumes.tags), used_bytes = excluded.used_bytes, updated_at = excluded.updated_at,
                unattached_since = CASE WHEN excluded.attachment_state IS NOT NULL THEN NULL WHEN volumes.attachment_state IS NOT NULL
                    THEN excluded.unattached_since ELSE coalesce(volumes.unattached_since, excluded.unattached_since) END,
                deleted_at = CASE WHEN excluded.state IN ('deleting', 'deleted') THEN coalesce(volumes.deleted_at, {now}) END, restorable_until = NULL
            WHERE ({IsFree} AND volumes.updated_at < {began} OR volumes.state = 'deleted' AND volumes.updated_at < {began - LateNews}
                AND NOT ({isTheOnlyOwner} AND volumes.restorable_until IS NOT NULL))
              AND (volumes.state, volumes.state_reason, volumes.size_bytes, volumes.availability_zone, volumes.attachment_state,
                   volumes.instance_id, volumes.device, volumes.attached_at, volumes.attachments, volumes.volume_type, volumes.iops,
                   volumes.throughput_mibps, volumes.is_encrypted, volumes.kms_key_id, volumes.is_multi_attach, volumes.managed_by,
                   volumes.used_bytes, iif({keepsTags}, volumes.tags, excluded.tags), iif({keepsTags}, volumes.name, excluded.name))
                  IS NOT (excluded.state, excluded.state_reason, excluded.size_bytes, excluded.availability_zone,
                   excluded.attachment_state, excluded.instance_id, excluded.device, excluded.attached_at, excluded.attachments,
                   excluded.volume_type, excluded.iops, excluded.throughput_mibps, excluded.is_encrypted, excluded.kms_key_id,
                   excluded.is_multi_attach, excluded.managed_by, excluded.used_bytes, excluded.tags, excluded.name)
            """, cancellation);
    }

    /// <summary>
    /// The beginning of the ids of what is found now: time first, as CouchDB's own sequential ids begin alike, so that an index grows at its end.
    /// 12 hexadecimal digits of milliseconds since 1970; 80 random bits follow.
    /// </summary>
    public static string Sequence(DateTimeOffset now) => now.ToUnixTimeMilliseconds().ToString("x12", CultureInfo.InvariantCulture);

    /// <summary>
    /// Rows that a listing which began then must have shown. News of what was just made can come late; of what was made before
    /// <paramref name="visible"/> by somebody else it has come, however young our row is.
    /// </summary>
    static Sql IsDue(DateTimeOffset began, DateTimeOffset visible) =>
        $"""
        (volumes.updated_at < {began} AND (volumes.updated_at < {visible} OR (volumes.operation_id IS NULL AND volumes.created_at < {visible})))
        """;

    /// <summary>What the cell has and a complete listing that began then did not show, and whether it must have shown it.</summary>
    /// <param name="visible">The provider certainly shows what was made before.</param>
    public static async Task<List<(ProviderVolumeId Id, bool IsDue)>> UnseenAsync(
        Database.Database database, Cell cell, IReadOnlySet<string> seen, DateTimeOffset began, DateTimeOffset visible,
        CancellationToken cancellation)
    {
        var known = await database.QueryAsync(
            $"""
            SELECT provider_volume_id, {IsDue(began, visible)} FROM volumes WHERE credential_id = {cell.Credential} AND region = {cell.Region}
              AND provider_volume_id IS NOT NULL AND {IsFree}
              AND NOT (state = 'error' AND state_reason IS {Lost})
            """, row => (Id: new ProviderVolumeId(row.Text(0)), IsDue: row.Flag(1)), cancellation);
        return [.. known.Where(k => !seen.Contains(k.Id.Value))];
    }

    /// <summary>
    /// Records what is proven to be missing: deleted by somebody; or lost, where nobody but us deletes. Returns how many rows changed.
    /// </summary>
    public static Task<int> GoneAsync(
        Transaction transaction, Cell cell, IVolumeProvider provider, IEnumerable<ProviderVolumeId> gone, DateTimeOffset began,
        DateTimeOffset visible, DateTimeOffset now, CancellationToken cancellation)
    {
        var (state, reason) = provider.Capabilities.IsTheOnlyOwner ? (VolumeState.Error, Lost) : (VolumeState.Deleted, null);
        return transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET state = {state}, state_reason = {reason}, attachment_state = NULL, instance_id = NULL, device = NULL,
                attached_at = NULL, attachments = NULL, deleted_at = CASE {state} WHEN 'deleted' THEN {now} END, updated_at = {now}
            WHERE credential_id = {cell.Credential} AND provider_volume_id IN (SELECT value FROM json_each({JsonSerializer.Serialize(gone.Select(id => id.Value))}))
              AND {IsFree} AND {IsDue(began, visible)}
            """, cancellation);
    }

    const string Lost = "The provider does not have this volume any more.";

    static Seen Of(ProviderVolume v)
    {
        var first = v.Attachments.Count == 0 ? null : v.Attachments[0];
        return new Seen(
            v.Id.Value, v.CreatedBy?.Value, v.Name, States.Text(v.State), v.StateReason, v.Size.Bytes, v.AvailabilityZone, v.Snapshot?.Value,
            v.CreatedAt.ToUnixTimeSeconds() * 1000, first?.State, first?.InstanceId, first?.Device,
            first?.AttachedAt?.ToUnixTimeMilliseconds(), v.Attachments.Count > 1 ? v.Attachments : null, v.VolumeType, v.Iops,
            v.ThroughputMiBps, v.IsEncrypted is { } encrypted ? encrypted ? 1 : 0 : null, v.KmsKeyId, v.IsMultiAttach ? 1 : 0, v.ManagedBy,
            v.Tags.Count > 0 ? v.Tags : null, v.UsedBytes);
    }

    /// <summary>A volume as the statement reads it.</summary>
    internal sealed record Seen(
        string Id, string? Op, string? Name, string State, string? Reason, long Size, string Zone, string? Snapshot, long Created,
        string? Attachment, string? Instance, string? Device, long? Attached, IReadOnlyList<ProviderAttachment>? Attachments, string? Type,
        int? Iops, int? Throughput, int? Encrypted, string? Key, int Multi, string? Manager, IReadOnlyList<ProviderTag>? Tags, long? Used);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IEnumerable<ObservedVolumes.Seen>))]
[JsonSerializable(typeof(IReadOnlyList<ProviderAttachment>))]
[JsonSerializable(typeof(IReadOnlyList<ProviderTag>))]
sealed partial class ObservedVolumesJson : JsonSerializerContext;
