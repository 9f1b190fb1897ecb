using System.IO.Enumeration;
using Octavo.Ec2.Http;

namespace Octavo.Ec2.Actions;

/// <summary>One filter of a call: it holds where any of its values does.</summary>
sealed class Filter(string name, IReadOnlyList<string> values)
{
    readonly HashSet<string> exact = new(values, StringComparer.Ordinal);
    readonly string[] patterns = [.. values.Where(v => v.AsSpan().ContainsAny('*', '?'))];

    public string Name { get; } = name;

    /// <summary>The key of a filter <c>tag:KEY</c>; null for any other.</summary>
    public string? TagKey { get; } = name.StartsWith("tag:", StringComparison.Ordinal) ? name[4..] : null;

    public IReadOnlyList<string> Values { get; } = values;

    /// <summary>No value has <c>*</c> or <c>?</c>, so what can match may be looked up.</summary>
    public bool IsExact => patterns.Length == 0;

    public bool Matches(string? value) => value is not null
        && (exact.Contains(value) || Array.Exists(patterns, p => FileSystemName.MatchesSimpleExpression(p, value, ignoreCase: false)));

    public bool Matches(bool value) => Matches(value ? "true" : "false");
}

/// <summary>The filters of a call; all of them have to hold.</summary>
static class Filters
{
    /// <summary>AWS takes at most so many values in one request.</summary>
    const int MaxValues = 200;

    /// <summary>Reads <c>Filter.N.Name</c> and <c>Filter.N.Value.M</c>.</summary>
    /// <exception cref="Ec2Failure">A name that is not known, no values, or too many.</exception>
    public static List<Filter> Read(Form form, ReadOnlySpan<string> known)
    {
        var filters = new List<Filter>();
        var count = 0;
        while (form[$"Filter.{filters.Count + 1}.Name"] is { } name)
        {
            if (!known.Contains(name) && !(name.StartsWith("tag:", StringComparison.Ordinal) && known.Contains("tag-key")))
                throw Ec2Failure.Bad("InvalidParameterValue", $"The filter '{name}' is invalid");
            var values = form.List($"Filter.{filters.Count + 1}.Value");
            if (values.Count == 0) throw Ec2Failure.Bad("InvalidParameterValue", $"The filter '{name}' has no values.");
            count += values.Count;
            filters.Add(new Filter(name, values));
        }
        if (count > MaxValues)
            throw Ec2Failure.Bad("FilterLimitExceeded", $"The maximum number of filter values specified on a single call is {MaxValues}");
        return filters;
    }
}
