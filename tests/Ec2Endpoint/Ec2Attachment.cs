namespace Octavo.Ec2;

/// <summary>
/// One attachment of a volume; a Multi-Attach volume has several. Attachments to what AWS manages have neither
/// <see cref="InstanceId"/> nor <see cref="Device"/>, but say what they belong to.
/// </summary>
public sealed record Ec2Attachment
{
    public string? InstanceId { get; init; }
    public string? Device { get; init; }

    /// <summary>attaching, attached, detaching, detached or busy; a busy one stays until it is forced off.</summary>
    public string Status { get; init; } = "attached";

    public DateTimeOffset AttachedAt { get; init; }
    public bool DeleteOnTermination { get; init; }
    public string? AssociatedResource { get; init; }
    public string? InstanceOwningService { get; init; }

    /// <summary>The instance starts from it, told by its device's name.</summary>
    public bool IsBoot => Device is "/dev/xvda" or "/dev/sda1";
}
