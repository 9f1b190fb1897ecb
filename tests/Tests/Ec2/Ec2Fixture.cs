using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Octavo.Ec2;
using Octavo.Ec2.Faults;

namespace Octavo.Tests.Ec2;

/// <summary>An endpoint of one account with the real SDK against it. The SDK retries nothing, so that each test sees each answer.</summary>
sealed class Ec2Fixture : IAsyncDisposable
{
    public const string Account = "111111111111";
    public const string Region = "us-east-1";

    readonly List<IDisposable> clients = [];

    public required Ec2Endpoint Endpoint { get; init; }

    public Switches Switches => Endpoint.Switches;

    public Ec2Region Home => Endpoint.Cloud.Account(Account).Region(Region);

    public Ec2Key Key => Endpoint.Cloud.Keys.First();

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Ec2Fixture> StartAsync(int volumes = 0, int attached = 0, int snapshots = 0, TimeProvider? time = null) => new()
    {
        Endpoint = await Ec2Endpoint.StartAsync(
            new Ec2EndpointOptions(Seed: new Ec2Seed
            {
                Regions = [Region, "eu-west-1"],
                Volumes = 2 * volumes,
                Attached = 2 * attached,
                Snapshots = 2 * snapshots,
            }), time),
    };

    /// <param name="staleConnectionRetries">What the SDK repeats on top of its retries where a connection breaks; 10 by its own default.</param>
    public AmazonEC2Client Client(string region = Region, AWSCredentials? credentials = null, int staleConnectionRetries = 0)
    {
        var client = new AmazonEC2Client(credentials ?? new BasicAWSCredentials(Key.Id, Key.Secret), new AmazonEC2Config
        {
            ServiceURL = Endpoint.Address.ToString(),
            AuthenticationRegion = region,
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = staleConnectionRetries,
        });
        clients.Add(client);
        return client;
    }

    public AmazonSecurityTokenServiceClient Sts(AWSCredentials? credentials = null)
    {
        var client = new AmazonSecurityTokenServiceClient(credentials ?? new BasicAWSCredentials(Key.Id, Key.Secret),
            new AmazonSecurityTokenServiceConfig
            {
                ServiceURL = Endpoint.Address.ToString(),
                AuthenticationRegion = Region,
                MaxErrorRetry = 0,
                MaxStaleConnectionRetries = 0,
            });
        clients.Add(client);
        return client;
    }

    /// <summary>Pages to the end; each page's ids.</summary>
    public static async Task<List<List<string>>> PagesAsync(AmazonEC2Client client, int size = 500, params Filter[] filters)
    {
        var pages = new List<List<string>>();
        string? token = null;
        do
        {
            var page = await client.DescribeVolumesAsync(
                new DescribeVolumesRequest { MaxResults = size, NextToken = token, Filters = [.. filters] }, Cancellation);
            pages.Add([.. (page.Volumes ?? []).Select(v => v.VolumeId)]);
            token = page.NextToken;
        } while (token is not null);
        return pages;
    }

    public static async Task<AmazonServiceException> ShouldFailAsync(string code, int status, Task call)
    {
        var failure = (await Should.ThrowAsync<Exception>(call)).ShouldBeAssignableTo<AmazonServiceException>()!;
        failure.ErrorCode.ShouldBe(code, failure.Message);
        ((int)failure.StatusCode).ShouldBe(status);
        return failure;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients) client.Dispose();
        await Endpoint.DisposeAsync();
    }
}
