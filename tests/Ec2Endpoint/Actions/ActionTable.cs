using System.Collections.Frozen;
using System.Text;
using Octavo.Ec2.Faults;
using Octavo.Ec2.Http;

namespace Octavo.Ec2.Actions;

/// <summary>An action's work: it writes the inside of the answer, or throws an <see cref="Ec2Failure"/> and has done nothing.</summary>
delegate void Work(Call call, XmlBuffer xml);

/// <summary>All actions with AWS's budget for each (EC2 Developer Guide, "Request throttling").</summary>
static class ActionTable
{
    public const string Ec2Version = "2016-11-15";
    public const string StsVersion = "2011-06-15";
    public const string RecycleBinVersion = "2021-06-15";

    static readonly Budget Read = new(100, 20);
    static readonly Budget Unpaged = new(50, 10);
    static readonly Budget Make = new(100, 5);
    static readonly Budget Tag = new(100, 10);
    static readonly Budget Move = new(50, 5);

    static readonly FrozenDictionary<string, ActionEntry> Entries = new ActionEntry[]
    {
        new("DescribeRegions", Read, Read, RegionActions.DescribeRegions),
        new("DescribeAvailabilityZones", Read, Read, RegionActions.DescribeAvailabilityZones),
        new("DescribeVolumes", Read, Unpaged, DescribeVolumes.Run),
        new("DescribeSnapshots", Read, Unpaged, DescribeSnapshots.Run),
        new("CreateVolume", Make, Make, VolumeActions.Create),
        new("DeleteVolume", Make, Make, VolumeActions.Delete),
        new("CreateSnapshot", Make, Make, SnapshotActions.Create),
        new("CreateSnapshots", Make, Make, SnapshotActions.CreateOfInstance),
        new("DeleteSnapshot", Make, Make, SnapshotActions.Delete),
        new("CreateTags", Tag, Tag, TagActions.Create),
        new("DeleteTags", Tag, Tag, TagActions.Delete),
        new("ListVolumesInRecycleBin", Read, Unpaged, RecycleBinActions.List),
        new("RestoreVolumeFromRecycleBin", Move, Move, RecycleBinActions.Restore),
        new("AttachVolume", Move, Move, AttachmentActions.Attach),
        new("DetachVolume", Move, Move, AttachmentActions.Detach),
        new("GetCallerIdentity", Read, Read, StsActions.GetCallerIdentity) { Service = "sts" },
        new("AssumeRole", Read, Read, StsActions.AssumeRole) { Service = "sts" },
        new("ListRules", Read, Read, RetentionRuleActions.List) { Service = "rbin" },
        new("GetRule", Read, Read, RetentionRuleActions.Get) { Service = "rbin" },
    }.ToFrozenDictionary(e => e.Action);

    /// <summary>The action, or null where this version of the API has none of that name.</summary>
    public static ActionEntry? Find(string action, string? version) =>
        Entries.TryGetValue(action, out var entry) && ServiceOf(version) == entry.Service ? entry : null;

    /// <summary>The service whose API has this version; null where none has.</summary>
    public static string? ServiceOf(string? version) => version switch
    {
        Ec2Version => "ec2",
        StsVersion => "sts",
        RecycleBinVersion => "rbin",
        _ => null,
    };
}

/// <summary>One action.</summary>
/// <param name="Paged">The budget of calls with a filter or a page size.</param>
/// <param name="Unpaged">The budget of calls with neither.</param>
sealed record ActionEntry(string Action, Budget Paged, Budget Unpaged, Work Run)
{
    readonly byte[] begin = Encoding.UTF8.GetBytes(
        $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{Action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">");

    public string Service { get; init; } = "ec2";

    /// <summary>Takes a token of the account's bucket for this action in this region; false where it is empty.</summary>
    public bool TryTakeToken(Ec2Region region, Form form, Switches switches)
    {
        var isPaged = Paged == Unpaged || form["MaxResults"] is not null || form["Filter.1.Name"] is not null;
        return region.Buckets.TryTake(isPaged ? Action : Action + " unpaged", isPaged ? Paged : Unpaged, switches.ThrottleScale);
    }

    /// <summary>Throws where the key may not, and where it may but only asked.</summary>
    public void CheckPermission(Ec2Key key, Form form)
    {
        if (Action == "GetCallerIdentity") return;
        var permission = $"{Service}:{Action}";
        if (!key.Allows(permission))
            throw Service switch
            {
                "ec2" => new Ec2Failure("UnauthorizedOperation", StatusCodes.Status403Forbidden,
                    $"You are not authorized to perform this operation. User: {key.Arn} is not authorized to perform: {permission}"),
                _ => new Ec2Failure(Service == "sts" ? "AccessDenied" : "AccessDeniedException", StatusCodes.Status403Forbidden,
                    $"User: {key.Arn} is not authorized to perform: {permission}"),
            };
        if (form.Flag("DryRun"))
            throw new Ec2Failure("DryRunOperation", StatusCodes.Status412PreconditionFailed,
                "Request would have succeeded, but DryRun flag is set.");
    }

    public void Begin(XmlBuffer xml, string request)
    {
        if (Service == "rbin") return;
        if (Service == "sts")
        {
            xml.Raw(Encoding.UTF8.GetBytes($"<{Action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{Action}Result>"));
            return;
        }
        xml.Raw(begin);
        xml.Element("requestId"u8, request);
    }

    public void Finish(XmlBuffer xml, string request)
    {
        if (Service == "rbin") return;
        if (Service == "sts")
            xml.Raw(Encoding.UTF8.GetBytes($"</{Action}Result><ResponseMetadata><RequestId>{request}</RequestId></ResponseMetadata>"));
        xml.Raw(Encoding.UTF8.GetBytes($"</{Action}Response>"));
    }
}
