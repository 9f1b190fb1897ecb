using System.Text.RegularExpressions;
using Octavo.Core;

namespace Octavo.Server.Http;

/// <summary>The rules for names that users give.</summary>
static partial class Names
{
    /// <summary>EC2's bound on a tag value, which is where a name ends up there.</summary>
    public const int MaxLength = 255;

    /// <summary>A name for people: 1 to 255 characters, no control characters, no lone surrogates.</summary>
    /// <exception cref="VolumeException">Invalid.</exception>
    public static string Display(string? name, string what = "name")
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new VolumeException(ErrorCode.Invalid, $"A {what} is needed: 1 to {MaxLength} characters, not all blank.");
        if (name.Length > MaxLength)
            throw new VolumeException(ErrorCode.Invalid, $"The {what} has {name.Length} characters; at most {MaxLength} are allowed.");
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsControl(name[i]) || name[i] is '\u2028' or '\u2029')
                throw new VolumeException(ErrorCode.Invalid, $"The {what} has a control character at position {i + 1}; leave those out.");
            if (char.IsHighSurrogate(name[i]) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1])) i++;
            else if (char.IsSurrogate(name[i]))
                throw new VolumeException(ErrorCode.Invalid, $"The {what} is no well-formed Unicode at position {i + 1}.");
        }
        return name;
    }

    /// <summary>Where a volume is mounted: an absolute path; null for an empty text, which is none.</summary>
    /// <exception cref="VolumeException">Invalid.</exception>
    public static string? MountPoint(string path)
    {
        if (path.Length == 0) return null;
        Display(path, "mount_point");
        return path[0] == '/' ? path : throw new VolumeException(ErrorCode.Invalid, "mount_point must be an absolute path like /vol/mysql, or empty for none.");
    }

    /// <summary>Refuses tags that no provider would take: by EC2's bounds, which are the narrowest.</summary>
    /// <exception cref="VolumeException">Invalid.</exception>
    public static void CheckTags(IReadOnlyDictionary<string, string> tags)
    {
        if (tags.Count > MaxTags) throw new VolumeException(ErrorCode.Invalid, $"There are {tags.Count} tags; at most {MaxTags} are allowed.");
        foreach (var (key, value) in tags)
        {
            Display(key, "tag's key");
            if (key.Length > MaxTagKeyLength) throw new VolumeException(ErrorCode.Invalid, $"The tag's key {key[..20]}… has {key.Length} characters; at most {MaxTagKeyLength} are allowed.");
            if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase) || key.StartsWith("octavo:", StringComparison.Ordinal))
                throw new VolumeException(ErrorCode.Invalid, $"The tag's key {key} begins with what AWS or Octavo keep for themselves.");
            if (value is null) throw new VolumeException(ErrorCode.Invalid, $"The tag {key} has no value; give an empty text for none.");
            if (value.Length > 0) Display(value, "tag's value");
        }
    }

    const int MaxTags = 50;
    const int MaxTagKeyLength = 127;

    /// <summary>An account's name, which is also a folder's: 1 to 63 of a–z, 0–9 and hyphen, beginning with a letter or digit.</summary>
    /// <exception cref="VolumeException">Invalid.</exception>
    public static string Account(string? name) =>
        name is not null && AccountForm().IsMatch(name)
            ? name
            : throw new VolumeException(ErrorCode.Invalid,
                "An account's name is 1 to 63 of a-z, 0-9 and hyphen, beginning with a letter or digit.");

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,62}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex AccountForm();
}
