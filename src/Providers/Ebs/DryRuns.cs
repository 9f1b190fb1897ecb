using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>Asks for permissions without using them: EC2 answers a dry run with whether it would have been allowed.</summary>
static class DryRuns
{
    /// <summary>Ids that nothing has: what EC2 says of them comes after what it says of the permission.</summary>
    const string NoVolume = "vol-00000000000000000";
    const string NoSnapshot = "snap-00000000000000000";
    const string NoInstance = "i-00000000000000000";

    /// <summary>The needed permissions that are lacking.</summary>
    public static async Task<IReadOnlyList<string>> MissingAsync(EbsSession session, string region, CancellationToken cancellation)
    {
        var (mayDescribeZones, zone) = await ZoneAsync(session, region, cancellation);
        var answers = await Task.WhenAll(
            ReadAsync(Actions.DescribeVolumes, (ec2, token) => ec2.DescribeVolumesAsync(new() { DryRun = true }, token)),
            ReadAsync(Actions.DescribeSnapshots, (ec2, token) => ec2.DescribeSnapshotsAsync(new() { DryRun = true, OwnerIds = ["self"] }, token)),
            Task.FromResult((Actions.DescribeAvailabilityZones, mayDescribeZones)),
            ChangeAsync(Actions.CreateVolume, (ec2, token) => CreateVolumeAsync(ec2, zone, token)),
            ChangeAsync(Actions.DeleteVolume, (ec2, token) => ec2.DeleteVolumeAsync(new() { DryRun = true, VolumeId = NoVolume }, token)),
            ChangeAsync(Actions.CreateSnapshot, (ec2, token) => ec2.CreateSnapshotAsync(new() { DryRun = true, VolumeId = NoVolume }, token)),
            ChangeAsync(Actions.CreateSnapshots, (ec2, token) => ec2.CreateSnapshotsAsync(new()
            {
                DryRun = true,
                InstanceSpecification = new InstanceSpecification { InstanceId = NoInstance },
            }, token)),
            ChangeAsync(Actions.DeleteSnapshot, (ec2, token) => ec2.DeleteSnapshotAsync(new() { DryRun = true, SnapshotId = NoSnapshot }, token)),
            ChangeAsync(Actions.CreateTags, (ec2, token) => ec2.CreateTagsAsync(new()
            {
                DryRun = true,
                Resources = [NoVolume],
                Tags = [new Tag(EbsTranslation.OperationTag, "")],
            }, token)),
            ChangeAsync(Actions.DeleteTags, (ec2, token) => ec2.DeleteTagsAsync(new()
            {
                DryRun = true,
                Resources = [NoVolume],
                Tags = [new Tag(EbsTranslation.OperationTag, "")],
            }, token)));
        return [.. answers.Where(a => !a.Item2).Select(a => Actions.Permission(a.Item1))];

        Task<(string, bool)> ReadAsync<T>(string action, Func<AmazonEC2Client, CancellationToken, Task<T>> call)
            where T : AmazonWebServiceResponse =>
            AskAsync(action, () => session.ReadAsync(region, action, call, cancellation));

        Task<(string, bool)> ChangeAsync<T>(string action, Func<AmazonEC2Client, CancellationToken, Task<T>> call)
            where T : AmazonWebServiceResponse =>
            AskAsync(action, () => session.ChangeAsync(region, action, call, cancellation));
    }

    /// <summary>Whether a failure is a lack of permission.</summary>
    public static bool IsPermission(VolumeException e) =>
        e.ProviderCode is { } code && EbsCodes.KindOf(code, 403) == EbsFailureKind.Permission;

    static async Task<(string Action, bool IsAllowed)> AskAsync<T>(string action, Func<Task<T>> call)
    {
        try
        {
            await call();
            return (action, true);
        }
        catch (VolumeException e) when (IsPermission(e))
        {
            return (action, false);
        }
        catch (VolumeException e) when (IsAboutTheRequest(e))
        {
            return (action, true);
        }
    }

    /// <summary>Would have been allowed, or got past the permission to its subject, as far as one can know.</summary>
    static bool IsAboutTheRequest(VolumeException e) =>
        e.Code != ErrorCode.Unavailable && e.ProviderCode is { } code
        && EbsCodes.KindOf(code, 400) is not (EbsFailureKind.Credential or EbsFailureKind.Expired or EbsFailureKind.Account);

    static async Task<(bool IsAllowed, string Zone)> ZoneAsync(EbsSession session, string region, CancellationToken cancellation)
    {
        var fallback = region + "a";
        try
        {
            var answer = await session.ReadAsync(region, Actions.DescribeAvailabilityZones, (ec2, token) =>
                ec2.DescribeAvailabilityZonesAsync(new(), token), cancellation);
            return (true, EbsZones.Names(answer) is [var first, ..] ? first : fallback);
        }
        catch (VolumeException e) when (IsPermission(e))
        {
            return (false, fallback);
        }
    }

    /// <summary>A cloud that does not know dry runs makes the volume; it is taken back.</summary>
    static async Task<CreateVolumeResponse> CreateVolumeAsync(AmazonEC2Client ec2, string zone, CancellationToken cancellation)
    {
        var answer = await ec2.CreateVolumeAsync(
            new() { DryRun = true, AvailabilityZone = zone, Size = 1, VolumeType = VolumeType.Gp3 }, cancellation);
        if (answer.Volume?.VolumeId is { Length: > 0 } made) await ec2.DeleteVolumeAsync(new DeleteVolumeRequest(made), cancellation);
        return answer;
    }
}
