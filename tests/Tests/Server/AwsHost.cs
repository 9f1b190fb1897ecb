using System.Text.Json.Nodes;
using Octavo.Ec2;

namespace Octavo.Tests.Server;

/// <summary>A server with one AWS credential, of an account with one region that is there in this process.</summary>
sealed class AwsHost : IAsyncDisposable
{
    public const string RegionName = "eu-west-1";

    AwsHost(Ec2Endpoint ec2, Ec2Region region, ServerHost server, string credential)
    {
        (Ec2, Region, Server, Credential) = (ec2, region, server, credential);
    }

    public Ec2Endpoint Ec2 { get; }

    public Ec2Region Region { get; }

    public ServerHost Server { get; }

    /// <summary>The credential's id.</summary>
    public string Credential { get; }

    /// <param name="put">What is there before Octavo looks.</param>
    public static async Task<AwsHost> StartAsync(Action<Ec2Endpoint, Ec2Region>? put = null)
    {
        var ec2 = await Ec2Endpoint.StartAsync();
        var account = ec2.Cloud.AddAccount("111122223333", [RegionName]);
        var region = account.Region(RegionName);
        var key = ec2.Cloud.AddKey(account.Id);
        put?.Invoke(ec2, region);
        var server = await ServerHost.StartAsync(aws: ec2.Address);
        var added = await server.V2Async("POST", "/v2/credentials", new JsonObject
        {
            ["name"] = "aws",
            ["aws_access_key_id"] = key.Id,
            ["aws_secret_access_key"] = key.Secret,
            ["regions"] = new JsonArray(RegionName),
        });
        added.Status.ShouldBe(201, added.Body);
        await ServerHost.EventuallyAsync(() => server.V2Async("GET", "/v2/volumes?limit=1"), page =>
            page.Json["cells"]!.AsArray().Any(cell => (string?)cell!["region"] == RegionName && cell["observed_at"] is not null));
        return new AwsHost(ec2, region, server, (string)added.Json["id"]!);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Ec2.DisposeAsync();
    }
}
