using System.Globalization;
using Octavo.Core;

namespace Octavo.Server.Http;

/// <summary>The form of a parameter's value.</summary>
enum QueryForm
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary>A whole number, 0 or more.</summary>
    Number,

    /// <summary>RFC 3339: <c>2026-11-25T08:00:00Z</c>, or a date alone, which is its beginning in UTC.</summary>
    Time,
}

/// <summary>
/// A parameter that a route of <c>/v2</c> takes behind the question mark. Routes declare theirs (<see cref="Query.WithQuery"/>): what is not
/// declared is refused by name, and the API's description tells the same.
/// </summary>
/// <param name="Name">Its name; where it ends with a dot, the beginning of names.</param>
/// <param name="Description">For the API's description.</param>
/// <param name="Form">The form of its value.</param>
/// <param name="Values">Only these; null for any.</param>
sealed record QueryParameter(string Name, string Description, QueryForm Form = QueryForm.Text, IReadOnlyList<string>? Values = null)
{
    /// <summary>Whether a name that was given is this one.</summary>
    public bool Takes(string given) =>
        Name.EndsWith('.') ? given.Length > Name.Length && given.StartsWith(Name, StringComparison.Ordinal) : given == Name;
}

/// <summary>What a route takes behind the question mark.</summary>
sealed record QueryParameters(IReadOnlyList<QueryParameter> All)
{
    /// <summary>Refuses a parameter that the route does not take, or that is given twice.</summary>
    /// <exception cref="VolumeException">Invalid.</exception>
    public static void Check(HttpContext context)
    {
        if (context.Request.Query.Count == 0 || context.GetEndpoint() is not { } endpoint) return;
        var all = endpoint.Metadata.GetMetadata<QueryParameters>()?.All ?? [];
        foreach (var (name, values) in context.Request.Query)
        {
            if (!all.Any(parameter => parameter.Takes(name)))
                throw new VolumeException(ErrorCode.Invalid, $"There is no parameter \"{name}\" here. " + (all.Count == 0
                    ? "This address takes none."
                    : $"There are: {string.Join(", ", all.Select(p => p.Name.EndsWith('.') ? p.Name + "KEY" : p.Name))}."));
            if (values.Count > 1) throw new VolumeException(ErrorCode.Invalid, $"{name} is given {values.Count} times; give it once.");
        }
    }
}

/// <summary>Declares and reads parameters.</summary>
static class Query
{
    /// <summary>Declares what a route takes.</summary>
    public static RouteHandlerBuilder WithQuery(this RouteHandlerBuilder route, params IEnumerable<QueryParameter> parameters) =>
        route.WithMetadata(new QueryParameters([.. parameters]));

    /// <summary>A text; null where it is not given or empty.</summary>
    public static string? Text(HttpContext context, string name) =>
        context.Request.Query.TryGetValue(name, out var value) && value is [{ Length: > 0 } text] ? text : null;

    /// <summary>One of some words.</summary>
    /// <exception cref="VolumeException">Invalid: it is another one.</exception>
    public static string? Word(HttpContext context, QueryParameter parameter) => Text(context, parameter.Name) switch
    {
        null => null,
        var word when parameter.Values!.Contains(word) => word,
        var word => throw new VolumeException(
            ErrorCode.Invalid, $"{parameter.Name} is \"{word}\"; it is one of {string.Join(", ", parameter.Values!)}."),
    };

    /// <summary>True or false.</summary>
    /// <exception cref="VolumeException">Invalid: it is neither.</exception>
    public static bool? Flag(HttpContext context, string name) => Text(context, name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        var text => throw new VolumeException(ErrorCode.Invalid, $"{name} is \"{text}\"; it is true or false."),
    };

    /// <summary>A whole number, 0 or more.</summary>
    /// <exception cref="VolumeException">Invalid: it is none.</exception>
    public static long? Number(HttpContext context, string name) => Text(context, name) switch
    {
        null => null,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        var text => throw new VolumeException(ErrorCode.Invalid, $"{name} is \"{text}\"; it is a whole number."),
    };

    /// <summary>A time.</summary>
    /// <exception cref="VolumeException">Invalid: it is none.</exception>
    public static DateTimeOffset? Time(HttpContext context, string name) => Text(context, name) switch
    {
        null => null,
        var text when DateTimeOffset.TryParseExact(
            text, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) => time,
        var text => throw new VolumeException(ErrorCode.Invalid, $"{name} is \"{text}\"; it is a time like 2026-11-25T08:00:00Z, or a date."),
    };

    /// <summary>What stands behind <c>tag.</c>; null for none.</summary>
    public static IReadOnlyDictionary<string, string>? Tags(HttpContext context)
    {
        Dictionary<string, string>? tags = null;
        foreach (var (name, value) in context.Request.Query)
            if (name.StartsWith(TagPrefix, StringComparison.Ordinal)) (tags ??= new(StringComparer.Ordinal))[name[TagPrefix.Length..]] = value.ToString();
        return tags;
    }

    const string TagPrefix = "tag.";

    static readonly string[] TimeForms = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];
}
