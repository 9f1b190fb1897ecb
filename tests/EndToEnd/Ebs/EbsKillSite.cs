using Octavo.Api;
using Octavo.Ec2;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Ebs;

/// <summary>The endpoint behind a server that dies again and again; each death gets a volume of its own.</summary>
sealed class EbsKillSite : IAsyncDisposable
{
    const string RegionName = "us-east-1";

    string? credential;

    EbsKillSite(Ec2Endpoint endpoint) => Endpoint = endpoint;

    public Ec2Endpoint Endpoint { get; }

    public Ec2Region Region => Endpoint.Cloud.Accounts.Single().Region(RegionName);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<EbsKillSite> StartAsync()
    {
        var site = new EbsKillSite(await Ec2Endpoint.StartAsync(new Ec2EndpointOptions(Seed: new Ec2Seed { Regions = [RegionName] })));
        // Long enough for some steps, short enough for many deaths.
        site.Endpoint.Switches.SnapshotPending = site.Endpoint.Switches.DeleteLag = TimeSpan.FromMilliseconds(400);
        return site;
    }

    /// <summary>A new volume that the server has listed.</summary>
    public async Task<Volume> VolumeAsync(NativeClient client)
    {
        var made = new Ec2Volume
        {
            Id = Endpoint.Cloud.NewId("vol"),
            Zone = Region.Zones[0],
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        Region.Put(made);
        if (credential is null)
        {
            var key = Endpoint.Cloud.Keys.Single();
            credential = (await client.Api.CreateCredentialAsync(
                new CreateCredentialRequest("aws", key.Id, key.Secret, Endpoint: Endpoint.Address.AbsoluteUri), Cancellation)).Id;
        }
        await client.SucceededAsync((await client.Api.RefreshCredentialAsync(credential, Cancellation)).Operation);
        return (await client.VolumesAsync()).Single(v => v.ProviderVolumeId == made.Id);
    }

    /// <summary>How often an action was really done to something, or made something of it.</summary>
    public int Done(string action, string id) =>
        Endpoint.Journal.Mutations.Count(m => m.Action == action && (m.Id == id || m.Source == id));

    public ValueTask DisposeAsync() => Endpoint.DisposeAsync();
}
