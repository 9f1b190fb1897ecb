namespace Octavo.Core;

/// <summary>Where a credential's first identity comes from.</summary>
public enum AccessSource
{
    /// <summary>None is needed: the account's own pool.</summary>
    None,

    /// <summary>An access key and its secret.</summary>
    Key,

    /// <summary>A named profile of the service's machine.</summary>
    Profile,

    /// <summary>Whatever identity the service's machine has: instance role, container, environment.</summary>
    Machine,
}

/// <summary>
/// What opens an account at a provider, secrets included. It lives in memory for as long as a client needs it, and its text, which is what
/// could reach a log, has no secret in it.
/// </summary>
/// <param name="Credential">Which credential it is of.</param>
/// <param name="ProviderAccount">The provider's own account, as <see cref="IVolumeProvider.ProbeAsync"/> found it; null before.</param>
/// <param name="Source">Where the first identity comes from.</param>
public sealed record ProviderAccess(CredentialId Credential, string? ProviderAccount, AccessSource Source)
{
    /// <summary>The public half of a key pair.</summary>
    public string? AccessKeyId { get; init; }

    /// <summary>The secret half.</summary>
    public string? SecretAccessKey { get; init; }

    /// <summary>With keys of a session: their token.</summary>
    public string? SessionToken { get; init; }

    /// <summary>With <see cref="AccessSource.Profile"/>: its name.</summary>
    public string? Profile { get; init; }

    /// <summary>The role to assume on top of the first identity.</summary>
    public string? RoleArn { get; init; }

    /// <summary>What that role demands beside, 2 to 1,224 characters.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Only these regions; none for every region that the account has enabled.</summary>
    public IReadOnlyList<string> Regions { get; init; } = [];

    /// <summary>The address of a cloud that speaks the same protocol; null for the provider's own.</summary>
    public Uri? Endpoint { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"access of credential {Credential}";
}

/// <summary>What a credential turned out to open.</summary>
/// <param name="ProviderAccount">The provider's account: credentials of one share its limits.</param>
/// <param name="Regions">The regions that it reaches.</param>
/// <param name="MissingPermissions">Needed permissions that it lacks, in the provider's words: <c>ec2:DeleteVolume</c>.</param>
public sealed record CredentialReport(string ProviderAccount, IReadOnlyList<string> Regions, IReadOnlyList<string> MissingPermissions);

/// <summary>Where providers get what opens a credential; the server keeps it encrypted.</summary>
public interface ICredentialVault
{
    /// <summary>What opens a credential.</summary>
    /// <exception cref="VolumeException">Not found: it was deleted. Conflict: its secret cannot be decrypted.</exception>
    Task<ProviderAccess> OpenAsync(CredentialId credential, CancellationToken cancellation);
}
