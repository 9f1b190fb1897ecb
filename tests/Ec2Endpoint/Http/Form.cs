using System.Globalization;

namespace Octavo.Ec2.Http;

/// <summary>The parameters of a call of the Query protocol: flat names with numbers for lists, as <c>Filter.1.Value.2</c>.</summary>
sealed class Form
{
    readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    /// <summary>A call that came in another protocol.</summary>
    public static Form Of(string action, string version, IEnumerable<KeyValuePair<string, string>> fields)
    {
        var form = new Form();
        foreach (var (name, value) in fields) form.values[name] = value;
        (form.values["Action"], form.values["Version"]) = (action, version);
        return form;
    }

    public static Form Parse(string text)
    {
        var form = new Form();
        foreach (var range in text.AsSpan().Split('&'))
        {
            var pair = text.AsSpan()[range];
            if (pair.IsEmpty) continue;
            var equals = pair.IndexOf('=');
            if (equals < 0) form.values[Decode(pair)] = "";
            else form.values[Decode(pair[..equals])] = Decode(pair[(equals + 1)..]);
        }
        return form;
    }

    public string? this[string name] => values.GetValueOrDefault(name);

    public IEnumerable<KeyValuePair<string, string>> All => values;

    public string Required(string name) => this[name] is { Length: > 0 } value ? value : throw Ec2Failure.Missing(name);

    public bool Flag(string name) => this[name] is { } value
        && (string.Equals(value, "true", StringComparison.OrdinalIgnoreCase) ? true
            : string.Equals(value, "false", StringComparison.OrdinalIgnoreCase) ? false
            : throw Ec2Failure.Value(name, value));

    public int? Number(string name) => this[name] is { Length: > 0 } value
        ? int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Ec2Failure.Value(name, value)
        : null;

    /// <summary>The values of <c>NAME.1</c>, <c>NAME.2</c> and so on.</summary>
    public List<string> List(string name)
    {
        var list = new List<string>();
        while (this[$"{name}.{list.Count + 1}"] is { } value) list.Add(value);
        return list;
    }

    /// <summary>The tags of <c>NAME.N.Key</c> and <c>NAME.N.Value</c>, each with null for a value that is not there.</summary>
    public List<(string Key, string? Value)> Pairs(string name)
    {
        var pairs = new List<(string, string?)>();
        while (this[$"{name}.{pairs.Count + 1}.Key"] is { } key) pairs.Add((key, this[$"{name}.{pairs.Count + 1}.Value"]));
        return pairs;
    }

    /// <summary>The tags that a call gives to what it makes, of one kind.</summary>
    public List<Ec2Tag> TagsFor(string resourceType)
    {
        if (this["TagSpecification.1.ResourceType"] is not { } type) return [];
        if (type != resourceType || this["TagSpecification.2.ResourceType"] is not null)
            throw Ec2Failure.Bad("InvalidParameterValue", $"'{type}' is not a valid taggable resource type for this operation.");
        return Tags(Pairs("TagSpecification.1.Tag"));
    }

    /// <summary>EC2's limits on tags: 50 of them, keys of 127 characters that do not begin with <c>aws:</c>, values of 255.</summary>
    public static List<Ec2Tag> Tags(List<(string Key, string? Value)> pairs)
    {
        if (pairs.Count > 50) throw Ec2Failure.Bad("TagLimitExceeded", "A resource has at most 50 tags.");
        foreach (var (key, value) in pairs)
        {
            if (key.Length is 0 or > 127 || key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase)) throw Ec2Failure.Value("Tag key", key);
            if (value?.Length > 255) throw Ec2Failure.Value("Tag value", value);
        }
        if (pairs.DistinctBy(p => p.Key).Count() < pairs.Count)
            throw Ec2Failure.Bad("InvalidParameterValue", "A tag's key was given twice.");
        return [.. pairs.Select(p => new Ec2Tag(p.Key, p.Value ?? ""))];
    }

    static string Decode(ReadOnlySpan<char> text) => text.ContainsAny('%', '+')
        ? Uri.UnescapeDataString(text.ToString().Replace('+', ' '))
        : text.ToString();
}
