using System.Globalization;
using Octavo.Ec2.Http;
using Octavo.Ec2.Model;

namespace Octavo.Ec2.Actions;

/// <summary>The list of a region's volumes.</summary>
static class DescribeVolumes
{
    const int LargestPage = 500;

    static readonly string[] Known =
    [
        "volume-id", "snapshot-id", "status", "availability-zone", "tag-key", "volume-type", "size", "encrypted", "operator.managed",
        "operator.principal", "multi-attach-enabled", "attachment.instance-id", "attachment.status", "attachment.device",
    ];

    public static void Run(Call call, XmlBuffer xml)
    {
        var filters = Filters.Read(call.Form, Known);
        var hidesManaged = call.Account.HidesManagedVolumes && !call.Form.Flag("IncludeManagedResources");
        lock (call.Region.Gate)
        {
            var (page, next) = Listing.Cut(call, call.Region.VolumeTable, call.Form.List("VolumeId"), LargestPage,
                filters.Find(f => f.Name == "volume-id"),
                entry => !(hidesManaged && entry.Item.ManagedBy is not null) && filters.TrueForAll(f => Matches(f, entry, call.NowTicks)),
                Ec2Failure.NoVolume);
            xml.Open("volumeSet"u8);
            foreach (var entry in page)
                VolumeXml.WriteItem(xml, entry.Shown(call.NowTicks), View.StatusOf(entry, call.NowTicks), call.Switches.OmitsOptionalFields);
            xml.Close("volumeSet"u8);
            xml.Element("nextToken"u8, next);
        }
    }

    static bool Matches(Filter filter, Entry<Ec2Volume> entry, long now)
    {
        var volume = entry.Shown(now);
        return filter.Name switch
        {
            "volume-id" => filter.Matches(volume.Id),
            "snapshot-id" => filter.Matches(volume.SnapshotId ?? ""),
            "status" => filter.Matches(View.StatusOf(entry, now)),
            "availability-zone" => filter.Matches(volume.Zone),
            "tag-key" => volume.Tags.Any(t => filter.Matches(t.Key)),
            "volume-type" => filter.Matches(volume.Type),
            "size" => filter.Matches(volume.SizeGib.ToString(CultureInfo.InvariantCulture)),
            "encrypted" => filter.Matches(volume.Encrypted),
            "operator.managed" => filter.Matches(volume.ManagedBy is not null),
            "operator.principal" => filter.Matches(volume.ManagedBy),
            "multi-attach-enabled" => filter.Matches(volume.MultiAttachEnabled),
            "attachment.instance-id" => volume.Attachments.Any(a => filter.Matches(a.InstanceId)),
            "attachment.status" => volume.Attachments.Any(a => filter.Matches(a.Status)),
            "attachment.device" => volume.Attachments.Any(a => filter.Matches(a.Device)),
            _ => volume.Tag(filter.TagKey!) is { } value && filter.Matches(value),
        };
    }
}
