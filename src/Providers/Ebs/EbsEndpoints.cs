using Amazon;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>Where requests go, and the SDK's clients for it. The SDK never retries: how to depends on what a request does.</summary>
sealed class EbsEndpoints(EbsOptions options)
{
    /// <summary>Where an account is asked about itself: every account of the partition has it.</summary>
    public const string DefaultRegion = "us-east-1";

    /// <summary>A page of 500 volumes takes AWS under a second; a minute without an answer is a lost one.</summary>
    static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A client for EC2 in a region.</summary>
    public AmazonEC2Client Ec2(ProviderAccess access, string region, AWSCredentials identity)
    {
        var config = new AmazonEC2Config();
        Configure(config, access, region);
        return new AmazonEC2Client(identity, config);
    }

    /// <summary>A client for STS in the home region: tokens of a regional endpoint are good in every region.</summary>
    public AmazonSecurityTokenServiceClient Sts(ProviderAccess access, AWSCredentials identity)
    {
        var config = new AmazonSecurityTokenServiceConfig();
        Configure(config, access, HomeRegion(access));
        return new AmazonSecurityTokenServiceClient(identity, config);
    }

    /// <summary>The address of something at the Recycle Bin's own service, which the SDK has no client for here.</summary>
    /// <param name="path">Without a slash before it.</param>
    public Uri RecycleBin(ProviderAccess access, string region, string path) =>
        new($"{Of(access)?.AbsoluteUri.TrimEnd('/') ?? $"https://rbin.{region}.{RegionEndpoint.GetBySystemName(region).PartitionDnsSuffix}"}/{path}");

    /// <summary>The region in which an account is asked about itself: of another cloud its own first one, of AWS the partition's oldest.</summary>
    public string HomeRegion(ProviderAccess access)
    {
        var region = access.Regions.Count > 0 ? access.Regions[0] : DefaultRegion;
        if (Of(access) is not null) return region;
        return region switch
        {
            _ when region.StartsWith("cn-", StringComparison.Ordinal) => "cn-north-1",
            _ when region.StartsWith("us-gov-", StringComparison.Ordinal) => "us-gov-west-1",
            _ when region.StartsWith("us-iso", StringComparison.Ordinal) || region.StartsWith("eusc-", StringComparison.Ordinal) => region,
            _ => DefaultRegion,
        };
    }

    /// <summary>What a request is aimed at.</summary>
    /// <param name="signer">What it is signed with; null before anything is.</param>
    public CallTarget Target(ProviderAccess access, string region, string action, ImmutableCredentials? signer)
    {
        var endpoint = Of(access)?.Authority;
        string?[] secrets = [signer?.SecretKey, signer?.Token, access.SecretAccessKey, access.SessionToken];
        return new CallTarget(AccountOf(access), region, action, endpoint, !string.IsNullOrEmpty(signer?.Token),
            [.. secrets.Where(s => !string.IsNullOrEmpty(s)).Select(s => s!).Distinct()]);
    }

    /// <summary>Whose limits a credential's requests draw on: another cloud's account is another one.</summary>
    public string AccountOf(ProviderAccess access)
    {
        var account = access.ProviderAccount ?? access.Credential.Value;
        return Of(access) is { } endpoint ? $"{account}@{endpoint.Authority}" : account;
    }

    /// <summary>The address of another cloud; null for AWS.</summary>
    Uri? Of(ProviderAccess access) => access.Endpoint ?? options.DefaultEndpoint;

    void Configure(ClientConfig config, ProviderAccess access, string region)
    {
        config.MaxErrorRetry = 0;
        // Beside those, the SDK repeats what a reset connection swallowed, which may have been done: a second snapshot.
        config.MaxStaleConnectionRetries = 0;
        config.Timeout = AnswerTimeout;
        config.ConnectTimeout = ConnectTimeout;
        config.IgnoreConfiguredEndpointUrls = true;
        if (Of(access) is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.AuthenticationRegion = region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }
    }
}
