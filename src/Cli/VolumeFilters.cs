using Octavo.Api;

namespace Octavo.Cli;

/// <summary>Reads <c>--filter KEY=VALUE</c>.</summary>
static class VolumeFilters
{
    const string Tag = "tag:";

    /// <exception cref="UserException">No pair, or a key that is not known.</exception>
    public static VolumeFilter Parse(IEnumerable<string> pairs)
    {
        var filter = new VolumeFilter();
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var split = pair.IndexOf('=', StringComparison.Ordinal);
            if (split < 1) throw new UserException($"\"{pair}\" is no KEY=VALUE.");
            var (key, value) = (pair[..split], pair[(split + 1)..]);
            if (key.StartsWith(Tag, StringComparison.Ordinal)) tags[key[Tag.Length..]] = value;
            else filter = With(filter, key, value);
        }
        return tags.Count > 0 ? filter with { Tags = tags } : filter;
    }

    static VolumeFilter With(VolumeFilter filter, string key, string value) => key switch
    {
        "provider" => filter with { Provider = value },
        "credential" => filter with { CredentialId = value },
        "region" => filter with { Region = value },
        "zone" => filter with { AvailabilityZone = value },
        "state" => filter with { State = value },
        "attached" => filter with { Attached = YesNo(key, value) },
        "instance" => filter with { InstanceId = value },
        "name" => filter with { NameContains = value },
        "all" when YesNo(key, value) => filter,
        _ => throw new UserException(
            $"\"{key}\" is no filter. There are provider, credential, region, zone, state, attached, instance, name, tag:KEY and all=yes."),
    };

    static bool YesNo(string key, string value) => value switch
    {
        "yes" or "true" => true,
        "no" or "false" => false,
        _ => throw new UserException($"{key} is yes or no."),
    };
}
