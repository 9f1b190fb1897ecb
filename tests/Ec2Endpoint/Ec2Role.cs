namespace Octavo.Ec2;

/// <summary>A role of an account.</summary>
/// <param name="Account">The account that it gives access to.</param>
/// <param name="Name">The last part of its ARN.</param>
/// <param name="ExternalId">What AssumeRole has to be given; null where nothing is asked for.</param>
/// <param name="TrustedAccounts">The accounts whose keys may assume it; null for all.</param>
public sealed record Ec2Role(string Account, string Name, string? ExternalId, IReadOnlyList<string>? TrustedAccounts = null)
{
    /// <summary>The longest session that it gives.</summary>
    public TimeSpan LongestSession { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What its sessions may do; see <see cref="Ec2Key.Allowed"/>.</summary>
    public IReadOnlyList<string>? Allowed { get; init; }

    public string Arn => $"arn:aws:iam::{Account}:role/{Name}";
}
