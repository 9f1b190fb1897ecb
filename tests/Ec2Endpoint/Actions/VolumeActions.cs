using Octavo.Ec2.Http;
using Octavo.Ec2.Model;

namespace Octavo.Ec2.Actions;

/// <summary>Makes and deletes volumes.</summary>
static class VolumeActions
{
    static readonly Dictionary<string, (int Smallest, int Largest)> SizesGib = new()
    {
        ["gp3"] = (1, 65_536),
        ["gp2"] = (1, 16_384),
        ["io1"] = (4, 16_384),
        ["io2"] = (4, 65_536),
        ["st1"] = (125, 16_384),
        ["sc1"] = (125, 16_384),
        ["standard"] = (1, 1024),
    };

    public static void Create(Call call, XmlBuffer xml)
    {
        var token = call.Form["ClientToken"];
        if (token?.Length > 64) throw Ec2Failure.Value("clientToken", token);
        lock (call.Region.Gate)
        {
            var asked = Asked(call.Form);
            if (token is { Length: > 0 } && call.Region.ClientTokens.TryGetValue(token, out var before))
            {
                if (before.Asked != asked)
                    throw Ec2Failure.Bad("IdempotentParameterMismatch", "The client token was used before with other parameters.");
                VolumeXml.Write(xml, before.Made.Item, View.StatusOf(before.Made, call.NowTicks));
                return;
            }
            var made = new Entry<Ec2Volume>(Specified(call), call.Region.VolumeTable.NextSequence())
            {
                VisibleFrom = call.NowTicks + call.Switches.VisibilityLag.Ticks,
                ReadyAt = call.NowTicks + call.Switches.CreateLag.Ticks,
            };
            call.Region.VolumeTable.Add(made);
            if (token is { Length: > 0 }) call.Region.ClientTokens[token] = (asked, made);
            call.Record(made.Item.Id, made.Item.SnapshotId, made.Item.Tags);
            VolumeXml.Write(xml, made.Item, "creating");
        }
    }

    public static void Delete(Call call, XmlBuffer xml)
    {
        var id = call.Form.Required("VolumeId");
        lock (call.Region.Gate)
        {
            var entry = Lookup.Volume(call, id);
            if (entry.Item.Attachments is [var attachment, ..])
                throw Ec2Failure.Bad("VolumeInUse", $"Volume {id} is currently attached to {attachment.InstanceId ?? attachment.AssociatedResource}");
            if (View.StatusOf(entry, call.NowTicks) is not ("available" or "error"))
                throw Ec2Failure.Bad("IncorrectState", $"The volume '{id}' is {View.StatusOf(entry, call.NowTicks)}.");
            if (entry.Item.ManagedBy is { } service)
                throw Ec2Failure.Bad("OperationNotPermitted", $"The volume '{id}' is managed by {service}.");
            call.Region.VolumeTable.Delete(entry, call.NowTicks, call.Switches.VisibilityLag, call.Switches.DeleteLag);
            RecycleBinActions.Keep(call, entry.Item);
            call.Record(id);
        }
        xml.Element("return"u8, true);
    }

    static Ec2Volume Specified(Call call)
    {
        var form = call.Form;
        var zone = form["AvailabilityZone"] ?? (form["AvailabilityZoneId"] is { } zoneId
            ? call.Region.Zones.FirstOrDefault(z => RegionActions.ZoneId(z) == zoneId) ?? throw NoZone(zoneId)
            : throw Ec2Failure.Missing("AvailabilityZone"));
        if (!call.Region.Zones.Contains(zone)) throw NoZone(zone);
        var snapshot = form["SnapshotId"] is { Length: > 0 } id ? Lookup.Snapshot(call, id) : null;
        if (snapshot is not null && View.StatusOf(snapshot, call.NowTicks) != "completed")
            throw Ec2Failure.Bad("IncorrectState", $"Snapshot is in invalid state - {View.StatusOf(snapshot, call.NowTicks)}");
        if (snapshot?.Item.StorageTier == "archive")
            throw Ec2Failure.Bad("IncorrectState", $"Snapshot {snapshot.Item.Id} is in the archive tier and has to be restored first.");
        var size = form.Number("Size") ?? snapshot?.Item.VolumeSizeGib ?? throw Ec2Failure.Missing("size/snapshot");
        if (size < snapshot?.Item.VolumeSizeGib)
            throw Ec2Failure.Bad("InvalidParameterValue", $"Value ({size}) for parameter size is smaller than the snapshot.");
        var type = form["VolumeType"] ?? "gp2";
        if (!SizesGib.TryGetValue(type, out var sizes)) throw Ec2Failure.Bad("UnknownVolumeType", $"Unknown volume type: {type}");
        if (size < sizes.Smallest || size > sizes.Largest)
            throw Ec2Failure.Bad("InvalidParameterValue", $"Volume of {size}GiB is not from {sizes.Smallest} to {sizes.Largest}GiB, as {type} is.");
        var (iops, throughput) = VolumeSpeeds.Of(type, size, form.Number("Iops"), form.Number("Throughput"));
        var multiAttach = form.Flag("MultiAttachEnabled");
        if (multiAttach && type is not ("io1" or "io2")) throw VolumeSpeeds.Combination("multiAttachEnabled", type);
        var encrypted = form.Flag("Encrypted") || snapshot?.Item.Encrypted == true;
        if (form["KmsKeyId"] is not null && !encrypted)
            throw Ec2Failure.Bad("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.");
        return new Ec2Volume
        {
            Id = call.Cloud.NewId("vol"),
            Zone = zone,
            SizeGib = size,
            Type = type,
            CreatedAt = call.Now,
            Iops = iops,
            Throughput = throughput,
            Encrypted = encrypted,
            KmsKeyId = !encrypted ? null : form["KmsKeyId"] ?? snapshot?.Item.KmsKeyId ?? DefaultKey(call),
            SseType = encrypted ? "sse-kms" : null,
            MultiAttachEnabled = multiAttach,
            SnapshotId = snapshot?.Item.Id,
            Tags = form.TagsFor("volume"),
        };
    }

    /// <summary>All that a token stands for: the same token with anything else is a mismatch.</summary>
    static string Asked(Form form) => string.Join('\n', form.All
        .Where(p => p.Key is not ("Action" or "Version" or "ClientToken"))
        .OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"));

    static string DefaultKey(Call call) =>
        $"arn:aws:kms:{call.Region.Name}:{call.Account.Id}:key/00000000-0000-4000-8000-000000000001";

    static Ec2Failure NoZone(string zone) => Ec2Failure.Bad("InvalidZone.NotFound", $"The zone '{zone}' does not exist.");
}
