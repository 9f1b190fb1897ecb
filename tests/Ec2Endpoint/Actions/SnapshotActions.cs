using Octavo.Ec2.Http;
using Octavo.Ec2.Model;

namespace Octavo.Ec2.Actions;

/// <summary>Makes and deletes snapshots, within EBS's limits on pending ones.</summary>
static class SnapshotActions
{
    const int PendingPerVolume = 5;
    const int PendingPerThroughputVolume = 1;
    const int MostExcluded = 40;
    const long GibBytes = 1L << 30;

    public static void Create(Call call, XmlBuffer xml)
    {
        var id = call.Form.Required("VolumeId");
        var tags = call.Form.TagsFor("snapshot");
        lock (call.Region.Gate)
        {
            var volume = Lookup.Volume(call, id);
            CheckLimits(call, [volume]);
            SnapshotXml.Write(xml, Add(call, volume, tags), "status"u8);
        }
    }

    /// <summary>All volumes of an instance, or some, at one instant, in one call: all of them or none.</summary>
    public static void CreateOfInstance(Call call, XmlBuffer xml)
    {
        var instance = call.Form.Required("InstanceSpecification.InstanceId");
        var excluded = call.Form.List("InstanceSpecification.ExcludeDataVolumeId");
        var copiesTags = call.Form["CopyTagsFromSource"] == "volume";
        var tags = call.Form.TagsFor("snapshot");
        if (excluded.Count > MostExcluded) throw Ec2Failure.Value("ExcludeDataVolumeIds", string.Join(", ", excluded));
        lock (call.Region.Gate)
        {
            Lookup.Instance(call, instance);
            var volumes = call.Region.VolumeTable.InOrder.Where(e => e.IsFound(call.NowTicks)
                && e.Item.Attachments.FirstOrDefault(a => a.InstanceId == instance) is { } attachment
                && !(attachment.IsBoot && call.Form.Flag("InstanceSpecification.ExcludeBootVolume"))
                && !excluded.Contains(e.Item.Id)).ToList();
            if (volumes.Count == 0) throw Ec2Failure.Bad("InvalidParameterValue", $"No volume of {instance} is left to be snapshotted.");
            CheckLimits(call, volumes);
            xml.Open("snapshotSet"u8);
            foreach (var volume in volumes)
            {
                var all = copiesTags ? [.. tags, .. volume.Item.Tags.Where(t => tags.TrueForAll(own => own.Key != t.Key))] : tags;
                xml.Open("item"u8);
                SnapshotXml.Write(xml, Add(call, volume, all), "state"u8);
                xml.Close("item"u8);
            }
            xml.Close("snapshotSet"u8);
        }
    }

    public static void Delete(Call call, XmlBuffer xml)
    {
        var id = call.Form.Required("SnapshotId");
        lock (call.Region.Gate)
        {
            var entry = Lookup.Snapshot(call, id);
            if (entry.Item.OwnerId != call.Account.Id)
                throw new Ec2Failure("UnauthorizedOperation", StatusCodes.Status403Forbidden, "You are not authorized to perform this operation.");
            if (entry.Item.UsedByImage is { } image)
                throw Ec2Failure.Bad("InvalidSnapshot.InUse", $"The snapshot {id} is currently in use by {image}");
            call.Region.SnapshotTable.Delete(entry, call.NowTicks, call.Switches.VisibilityLag, TimeSpan.Zero);
            call.Record(id, entry.Item.VolumeId);
        }
        xml.Element("return"u8, true);
    }

    static void CheckLimits(Call call, List<Entry<Ec2Volume>> volumes)
    {
        var now = call.NowTicks;
        // One that ended in error counts until it is deleted; one deleted while pending counts until it would have ended.
        call.Region.CountedSnapshots.RemoveAll(s => s.ReadyAt <= now && (!s.EndsInError || s.IsDeleted));
        foreach (var volume in volumes)
        {
            var (id, type) = (volume.Item.Id, volume.Item.Type);
            if (View.StatusOf(volume, now) is var status and not ("available" or "in-use"))
                throw Ec2Failure.Bad("IncorrectState", $"The volume '{id}' is {status}.");
            if (call.Region.LastSnapshotTicks.TryGetValue(id, out var last) && now - last < call.Switches.SnapshotSpacing.Ticks)
                throw Ec2Failure.Bad("SnapshotCreationPerVolumeRateExceeded",
                    "The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep interval between requests.");
            if (call.Region.CountedSnapshots.Count(s => s.Item.VolumeId == id)
                >= (type is "st1" or "sc1" ? PendingPerThroughputVolume : PendingPerVolume))
                throw Ec2Failure.Bad("ConcurrentSnapshotLimitExceeded", $"Maximum allowed in-progress snapshots for volume {id} exceeded.");
        }
        if (call.Region.CountedSnapshots.Count + volumes.Count > call.Switches.PendingSnapshotLimit)
            throw Ec2Failure.Bad("PendingSnapshotLimitExceeded",
                $"The maximum of {call.Switches.PendingSnapshotLimit} pending snapshots is reached.");
    }

    static Ec2Snapshot Add(Call call, Entry<Ec2Volume> volume, List<Ec2Tag> tags)
    {
        var snapshot = new Ec2Snapshot
        {
            Id = call.Cloud.NewId("snap"),
            VolumeId = volume.Item.Id,
            OwnerId = call.Account.Id,
            StartedAt = call.Now,
            VolumeSizeGib = volume.Item.SizeGib,
            FullSizeBytes = volume.Item.SizeGib * GibBytes / 2,
            Encrypted = volume.Item.Encrypted,
            KmsKeyId = volume.Item.KmsKeyId,
            Description = call.Form["Description"] ?? "",
            Tags = tags,
        };
        var entry = new Entry<Ec2Snapshot>(snapshot, call.Region.SnapshotTable.NextSequence())
        {
            VisibleFrom = call.NowTicks + call.Switches.VisibilityLag.Ticks,
            ReadyAt = call.NowTicks + call.Switches.SnapshotPending.Ticks,
            EndsInError = call.Switches.Chance.Hits(call.Switches.SnapshotErrorChance),
        };
        call.Region.SnapshotTable.Add(entry);
        call.Region.CountedSnapshots.Add(entry);
        call.Region.LastSnapshotTicks[volume.Item.Id] = call.NowTicks;
        call.Record(snapshot.Id, snapshot.VolumeId, tags);
        return snapshot with { Status = "pending", ProgressPercent = 0, FullSizeBytes = null };
    }
}
