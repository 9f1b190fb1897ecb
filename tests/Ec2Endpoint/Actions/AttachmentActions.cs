using Octavo.Ec2.Http;

namespace Octavo.Ec2.Actions;

/// <summary>Attaches volumes to instances and detaches them. The answer speaks of the way, the next listing of its end.</summary>
static class AttachmentActions
{
    const int MostOfMultiAttach = 16;

    public static void Attach(Call call, XmlBuffer xml)
    {
        var id = call.Form.Required("VolumeId");
        var instance = call.Form.Required("InstanceId");
        var device = call.Form.Required("Device");
        lock (call.Region.Gate)
        {
            var entry = Lookup.Volume(call, id);
            Lookup.Instance(call, instance);
            var volume = entry.Item;
            if (Model.View.StatusOf(entry, call.NowTicks) is var status and not ("available" or "in-use"))
                throw Ec2Failure.Bad("IncorrectState", $"The volume '{id}' is {status}.");
            if (volume.Attachments.Count >= (volume.MultiAttachEnabled ? MostOfMultiAttach : 1)
                || volume.Attachments.Any(a => a.InstanceId == instance))
                throw Ec2Failure.Bad("VolumeInUse", $"{id} is already attached to an instance");
            if (call.Region.VolumeTable.InOrder.Any(e => !e.IsDeleted
                && e.Item.Attachments.Any(a => a.InstanceId == instance && a.Device == device)))
                throw Ec2Failure.Value("device", device);
            var attachment = new Ec2Attachment { InstanceId = instance, Device = device, AttachedAt = call.Now };
            entry.Item = volume with { Status = "in-use", Attachments = [.. volume.Attachments, attachment] };
            call.Record(id, instance);
            VolumeXml.Write(xml, id, attachment, "attaching");
        }
    }

    public static void Detach(Call call, XmlBuffer xml)
    {
        var id = call.Form.Required("VolumeId");
        var instance = call.Form["InstanceId"];
        lock (call.Region.Gate)
        {
            var entry = Lookup.Volume(call, id);
            var volume = entry.Item;
            if (volume.ManagedBy is { } service)
                throw Ec2Failure.Bad("OperationNotPermitted", $"The volume '{id}' is managed by {service}.");
            var attachment = (instance, volume.Attachments) switch
            {
                (_, []) => throw Ec2Failure.Bad("IncorrectState", $"Volume '{id}' is in the 'available' state."),
                (null, [var only]) => only,
                (null, _) => throw Ec2Failure.Missing("InstanceId"),
                _ => volume.Attachments.FirstOrDefault(a => a.InstanceId == instance)
                    ?? throw Ec2Failure.Bad("InvalidAttachment.NotFound", $"Volume '{id}' is not attached to '{instance}'."),
            };
            // A busy device stays, perhaps for ever, until it is forced off.
            if (attachment.Status == "busy" && !call.Form.Flag("Force"))
            {
                VolumeXml.Write(xml, id, attachment, "busy");
                return;
            }
            List<Ec2Attachment> rest = [.. volume.Attachments.Where(a => a != attachment)];
            entry.Item = volume with { Status = rest.Count == 0 ? "available" : "in-use", Attachments = rest };
            call.Record(id, attachment.InstanceId);
            VolumeXml.Write(xml, id, attachment, "detaching");
        }
    }
}
