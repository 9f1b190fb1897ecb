namespace Octavo.Providers.Ebs;

/// <summary>The actions that are called, in AWS's words: as a bucket, and with a prefix as a permission, is named.</summary>
static class Actions
{
    public const string DescribeVolumes = "DescribeVolumes";
    public const string DescribeSnapshots = "DescribeSnapshots";
    public const string DescribeAvailabilityZones = "DescribeAvailabilityZones";
    public const string DescribeRegions = "DescribeRegions";
    public const string CreateVolume = "CreateVolume";
    public const string DeleteVolume = "DeleteVolume";
    public const string ListVolumesInRecycleBin = "ListVolumesInRecycleBin";
    public const string RestoreVolumeFromRecycleBin = "RestoreVolumeFromRecycleBin";
    public const string CreateSnapshot = "CreateSnapshot";
    public const string CreateSnapshots = "CreateSnapshots";
    public const string DeleteSnapshot = "DeleteSnapshot";
    public const string CreateTags = "CreateTags";
    public const string DeleteTags = "DeleteTags";
    public const string GetCallerIdentity = "GetCallerIdentity";
    public const string AssumeRole = "AssumeRole";

    /// <summary>The permission that an action needs.</summary>
    public static string Permission(string action) => "ec2:" + action;
}
