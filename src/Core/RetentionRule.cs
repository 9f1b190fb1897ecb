namespace Octavo.Core;

/// <summary>
/// What keeps deleted volumes of a cell for a while, so that they can be brought back. Of several that cover a volume, the longest counts.
/// </summary>
/// <param name="Id">The provider's id.</param>
/// <param name="Days">How many days it keeps what it covers.</param>
/// <param name="Tags">With tags, it covers what has at least one of them, key and value; without, everything in the cell.</param>
/// <param name="ExcludedTags">Without <paramref name="Tags"/>, it does not cover what has one of these.</param>
public sealed record RetentionRule(string Id, int Days, ValueList<ProviderTag> Tags, ValueList<ProviderTag> ExcludedTags);
