namespace Octavo.Core;

/// <summary>Where to look: one credential in one region. The unit of observation and of failure.</summary>
/// <param name="Credential">The credential.</param>
/// <param name="Account">The account that owns the credential.</param>
/// <param name="AccountName">Its name; the local provider's pool folder is named so.</param>
/// <param name="Region">The region, in the provider's spelling.</param>
public sealed record Cell(CredentialId Credential, AccountId Account, string AccountName, string Region);

/// <summary>What holds for a cell as a whole.</summary>
/// <param name="LargestVolume">No volume larger than this can be made.</param>
/// <param name="Free">What is free now.</param>
/// <param name="Zones">The availability zones, the default one first; at least one.</param>
public sealed record CellFacts(ByteSize LargestVolume, ByteSize Free, IReadOnlyList<string> Zones)
{
    /// <summary>The rules that keep deleted volumes, by id; none also where they cannot be known.</summary>
    public ValueList<RetentionRule> RetentionRules { get; init; } = [];
}
