using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary>Reads <c>--filter KEY=VALUE</c>: the words are those of <c>/v2</c>, and a few short ones.</summary>
static class Filters
{
    const string Tag = "tag:";

    static readonly string[] VolumeKeys =
    [
        "search", "name", "state", "provider", "credential", "region", "zone", "type", "size_gib_min", "size_gib_max", "attached", "instance",
        "unattached_since", "no_snapshot_since", "snapshot", "encrypted", "protected", "managed", "stale", "created_since", "created_until",
    ];

    static readonly string[] SnapshotKeys =
    [
        "search", "volume", "provider_volume", "orphan", "state", "provider", "credential", "region", "size_gib_min", "size_gib_max", "started_since",
        "started_until", "encrypted", "tier",
    ];

    /// <summary>The option for volumes.</summary>
    public static Option<string[]> OfVolumes(string description) => Make(description, VolumeKeys);

    /// <summary>The option for snapshots.</summary>
    public static Option<string[]> OfSnapshots(string description) => Make(description, SnapshotKeys);

    static Option<string[]> Make(string description, string[] keys)
    {
        var option = new Option<string[]>("--filter", "-f")
        {
            Description = $"{description} with KEY=VALUE, all given ones: {string.Join(", ", keys)}, tag:KEY. Times may be ages: 30d, 12h",
        };
        option.CompletionSources.Add(_ => [.. keys.Select(key => new CompletionItem(key + "=")), new CompletionItem(Tag)]);
        return option;
    }

    /// <summary>Which volumes.</summary>
    /// <exception cref="UserException">No pair, or a key or value that makes no sense.</exception>
    public static VolumeFilter Volumes(IEnumerable<string>? pairs, TimeProvider time)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        var filter = Fold(pairs, tags, new VolumeFilter(), (f, key, value) => key switch
        {
            "search" => f with { Search = value },
            "name" or "name_contains" => f with { NameContains = value },
            "state" => f with { State = value },
            "provider" => f with { Provider = value },
            "credential" or "credential_id" => f with { CredentialId = value },
            "region" => f with { Region = value },
            "zone" or "availability_zone" => f with { AvailabilityZone = value },
            "type" or "volume_type" => f with { VolumeType = value },
            "size_gib_min" => f with { SizeGibMin = Number(key, value) },
            "size_gib_max" => f with { SizeGibMax = Number(key, value) },
            "attached" => f with { Attached = YesNo(key, value) },
            "instance" or "instance_id" => f with { InstanceId = value },
            "unattached_since" => f with { UnattachedSince = Times.Of(value, key, time) },
            "no_snapshot_since" => f with { NoSnapshotSince = Times.Of(value, key, time) },
            "snapshot" or "snapshot_id" => f with { SnapshotId = value },
            "encrypted" => f with { Encrypted = YesNo(key, value) },
            "protected" => f with { Protected = YesNo(key, value) },
            "managed" => f with { Managed = YesNo(key, value) },
            "stale" => f with { Stale = YesNo(key, value) },
            "created_since" => f with { CreatedSince = Times.Of(value, key, time) },
            "created_until" => f with { CreatedUntil = Times.Of(value, key, time) },
            _ => All(f, key, value, VolumeKeys),
        });
        return tags.Count > 0 ? filter with { Tags = tags } : filter;
    }

    /// <summary>Which snapshots.</summary>
    /// <exception cref="UserException">No pair, or a key or value that makes no sense.</exception>
    public static SnapshotFilter Snapshots(IEnumerable<string>? pairs, TimeProvider time)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        var filter = Fold(pairs, tags, new SnapshotFilter(), (f, key, value) => key switch
        {
            "search" => f with { Search = value },
            "volume" or "volume_id" => f with { VolumeId = value },
            "provider_volume" or "provider_volume_id" => f with { ProviderVolumeId = value },
            "orphan" => f with { Orphan = YesNo(key, value) },
            "state" => f with { State = value },
            "provider" => f with { Provider = value },
            "credential" or "credential_id" => f with { CredentialId = value },
            "region" => f with { Region = value },
            "size_gib_min" => f with { SizeGibMin = Number(key, value) },
            "size_gib_max" => f with { SizeGibMax = Number(key, value) },
            "started_since" => f with { StartedSince = Times.Of(value, key, time) },
            "started_until" => f with { StartedUntil = Times.Of(value, key, time) },
            "encrypted" => f with { Encrypted = YesNo(key, value) },
            "tier" or "storage_tier" => f with { StorageTier = value },
            _ => All(f, key, value, SnapshotKeys),
        });
        return tags.Count > 0 ? filter with { Tags = tags } : filter;
    }

    static T Fold<T>(IEnumerable<string>? pairs, Dictionary<string, string> tags, T filter, Func<T, string, string, T> with)
    {
        foreach (var pair in pairs ?? [])
        {
            var (key, value) = Arguments.Pair(pair);
            if (key.StartsWith(Tag, StringComparison.Ordinal) || key.StartsWith("tag.", StringComparison.Ordinal)) tags[key[Tag.Length..]] = value;
            else filter = with(filter, key, value);
        }
        return filter;
    }

    // Whoever means every one must say so.
    static T All<T>(T filter, string key, string value, string[] keys) => key == "all" && YesNo(key, value)
        ? filter
        : throw new UserException($"\"{key}\" is no filter. There are {string.Join(", ", keys)}, tag:KEY and all=yes.");

    static bool YesNo(string key, string value) => value switch
    {
        "yes" or "true" => true,
        "no" or "false" => false,
        _ => throw new UserException($"{key} is yes or no."),
    };

    static long Number(string key, string value) => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new UserException($"\"{value}\" is not a whole number, which {key} takes.");
}
