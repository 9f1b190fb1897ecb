using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Volumes;

/// <summary>A volume of the inventory: a row of <c>volumes</c> with its provider's kind.</summary>
sealed record VolumeRow(
    string Id,
    AccountId Account,
    string CredentialId,
    string Provider,
    string Region,
    string AvailabilityZone,
    string? ProviderVolumeId,
    string Name,
    VolumeState State,
    string? StateReason,
    ByteSize Size,
    string? SourceSnapshotId,
    string? AttachmentState,
    string? InstanceId,
    string? Device,
    DateTimeOffset? AttachedAt,
    string? MountPoint,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>The statement's beginning that <see cref="Read"/> expects; what is deleted, or being so, is not listed.</summary>
    public static readonly Sql SelectListed =
        $"""
        SELECT v.id, v.account_id, v.credential_id, c.provider, v.region, v.availability_zone, v.provider_volume_id, v.name, v.state,
            v.state_reason, v.size_bytes, v.source_snapshot_id, v.attachment_state, v.instance_id, v.device, v.attached_at,
            v.mount_point, v.created_at, v.updated_at
        FROM volumes v JOIN credentials c ON c.id = v.credential_id
        WHERE v.state NOT IN ('deleting', 'deleted')
        """;

    public static VolumeRow Read(Row row) => new(
        row.Text(0), new AccountId(row.Text(1)), row.Text(2), row.Text(3), row.Text(4), row.Text(5), row.TextOrNull(6), row.Text(7),
        row.VolumeState(8), row.TextOrNull(9), new ByteSize(row.Number(10)), row.TextOrNull(11), row.TextOrNull(12),
        row.TextOrNull(13), row.TextOrNull(14), row.TimeOrNull(15), row.TextOrNull(16), row.Time(17), row.Time(18));
}
