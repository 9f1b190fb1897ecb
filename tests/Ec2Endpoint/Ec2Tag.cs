namespace Octavo.Ec2;

/// <summary>A tag of a volume or a snapshot.</summary>
public sealed record Ec2Tag(string Key, string Value);
