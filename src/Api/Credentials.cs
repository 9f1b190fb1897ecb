namespace Octavo.Api;

/// <summary>A credential. Never carries a secret. Times are UTC.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Name">Its name.</param>
/// <param name="Provider"><c>local</c> for the account's own pool, <c>ebs</c> for AWS and what speaks its protocol.</param>
/// <param name="Source">Where the first identity comes from: none (local), key, profile or machine.</param>
/// <param name="AwsAccessKeyId">The public half of an AWS key pair; null without one.</param>
/// <param name="Profile">The profile of the service's machine, where that is the source.</param>
/// <param name="RoleArn">The role that is assumed on top.</param>
/// <param name="ExternalId">What that role demands beside.</param>
/// <param name="Regions">Only these regions are looked at; empty for every region that the AWS account has enabled.</param>
/// <param name="Endpoint">The address of an EC2-compatible cloud; null for AWS.</param>
/// <param name="ProviderAccount">The AWS account that it opens; null before it could be asked.</param>
/// <param name="MissingPermissions">Permissions that are needed for everything Octavo does and that it lacks: <c>ec2:DeleteVolume</c>.</param>
/// <param name="FailureCode">Why it does not open anything now, as the provider's own code.</param>
/// <param name="Failure">Why, in a sentence; null while it opens.</param>
/// <param name="Cells">How fresh each of its regions is; null in lists.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it last changed.</param>
public sealed record Credential(
    string Id,
    string Name,
    string Provider,
    string Source,
    string? AwsAccessKeyId,
    string? Profile,
    string? RoleArn,
    string? ExternalId,
    IReadOnlyList<string> Regions,
    string? Endpoint,
    string? ProviderAccount,
    IReadOnlyList<string> MissingPermissions,
    string? FailureCode,
    string? Failure,
    IReadOnlyList<CellStatus>? Cells,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>Body of <c>POST /v2/credentials</c>.</summary>
/// <param name="Name">1 to 255 characters, no control characters.</param>
/// <param name="AwsAccessKeyId">The public half of a key pair, with source key.</param>
/// <param name="AwsSecretAccessKey">The secret half; never shown again.</param>
/// <param name="Kind"><c>aws</c>, also if left out.</param>
/// <param name="Source">key (if left out), profile or machine; the last two for the operator only.</param>
/// <param name="AwsSessionToken">With the keys of a session: its token.</param>
/// <param name="Profile">With source profile: its name.</param>
/// <param name="RoleArn">A role to assume on top.</param>
/// <param name="ExternalId">With a role: what it demands beside, 2 to 1,224 characters.</param>
/// <param name="Regions">Only these regions; every enabled one if left out.</param>
/// <param name="Endpoint">The http or https address of an EC2-compatible cloud.</param>
public sealed record CreateCredentialRequest(
    string? Name,
    string? AwsAccessKeyId,
    string? AwsSecretAccessKey,
    string? Kind = null,
    string? Source = null,
    string? AwsSessionToken = null,
    string? Profile = null,
    string? RoleArn = null,
    string? ExternalId = null,
    IReadOnlyList<string>? Regions = null,
    string? Endpoint = null)
{
    /// <summary>For logs: without the secrets.</summary>
    public override string ToString() => $"credential {Name}";
}
