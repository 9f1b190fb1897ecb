using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Volumes;

/// <summary>A row of <c>volumes</c> as <c>/v2</c> shows it, with how fresh its cell is.</summary>
static class VolumeWire
{
    static readonly Sql Columns =
        $"""
        v.id, v.name, c.provider, v.provider_volume_id, v.credential_id, v.region, v.availability_zone, v.state, v.state_reason,
            v.size_bytes, v.used_bytes, v.source_snapshot_id, v.attachment_state, v.instance_id, v.device, v.attached_at, v.attachments,
            v.unattached_since, v.mount_point, v.volume_type, v.iops, v.throughput_mibps, v.is_encrypted, v.kms_key_id, v.is_multi_attach,
            v.managed_by, v.is_protected, v.tags, v.created_at, v.updated_at, v.deleted_at, v.restorable_until,
            l.failure_code, l.failure, l.stale_since
        """;

    static readonly Sql From =
        $"""
        FROM volumes v JOIN credentials c ON c.id = v.credential_id
            LEFT JOIN cells l ON l.credential_id = v.credential_id AND l.region = v.region
        """;

    /// <summary>The statement's beginning that <see cref="Read(Row)"/> expects; a WHERE follows.</summary>
    public static readonly Sql Select =
        $"""
        SELECT {Columns},
            (SELECT count(*) FROM snapshots s WHERE s.credential_id = v.credential_id AND s.provider_volume_id = v.provider_volume_id
                AND s.state = 'completed'),
            (SELECT max(s.started_at) FROM snapshots s WHERE s.credential_id = v.credential_id AND s.provider_volume_id = v.provider_volume_id
                AND s.state = 'completed')
        {From}
        """;

    /// <summary>The same for who knows of its snapshots already: counting those is a third of the cost of a page.</summary>
    public static readonly Sql SelectWithoutSnapshots = $"SELECT {Columns} {From}";

    /// <summary>What the entity tag of a volume is of: what its own row says.</summary>
    public static Volume Tagged(Volume volume) => volume with { Stale = null, SnapshotCount = 0, LastSnapshotAt = null };

    /// <summary>A row of <see cref="Select"/>.</summary>
    public static Volume Read(Row row) => Read(row, (int)row.Number(35), row.TimeOrNull(36));

    /// <summary>A row of <see cref="SelectWithoutSnapshots"/>.</summary>
    /// <param name="snapshots">How many completed snapshots of it are listed.</param>
    /// <param name="lastAt">The newest instant of them.</param>
    public static Volume Read(Row row, int snapshots, DateTimeOffset? lastAt)
    {
        Attachment? first = row.TextOrNull(12) is { } state
            ? new Attachment(state, row.TextOrNull(13), row.TextOrNull(14), row.TimeOrNull(15))
            : null;
        var size = new ByteSize(row.Number(9));
        return new Volume(
            row.Text(0), row.Text(1), row.Text(2), row.TextOrNull(3), row.Text(4), row.Text(5), row.Text(6), row.Text(7), row.TextOrNull(8),
            size.Bytes, size.GiB, row.NumberOrNull(10), row.TextOrNull(11), first, Attachments(row.TextOrNull(16), first), row.TimeOrNull(17),
            row.TextOrNull(18), row.TextOrNull(19), (int?)row.NumberOrNull(20), (int?)row.NumberOrNull(21),
            row.NumberOrNull(22) is { } encrypted ? encrypted != 0 : null, row.TextOrNull(23), row.Flag(24), row.TextOrNull(25), row.Flag(26),
            Tags.Parse(row.TextOrNull(27)), snapshots, lastAt,
            row.TimeOrNull(34) is { } since ? new Stale(row.TextOrNull(32), row.TextOrNull(33) ?? "", since) : null, row.Time(28), row.Time(29),
            row.TimeOrNull(30), row.TimeOrNull(31));
    }

    static IReadOnlyList<Attachment> Attachments(string? json, Attachment? first)
    {
        if (json is null) return first is null ? [] : [first];
        var all = JsonSerializer.Deserialize(json, ObservedVolumesJson.Default.IReadOnlyListProviderAttachment)!;
        return [.. all.Select(a => new Attachment(a.State, a.InstanceId, a.Device, a.AttachedAt))];
    }
}
