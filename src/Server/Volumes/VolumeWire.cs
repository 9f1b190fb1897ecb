using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Volumes;

/// <summary>A row of <c>volumes</c> as <c>/v2</c> shows it, with how fresh its cell is.</summary>
static class VolumeWire
{
    /// <summary>The statement's beginning that <see cref="Read"/> expects; a WHERE follows.</summary>
    public static readonly Sql Select =
        $"""
        SELECT v.id, v.name, c.provider, v.provider_volume_id, v.credential_id, v.region, v.availability_zone, v.state, v.state_reason,
            v.size_bytes, v.source_snapshot_id, v.attachment_state, v.instance_id, v.device, v.attached_at, v.attachments, v.volume_type,
            v.iops, v.throughput_mibps, v.is_encrypted, v.kms_key_id, v.is_multi_attach, v.managed_by, v.tags,
            l.failure_code, l.failure, l.stale_since, v.created_at, v.updated_at
        FROM volumes v JOIN credentials c ON c.id = v.credential_id
            LEFT JOIN cells l ON l.credential_id = v.credential_id AND l.region = v.region
        """;

    public static Volume Read(Row row)
    {
        Attachment? first = row.TextOrNull(11) is { } state
            ? new Attachment(state, row.TextOrNull(12), row.TextOrNull(13), row.TimeOrNull(14))
            : null;
        var size = new ByteSize(row.Number(9));
        return new Volume(
            row.Text(0), row.Text(1), row.Text(2), row.TextOrNull(3), row.Text(4), row.Text(5), row.Text(6), row.Text(7), row.TextOrNull(8),
            size.Bytes, size.GiB, row.TextOrNull(10), first, Attachments(row.TextOrNull(15), first), row.TextOrNull(16),
            (int?)row.NumberOrNull(17), (int?)row.NumberOrNull(18), row.NumberOrNull(19) is { } encrypted ? encrypted != 0 : null,
            row.TextOrNull(20), row.Flag(21), row.TextOrNull(22), Tags(row.TextOrNull(23)),
            row.TimeOrNull(26) is { } since ? new Stale(row.TextOrNull(24), row.TextOrNull(25) ?? "", since) : null, row.Time(27), row.Time(28));
    }

    static IReadOnlyList<Attachment> Attachments(string? json, Attachment? first)
    {
        if (json is null) return first is null ? [] : [first];
        var all = JsonSerializer.Deserialize(json, ObservedVolumesJson.Default.IReadOnlyListProviderAttachment)!;
        return [.. all.Select(a => new Attachment(a.State, a.InstanceId, a.Device, a.AttachedAt))];
    }

    static Dictionary<string, string> Tags(string? json) => json is null
        ? []
        : JsonSerializer.Deserialize(json, ObservedVolumesJson.Default.IReadOnlyListProviderTag)!
            .ToDictionary(tag => tag.Key, tag => tag.Value, StringComparer.Ordinal);
}
