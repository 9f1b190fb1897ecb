using Octavo.Ec2.Http;
using Octavo.Ec2.Model;

namespace Octavo.Ec2.Actions;

/// <summary>The Recycle Bin as EC2 shows it: deleted volumes that a retention rule keeps, and bringing them back.</summary>
static class RecycleBinActions
{
    const int LargestPage = 500;

    /// <summary>Puts a volume that is being deleted into the bin where a rule covers it, for as long as the longest one says.</summary>
    public static void Keep(Call call, Ec2Volume volume)
    {
        var days = call.Region.RetentionRules.Where(r => r.Covers(volume)).Select(r => r.Days).DefaultIfEmpty().Max();
        if (days == 0) return;
        var exit = call.Now.AddDays(days);
        call.Region.Bin.Add(new Entry<Ec2BinnedVolume>(new Ec2BinnedVolume(volume, call.Now, exit), call.Region.Bin.NextSequence())
        {
            VisibleFrom = call.NowTicks + call.Switches.VisibilityLag.Ticks,
            LeavesAt = exit.UtcTicks,
        });
    }

    public static void List(Call call, XmlBuffer xml)
    {
        lock (call.Region.Gate)
        {
            var (page, next) = Listing.Cut(
                call, call.Region.Bin, call.Form.List("VolumeId"), LargestPage, null, _ => true, Ec2Failure.NoVolume);
            xml.Open("volumeSet"u8);
            foreach (var entry in page)
            {
                var (volume, enteredAt, exitsAt) = entry.Item;
                xml.Open("item"u8);
                xml.Element("volumeId"u8, volume.Id);
                xml.Element("volumeType"u8, volume.Type);
                xml.Element("state"u8, "available");
                xml.Element("size"u8, volume.SizeGib);
                xml.Element("iops"u8, volume.Iops);
                xml.Element("throughput"u8, volume.Throughput);
                xml.Element("availabilityZone"u8, volume.Zone);
                xml.Element("availabilityZoneId"u8, RegionActions.ZoneId(volume.Zone));
                xml.Element("snapshotId"u8, volume.SnapshotId ?? "");
                xml.Element("createTime"u8, volume.CreatedAt);
                xml.Element("recycleBinEnterTime"u8, enteredAt);
                xml.Element("recycleBinExitTime"u8, exitsAt);
                xml.Close("item"u8);
            }
            xml.Close("volumeSet"u8);
            xml.Element("nextToken"u8, next);
        }
    }

    public static void Restore(Call call, XmlBuffer xml)
    {
        var id = call.Form.Required("VolumeId");
        lock (call.Region.Gate)
        {
            if (!call.Region.Bin.TryGet(id, out var kept) || !kept.IsFound(call.NowTicks))
                throw call.Region.VolumeTable.TryGet(id, out var there) && there.IsFound(call.NowTicks)
                    ? Ec2Failure.Bad("IncorrectState", $"The volume '{id}' is not in the Recycle Bin.")
                    : Ec2Failure.NoVolume(id);
            call.Region.Bin.Delete(kept, call.NowTicks, TimeSpan.Zero, TimeSpan.Zero);
            call.Region.VolumeTable.Put(kept.Item.Volume, call.NowTicks + call.Switches.VisibilityLag.Ticks);
            call.Record(id);
        }
        xml.Element("return"u8, true);
    }
}
