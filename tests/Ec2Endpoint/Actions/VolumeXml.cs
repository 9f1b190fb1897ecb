using Octavo.Ec2.Http;

namespace Octavo.Ec2.Actions;

/// <summary>Volumes, attachments and tags on the wire.</summary>
static class VolumeXml
{
    public static void WriteItem(XmlBuffer xml, Ec2Volume volume, string status, bool isBare)
    {
        xml.Open("item"u8);
        Write(xml, volume, status, isBare);
        xml.Close("item"u8);
    }

    /// <param name="isBare">Without anything that EC2 may leave out.</param>
    public static void Write(XmlBuffer xml, Ec2Volume volume, string status, bool isBare = false)
    {
        xml.Element("volumeId"u8, volume.Id);
        xml.Element("size"u8, volume.SizeGib);
        if (isBare)
        {
            xml.Element("availabilityZone"u8, volume.Zone);
            xml.Element("status"u8, status);
            return;
        }
        xml.Element("snapshotId"u8, volume.SnapshotId ?? "");
        xml.Element("availabilityZone"u8, volume.Zone);
        xml.Element("availabilityZoneId"u8, RegionActions.ZoneId(volume.Zone));
        xml.Element("status"u8, status);
        xml.Element("createTime"u8, volume.CreatedAt);
        if (volume.Attachments.Count == 0) xml.Raw("<attachmentSet/>"u8);
        else
        {
            xml.Open("attachmentSet"u8);
            foreach (var attachment in volume.Attachments)
            {
                xml.Open("item"u8);
                Write(xml, volume.Id, attachment, attachment.Status);
                xml.Close("item"u8);
            }
            xml.Close("attachmentSet"u8);
        }
        WriteTags(xml, volume.Tags);
        xml.Element("volumeType"u8, volume.Type);
        xml.Element("iops"u8, volume.Iops);
        xml.Element("throughput"u8, volume.Throughput);
        xml.Element("encrypted"u8, volume.Encrypted);
        xml.Element("kmsKeyId"u8, volume.KmsKeyId);
        xml.Element("sseType"u8, volume.SseType);
        xml.Element("multiAttachEnabled"u8, volume.MultiAttachEnabled);
        xml.Open("operator"u8);
        xml.Element("managed"u8, volume.ManagedBy is not null);
        xml.Element("principal"u8, volume.ManagedBy);
        xml.Close("operator"u8);
    }

    public static void Write(XmlBuffer xml, string volume, Ec2Attachment attachment, string status)
    {
        xml.Element("volumeId"u8, volume);
        xml.Element("instanceId"u8, attachment.InstanceId);
        xml.Element("device"u8, attachment.Device);
        xml.Element("status"u8, status);
        xml.Element("attachTime"u8, attachment.AttachedAt);
        xml.Element("deleteOnTermination"u8, attachment.DeleteOnTermination);
        xml.Element("associatedResource"u8, attachment.AssociatedResource);
        xml.Element("instanceOwningService"u8, attachment.InstanceOwningService);
    }

    public static void WriteTags(XmlBuffer xml, IReadOnlyList<Ec2Tag> tags)
    {
        if (tags.Count == 0) return;
        xml.Open("tagSet"u8);
        foreach (var tag in tags)
        {
            xml.Open("item"u8);
            xml.Element("key"u8, tag.Key);
            xml.Element("value"u8, tag.Value);
            xml.Close("item"u8);
        }
        xml.Close("tagSet"u8);
    }
}
