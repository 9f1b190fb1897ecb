using System.Globalization;
using Octavo.Ec2.Http;

namespace Octavo.Ec2.Actions;

/// <summary>Snapshots on the wire.</summary>
static class SnapshotXml
{
    /// <param name="statusName"><c>status</c>, but <c>state</c> in the answer of CreateSnapshots.</param>
    /// <param name="isBare">Without anything that EC2 may leave out.</param>
    public static void Write(XmlBuffer xml, Ec2Snapshot snapshot, ReadOnlySpan<byte> statusName, bool isBare = false)
    {
        xml.Element("snapshotId"u8, snapshot.Id);
        xml.Element("volumeId"u8, snapshot.VolumeId);
        xml.Element(statusName, snapshot.Status);
        if (isBare) return;
        xml.Element("statusMessage"u8, snapshot.StatusMessage);
        xml.Element("startTime"u8, snapshot.StartedAt);
        xml.Element("completionTime"u8, snapshot.CompletedAt);
        xml.Element("progress"u8, string.Create(CultureInfo.InvariantCulture, $"{snapshot.ProgressPercent}%"));
        xml.Element("ownerId"u8, snapshot.OwnerId);
        xml.Element("volumeSize"u8, snapshot.VolumeSizeGib);
        xml.Element("fullSnapshotSizeInBytes"u8, snapshot.FullSizeBytes);
        xml.Element("description"u8, snapshot.Description);
        xml.Element("encrypted"u8, snapshot.Encrypted);
        xml.Element("kmsKeyId"u8, snapshot.KmsKeyId);
        xml.Element("storageTier"u8, snapshot.StorageTier);
        VolumeXml.WriteTags(xml, snapshot.Tags);
    }
}
