namespace Octavo.Core;

/// <summary>What of a volume shall be otherwise. What is not named stays as it is.</summary>
/// <param name="Name">Its new name; null leaves the one that it has.</param>
/// <param name="SetTags">Tags to give it, in the place of those that have their keys.</param>
/// <param name="RemoveTags">The keys of tags to take from it; none that is set by the same update.</param>
public sealed record VolumeUpdate(string? Name, ValueList<ProviderTag> SetTags, ValueList<string> RemoveTags);
