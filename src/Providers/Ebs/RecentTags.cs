using System.Collections.Concurrent;
using System.Collections.Immutable;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// The tags that were changed here a moment ago. EC2 may show a volume with its old ones for some seconds; what is read meanwhile must not undo the
/// change.
/// </summary>
sealed class RecentTags(TimeProvider time)
{
    readonly ConcurrentDictionary<(CredentialId, string Region, ProviderVolumeId), Change> changes = new();

    /// <summary>Remembers a change, on top of those before it.</summary>
    /// <param name="tags">Keys with their new values; null for those that were removed.</param>
    public void Add(Cell cell, ProviderVolumeId id, IReadOnlyCollection<KeyValuePair<string, string?>> tags)
    {
        if (tags.Count == 0) return;
        var now = time.GetUtcNow();
        foreach (var known in changes)
            if (IsOver(known.Value, now)) changes.TryRemove(known);
        changes.AddOrUpdate((cell.Credential, cell.Region, id), _ => new Change(ImmutableDictionary<string, string?>.Empty.SetItems(tags), now),
            (_, earlier) => new Change(earlier.Tags.SetItems(tags), now));
    }

    /// <summary>A volume as it is since the changes that EC2 may not show yet.</summary>
    public ProviderVolume? ApplyTo(Cell cell, ProviderVolume? volume)
    {
        if (volume is null || !changes.TryGetValue((cell.Credential, cell.Region, volume.Id), out var change) || IsOver(change, time.GetUtcNow()))
            return volume;
        return EbsTranslation.WithTags(volume, volume.Tags.Where(t => !change.Tags.ContainsKey(t.Key))
            .Concat(change.Tags.Where(t => t.Value is not null).Select(t => new ProviderTag(t.Key, t.Value!))));
    }

    static bool IsOver(Change change, DateTimeOffset now) => now - change.At >= Settling.Time;

    sealed record Change(ImmutableDictionary<string, string?> Tags, DateTimeOffset At);
}
