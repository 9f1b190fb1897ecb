namespace Octavo.Ec2;

/// <summary>
/// An access key: a long-lived one (<c>AKIA…</c>), or a session's (<c>ASIA…</c>) with its token. The properties may be set while calls
/// are under way.
/// </summary>
public sealed class Ec2Key
{
    readonly TimeProvider time;
    long expiresTicks = long.MaxValue;

    internal Ec2Key(string account, string id, string secret, string arn, TimeProvider time)
    {
        Account = account;
        Id = id;
        Secret = secret;
        Arn = arn;
        this.time = time;
    }

    public string Account { get; }
    public string Id { get; }
    public string Secret { get; }

    /// <summary>Who the caller is, as GetCallerIdentity tells it.</summary>
    public string Arn { get; }

    /// <summary>Null for a long-lived key.</summary>
    public string? SessionToken { get; internal init; }

    /// <summary>A revoked key is unknown from the next call on.</summary>
    public bool IsRevoked { get; set; }

    /// <summary>
    /// What it may do, as <c>ec2:DescribeVolumes</c>, <c>ec2:Describe*</c>, <c>sts:AssumeRole</c> or <c>*</c>; null for everything.
    /// </summary>
    public IReadOnlyList<string>? Allowed { get; set; }

    /// <summary>When a session ends.</summary>
    public DateTimeOffset? ExpiresAt
    {
        get => expiresTicks == long.MaxValue ? null : new DateTimeOffset(expiresTicks, TimeSpan.Zero);
        internal init => expiresTicks = value?.UtcTicks ?? long.MaxValue;
    }

    /// <summary>It is a session whose time is over.</summary>
    public bool IsExpired => Interlocked.Read(ref expiresTicks) <= time.GetUtcNow().UtcTicks;

    /// <summary>Ends a session now.</summary>
    public void Expire() => Interlocked.Exchange(ref expiresTicks, time.GetUtcNow().UtcTicks);

    internal bool Allows(string permission) => Allowed is not { } allowed || allowed.Any(pattern =>
        pattern.EndsWith('*') ? permission.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == permission);
}
