using System.Text.Json;
using Octavo.Api;
using Octavo.Ec2;
using Octavo.EndToEnd.Clients;

namespace Octavo.EndToEnd.Ebs;

/// <summary>A volume of the endpoint as Octavo has to show it.</summary>
static class EbsTruth
{
    public const string FoundName = "Synced from AWS";

    /// <summary>The bytes of v1; what only Octavo knows, its id and when its entry changed, is taken from what was shown.</summary>
    public static string V1Json(Ec2Volume volume, string credential, JsonElement shown)
    {
        var attachment = volume.Attachments.Count == 0 ? null : volume.Attachments[0];
        return $$"""
            {"id":{{shown.GetProperty("id").GetRawText()}},"aws_instance_id":{{Text(attachment?.InstanceId)}},"raid_array_id":null,
            "volume_id":"{{volume.Id}}","availability_zone":"{{volume.Zone}}","status":"{{volume.Status}}",
            "attachment_status":{{Text(attachment?.Status)}},"created_at":"{{V1.Time(volume.CreatedAt)}}",
            "attached_at":{{Text(attachment is null ? null : V1.Time(attachment.AttachedAt))}},
            "updated_at":{{shown.GetProperty("updated_at").GetRawText()}},"device":{{Text(attachment?.Device)}},"size":{{volume.SizeGib}},
            "credential_id":"{{credential}}","name":"{{volume.Tag("Name") ?? FoundName}}","mount_point":null,"snapshot_id":null,
            "instance_id":null}
            """.ReplaceLineEndings("");
    }

    /// <summary>All of v2's fields that EC2 knows of.</summary>
    public static void ShouldBe(this Volume shown, Ec2Volume volume, string region)
    {
        shown.Provider.ShouldBe("ebs");
        shown.Region.ShouldBe(region);
        shown.AvailabilityZone.ShouldBe(volume.Zone);
        shown.State.ShouldBe(volume.Status);
        shown.SizeBytes.ShouldBe((long)volume.SizeGib << 30);
        shown.CreatedAt.ShouldBe(volume.CreatedAt);
        shown.Attachments.Select(a => (a.InstanceId, a.Device, a.State, a.AttachedAt))
            .ShouldBe(volume.Attachments.Select(a => (a.InstanceId, a.Device, a.Status, (DateTimeOffset?)a.AttachedAt)));
        (shown.VolumeType, shown.Iops, shown.ThroughputMibps, shown.IsEncrypted, shown.KmsKeyId, shown.IsMultiAttach, shown.ManagedBy)
            .ShouldBe((volume.Type, volume.Iops, volume.Throughput, volume.Encrypted, volume.KmsKeyId, volume.MultiAttachEnabled, volume.ManagedBy));
        shown.Tags.OrderBy(t => t.Key).Select(t => new Ec2Tag(t.Key, t.Value)).ShouldBe(volume.Tags.OrderBy(t => t.Key));
        shown.Stale.ShouldBeNull();
    }

    static string Text(string? text) => text is null ? "null" : $"\"{text}\"";
}
