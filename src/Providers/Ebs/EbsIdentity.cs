using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Amazon.SecurityToken.Model;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// Who signs: the first identity of a credential, or the role that it assumes. Explicit for each credential: the machine's own chain is asked only
/// where the credential says so. What is held is fresh before each call, so that a client never renews anything in the middle of one.
/// </summary>
sealed class EbsIdentity(ProviderAccess access, EbsEndpoints endpoints, EbsCalls calls, TimeProvider time) : IDisposable
{
    /// <summary>The longest that AWS gives where a role assumes a role; each role allows it.</summary>
    const int RoleSeconds = 3600;

    /// <summary>A session with less than this left is renewed: longer than any one call takes.</summary>
    static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(5);

    readonly SemaphoreSlim renewing = new(1);
    AWSCredentials? first;
    DateTimeOffset heldUntil = DateTimeOffset.UnixEpoch;

    /// <summary>What clients sign with.</summary>
    public HeldCredentials Held { get; } = new();

    /// <summary>Makes what is held good for the next call.</summary>
    public async Task FreshenAsync(CancellationToken cancellation)
    {
        if (time.GetUtcNow() < heldUntil - RenewBefore) return;
        await renewing.WaitAsync(cancellation);
        try
        {
            if (time.GetUtcNow() < heldUntil - RenewBefore) return;
            var own = await FirstAsync();
            if (access.RoleArn is not null)
            {
                await AssumeAsync(own, cancellation);
                return;
            }
            Held.Current = own;
            // The SDK renews what a profile or the machine gives; a key stays what it is.
            if (access.Source == AccessSource.Key) heldUntil = DateTimeOffset.MaxValue;
        }
        finally
        {
            renewing.Release();
        }
    }

    public void Dispose() => renewing.Dispose();

    async Task AssumeAsync(ImmutableCredentials own, CancellationToken cancellation)
    {
        using var sts = endpoints.Sts(access, new HeldCredentials { Current = own });
        var target = endpoints.Target(access, endpoints.HomeRegion(access), Actions.AssumeRole, own);
        try
        {
            var role = (await calls.ReadAsync(target, token => sts.AssumeRoleAsync(new AssumeRoleRequest
            {
                RoleArn = access.RoleArn,
                ExternalId = access.ExternalId,
                RoleSessionName = $"octavo-{access.Credential.Value}",
                DurationSeconds = RoleSeconds,
            }, token), cancellation)).Credentials;
            Held.Current = new ImmutableCredentials(role.AccessKeyId, role.SecretAccessKey, role.SessionToken);
            heldUntil = role.Expiration is { } end
                ? new DateTimeOffset(DateTime.SpecifyKind(end, DateTimeKind.Utc))
                : time.GetUtcNow().AddSeconds(RoleSeconds);
        }
        catch (VolumeException e) when (e.IsTransient && time.GetUtcNow() < heldUntil)
        {
            // The session that is held has minutes left, and the next call tries again.
        }
    }

    async Task<ImmutableCredentials> FirstAsync()
    {
        try
        {
            return await (first ??= First()).GetCredentialsAsync();
        }
        catch (Exception e) when (e is AmazonClientException or ArgumentException or InvalidOperationException)
        {
            throw new VolumeException(ErrorCode.Conflict, access.Source == AccessSource.Profile
                ? $"The profile '{access.Profile}' of this machine gives no AWS identity. Check the service's AWS configuration files."
                : "This machine has no AWS identity of its own: no instance role, no container role and nothing in the environment.", e);
        }
    }

    AWSCredentials First() => access.Source switch
    {
        AccessSource.Key => Key(),
        AccessSource.Profile => new CredentialProfileStoreChain().TryGetAWSCredentials(access.Profile ?? "", out var profile)
            ? profile
            : throw new VolumeException(ErrorCode.Conflict,
                $"This machine has no AWS profile '{access.Profile}'. Add it to the service's AWS configuration files, or give a key."),
        AccessSource.Machine => DefaultAWSCredentialsIdentityResolver.GetCredentials(null),
        _ => throw new VolumeException(ErrorCode.Invalid, "An AWS credential needs a key, a profile or the machine's identity."),
    };

    AWSCredentials Key()
    {
        if (string.IsNullOrEmpty(access.AccessKeyId) || string.IsNullOrEmpty(access.SecretAccessKey))
            throw new VolumeException(ErrorCode.Invalid, "An AWS credential needs an access key id and its secret access key.");
        return string.IsNullOrEmpty(access.SessionToken)
            ? new BasicAWSCredentials(access.AccessKeyId, access.SecretAccessKey)
            : new SessionAWSCredentials(access.AccessKeyId, access.SecretAccessKey, access.SessionToken);
    }
}

/// <summary>Credentials that somebody else keeps fresh.</summary>
sealed class HeldCredentials : AWSCredentials
{
    volatile ImmutableCredentials? current;

    /// <summary>What the next request is signed with.</summary>
    public ImmutableCredentials Current
    {
        get => current ?? throw new InvalidOperationException("Credentials are freshened before the first call.");
        set => current = value;
    }

    public override ImmutableCredentials GetCredentials() => Current;

    public override Task<ImmutableCredentials> GetCredentialsAsync() => Task.FromResult(Current);
}
