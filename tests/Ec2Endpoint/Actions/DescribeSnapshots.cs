using System.Globalization;
using Octavo.Ec2.Http;
using Octavo.Ec2.Model;

namespace Octavo.Ec2.Actions;

/// <summary>
/// The list of snapshots in a region. Without an owner it is everything that the account can see, others' public snapshots too:
/// whatever a test has put there with another owner.
/// </summary>
static class DescribeSnapshots
{
    const int LargestPage = 1000;

    static readonly string[] Known =
        ["volume-id", "snapshot-id", "status", "tag-key", "owner-id", "volume-size", "encrypted", "description", "progress", "storage-tier"];

    public static void Run(Call call, XmlBuffer xml)
    {
        var filters = Filters.Read(call.Form, Known);
        var owners = call.Form.List("Owner").ConvertAll(o => o == "self" ? call.Account.Id : o);
        lock (call.Region.Gate)
        {
            var (page, next) = Listing.Cut(call, call.Region.SnapshotTable, call.Form.List("SnapshotId"), LargestPage,
                filters.Find(f => f.Name == "snapshot-id"),
                entry => (owners.Count == 0 || owners.Contains(entry.Item.OwnerId))
                    && filters.TrueForAll(f => Matches(f, entry, call.NowTicks)),
                Ec2Failure.NoSnapshot);
            xml.Open("snapshotSet"u8);
            foreach (var entry in page)
            {
                xml.Open("item"u8);
                SnapshotXml.Write(xml, View.Of(entry, entry.Shown(call.NowTicks), call.NowTicks), "status"u8, call.Switches.OmitsOptionalFields);
                xml.Close("item"u8);
            }
            xml.Close("snapshotSet"u8);
            xml.Element("nextToken"u8, next);
        }
    }

    static bool Matches(Filter filter, Entry<Ec2Snapshot> entry, long now)
    {
        var snapshot = entry.Shown(now);
        return filter.Name switch
        {
            "volume-id" => filter.Matches(snapshot.VolumeId),
            "snapshot-id" => filter.Matches(snapshot.Id),
            "status" => filter.Matches(View.StatusOf(entry, now)),
            "tag-key" => snapshot.Tags.Any(t => filter.Matches(t.Key)),
            "owner-id" => filter.Matches(snapshot.OwnerId),
            "volume-size" => filter.Matches(snapshot.VolumeSizeGib.ToString(CultureInfo.InvariantCulture)),
            "encrypted" => filter.Matches(snapshot.Encrypted),
            "description" => filter.Matches(snapshot.Description),
            "progress" => filter.Matches(string.Create(CultureInfo.InvariantCulture, $"{View.Of(entry, now).ProgressPercent}%")),
            "storage-tier" => filter.Matches(snapshot.StorageTier),
            _ => snapshot.Tag(filter.TagKey!) is { } value && filter.Matches(value),
        };
    }
}
