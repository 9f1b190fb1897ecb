namespace Octavo.Api;

/// <summary>A credential. Never carries the secret. Times are UTC.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Name">Its name.</param>
/// <param name="Provider"><c>local</c> for the account's own pool, <c>ebs</c> for an AWS key pair.</param>
/// <param name="AwsAccessKeyId">The public half of an AWS key pair; null for local.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it last changed.</param>
public sealed record Credential(
    string Id, string Name, string Provider, string? AwsAccessKeyId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>Body of <c>POST /v2/credentials</c>: an AWS key pair.</summary>
/// <param name="Name">1 to 255 characters, no control characters.</param>
/// <param name="AwsAccessKeyId">16 to 128 letters, digits or underscores, as IAM gives them out.</param>
/// <param name="AwsSecretAccessKey">1 to 255 characters; never shown again.</param>
public sealed record CreateCredentialRequest(string? Name, string? AwsAccessKeyId, string? AwsSecretAccessKey)
{
    /// <summary>For logs: without the secret.</summary>
    public override string ToString() => $"credential {Name}";
}
