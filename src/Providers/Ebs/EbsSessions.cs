using System.Collections.Concurrent;
using Amazon.EC2;
using Amazon.Runtime;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// The credentials in use, opened from the vault when first needed. They are opened again now and then, so that a changed or deleted one is not used
/// for long, and at once where AWS no longer accepts what is held.
/// </summary>
sealed class EbsSessions(ICredentialVault vault, EbsEndpoints endpoints, EbsCalls calls, TimeProvider time) : IDisposable
{
    /// <summary>How long a deleted or changed credential may stay in use.</summary>
    static readonly TimeSpan ReopenAfter = TimeSpan.FromMinutes(5);

    readonly ConcurrentDictionary<CredentialId, EbsSession> sessions = new();

    /// <summary>A session that is not of the vault: for a credential that is only being looked at.</summary>
    public EbsSession Try(ProviderAccess access) => new(access, endpoints, calls, time);

    /// <summary>Makes a request that changes nothing, in a cell.</summary>
    public Task<T> ReadAsync<T>(
        Cell cell, string action, Func<AmazonEC2Client, CancellationToken, Task<T>> call, CancellationToken cancellation)
        where T : AmazonWebServiceResponse =>
        RunAsync(cell.Credential, session => session.ReadAsync(cell.Region, action, call, cancellation), cancellation);

    /// <summary>Makes a request that changes something, in a cell; see <see cref="EbsCalls.ChangeAsync"/>.</summary>
    public Task<T> ChangeAsync<T>(
        Cell cell, string action, Func<AmazonEC2Client, CancellationToken, Task<T>> call, CancellationToken cancellation)
        where T : AmazonWebServiceResponse =>
        RunAsync(cell.Credential, session => session.ChangeAsync(cell.Region, action, call, cancellation), cancellation);

    /// <summary>What opened a cell, and what its requests are signed with now: for a service that the SDK has no client for here.</summary>
    public async Task<(ProviderAccess Access, ImmutableCredentials Signer)> SignerAsync(Cell cell, CancellationToken cancellation)
    {
        var session = await OfAsync(cell.Credential, cancellation);
        return (session.Access, await session.SignerAsync(cancellation));
    }

    /// <summary>Whose limits a cell's requests draw on.</summary>
    public async Task<string> AccountOfAsync(Cell cell, CancellationToken cancellation) =>
        endpoints.AccountOf((await OfAsync(cell.Credential, cancellation)).Access);

    public void Dispose()
    {
        foreach (var session in sessions.Values) session.Dispose();
    }

    /// <summary>A request that met a refused identity was certainly not done: with a new one it is made once more.</summary>
    async Task<T> RunAsync<T>(CredentialId credential, Func<EbsSession, Task<T>> call, CancellationToken cancellation)
    {
        var session = await OfAsync(credential, cancellation);
        try
        {
            return await call(session);
        }
        catch (VolumeException e) when (Kind(e) is EbsFailureKind.Expired or EbsFailureKind.Credential)
        {
            if (await RenewAsync(session, Kind(e) == EbsFailureKind.Expired, cancellation) is not { } renewed) throw;
            return await call(renewed);
        }
    }

    async Task<EbsSession> OfAsync(CredentialId credential, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (sessions.TryGetValue(credential, out var open) && time.GetElapsedTime(open.ComparedAt) < ReopenAfter) return open;
        var access = await OpenAsync(credential, cancellation);
        if (open is null || !IsSame(open.Access, access)) return Replace(open, access);
        open.ComparedAt = time.GetTimestamp();
        return open;
    }

    /// <summary>Null where there is nothing new to try with.</summary>
    async Task<EbsSession?> RenewAsync(EbsSession refused, bool isExpired, CancellationToken cancellation)
    {
        var credential = refused.Access.Credential;
        if (sessions.TryGetValue(credential, out var open) && open != refused) return open;
        var access = await OpenAsync(credential, cancellation);
        var canRenew = isExpired && (access.RoleArn is not null || access.Source != AccessSource.Key);
        return canRenew || !IsSame(refused.Access, access) ? Replace(refused, access) : null;
    }

    async Task<ProviderAccess> OpenAsync(CredentialId credential, CancellationToken cancellation)
    {
        try
        {
            return await vault.OpenAsync(credential, cancellation);
        }
        catch (VolumeException)
        {
            sessions.TryRemove(credential, out _);
            throw;
        }
    }

    /// <summary>Of several that replace one session at the same time, the first wins.</summary>
    EbsSession Replace(EbsSession? old, ProviderAccess access)
    {
        var fresh = new EbsSession(access, endpoints, calls, time);
        if (old is null) return sessions.GetOrAdd(access.Credential, fresh);
        return sessions.TryUpdate(access.Credential, fresh, old) ? fresh : sessions.GetOrAdd(access.Credential, fresh);
    }

    static EbsFailureKind? Kind(VolumeException e) => e.ProviderCode is { } code ? EbsCodes.KindOf(code, 400) : null;

    /// <summary>Compared without the list of regions, which signs nothing.</summary>
    static bool IsSame(ProviderAccess one, ProviderAccess other) => one with { Regions = [] } == (other with { Regions = [] });
}
