using System.Buffers;
using Amazon.EC2.Model;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>Finds out what a credential opens: whose it is, where it works, and which permissions it lacks. Nothing is changed.</summary>
sealed class EbsProbe(EbsSessions sessions, EbsEndpoints endpoints, TimeProvider time)
{
    /// <summary>Somebody waits for the answer.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    const int LongestRegion = 32;

    static readonly SearchValues<char> RegionCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    public async Task<CredentialReport> RunAsync(ProviderAccess access, CancellationToken cancellation)
    {
        foreach (var region in access.Regions)
            if (region.Length is 0 or > LongestRegion || region.AsSpan().ContainsAnyExcept(RegionCharacters))
                throw new VolumeException(ErrorCode.Invalid,
                    "A region's name has only a to z, 0 to 9 and hyphens, as in eu-west-1; one of those given has not.");
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            return await RunAsync(access, access, either.Token);
        }
        catch (VolumeException e) when (IsAboutTheRegion(e) && endpoints.HomeRegion(access) != EbsEndpoints.DefaultRegion)
        {
            // The home region was the user's own word. The one that every cloud of this kind knows can tell which there are.
            return await RunAsync(access with { Regions = [] }, access, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new VolumeException(ErrorCode.Unavailable,
                $"{access.Endpoint?.Authority ?? "AWS"} did not answer within {Patience.TotalSeconds:0} s. Check the endpoint and this machine's network.");
        }
    }

    /// <param name="from">Where to ask: the same access, with another home region perhaps.</param>
    async Task<CredentialReport> RunAsync(ProviderAccess from, ProviderAccess access, CancellationToken cancellation)
    {
        using var session = sessions.Try(from);
        var account = await session.AccountAsync(cancellation);
        var missing = new List<string>();
        var regions = await RegionsAsync(session, access, missing, cancellation);
        missing.AddRange(await DryRuns.MissingAsync(session, regions[0], cancellation));
        return new CredentialReport(account, regions, missing);
    }

    async Task<IReadOnlyList<string>> RegionsAsync(
        EbsSession session, ProviderAccess access, List<string> missing, CancellationToken cancellation)
    {
        string[] enabled;
        try
        {
            enabled = await EnabledAsync(session, cancellation);
        }
        catch (VolumeException e) when (DryRuns.IsPermission(e) && access.Regions.Count > 0)
        {
            // What it was given is all that can be known then.
            missing.Add(Actions.Permission(Actions.DescribeRegions));
            return access.Regions;
        }
        catch (VolumeException e) when (DryRuns.IsPermission(e))
        {
            throw new VolumeException(ErrorCode.Conflict,
                $"{e.Message} Or name the regions that the credential is for.", e)
            {
                ProviderCode = e.ProviderCode,
                ProviderRequestId = e.ProviderRequestId,
            };
        }
        if (enabled.Length == 0)
            throw new VolumeException(ErrorCode.Conflict, "The account has no region enabled.");
        if (access.Regions.Count == 0) return enabled;
        var unknown = access.Regions.Except(enabled).ToList();
        return unknown.Count == 0
            ? [.. access.Regions.Distinct()]
            : throw new VolumeException(ErrorCode.Conflict,
                $"The account has no region {string.Join(", ", unknown)} that is enabled. It has {string.Join(", ", enabled)}.");
    }

    async Task<string[]> EnabledAsync(EbsSession session, CancellationToken cancellation)
    {
        var answer = await session.ReadAsync(endpoints.HomeRegion(session.Access), Actions.DescribeRegions, (ec2, token) =>
            ec2.DescribeRegionsAsync(new DescribeRegionsRequest(), token), cancellation);
        return [.. (answer.Regions ?? []).Select(r => r.RegionName).Where(r => !string.IsNullOrEmpty(r)).Order(StringComparer.Ordinal)];
    }

    static bool IsAboutTheRegion(VolumeException e) => e.ProviderCode is EbsCodes.AuthFailure or EbsCodes.RegionDisabled;
}
