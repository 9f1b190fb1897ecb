using System.Collections.Concurrent;
using Amazon.EC2;
using Amazon.Runtime;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>A credential in use: its identity and one client for each region, kept because each keeps its connections.</summary>
sealed class EbsSession(ProviderAccess access, EbsEndpoints endpoints, EbsCalls calls, TimeProvider time) : IDisposable
{
    readonly ConcurrentDictionary<string, AmazonEC2Client> clients = new(StringComparer.Ordinal);
    readonly EbsIdentity identity = new(access, endpoints, calls, time);

    /// <summary>What it was opened with.</summary>
    public ProviderAccess Access => access;

    /// <summary>When it was last the same as in the vault, as a timestamp.</summary>
    public long ComparedAt { get; set; } = time.GetTimestamp();

    /// <summary>Makes a request that changes nothing.</summary>
    public async Task<T> ReadAsync<T>(
        string region, string action, Func<AmazonEC2Client, CancellationToken, Task<T>> call, CancellationToken cancellation)
        where T : AmazonWebServiceResponse
    {
        var (client, target) = await PrepareAsync(region, action, cancellation);
        return await calls.ReadAsync(target, token => call(client, token), cancellation);
    }

    /// <summary>Makes a request that changes something; see <see cref="EbsCalls.ChangeAsync"/>.</summary>
    public async Task<T> ChangeAsync<T>(
        string region, string action, Func<AmazonEC2Client, CancellationToken, Task<T>> call, CancellationToken cancellation)
        where T : AmazonWebServiceResponse
    {
        var (client, target) = await PrepareAsync(region, action, cancellation);
        return await calls.ChangeAsync(target, token => call(client, token), cancellation);
    }

    /// <summary>What a request is signed with now.</summary>
    public async Task<ImmutableCredentials> SignerAsync(CancellationToken cancellation)
    {
        await identity.FreshenAsync(cancellation);
        return identity.Held.Current;
    }

    /// <summary>The account that the identity is of, as STS says.</summary>
    public async Task<string> AccountAsync(CancellationToken cancellation)
    {
        await identity.FreshenAsync(cancellation);
        using var sts = endpoints.Sts(access, identity.Held);
        var target = endpoints.Target(access, endpoints.HomeRegion(access), Actions.GetCallerIdentity, identity.Held.Current);
        var answer = await calls.ReadAsync(target, token => sts.GetCallerIdentityAsync(new(), token), cancellation);
        return answer.Account
            ?? throw new VolumeException(ErrorCode.Unavailable, $"{target.Who} cannot be used: {FailureText.NotEc2}.");
    }

    /// <summary>The clients go with their last call; the connections are the SDK's and shared.</summary>
    public void Dispose() => identity.Dispose();

    async Task<(AmazonEC2Client Client, CallTarget Target)> PrepareAsync(string region, string action, CancellationToken cancellation)
    {
        await identity.FreshenAsync(cancellation);
        var client = clients.GetOrAdd(region, r => endpoints.Ec2(access, r, identity.Held));
        return (client, endpoints.Target(access, region, action, identity.Held.Current));
    }
}
