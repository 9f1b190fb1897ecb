namespace Octavo.Providers.Ebs;

/// <summary>What a request is aimed at: for its bucket, and for the sentence where it fails.</summary>
/// <param name="Account">Whose limits it draws on.</param>
/// <param name="Region">The region.</param>
/// <param name="Action">The action, as in <see cref="Actions"/>.</param>
/// <param name="Endpoint">The host of another cloud; null for AWS's own.</param>
/// <param name="IsSession">Signed with keys that end some time.</param>
/// <param name="Secrets">What no text may contain, whoever wrote it.</param>
sealed record CallTarget(string Account, string Region, string Action, string? Endpoint, bool IsSession, IReadOnlyList<string> Secrets)
{
    /// <summary>Who answers, for people.</summary>
    public string Who => Endpoint ?? "AWS";
}
