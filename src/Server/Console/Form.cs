using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Octavo.Core;
using Octavo.Server.Http;

namespace Octavo.Server.Console;

/// <summary>The fields of a form that was sent. Empty fields are as good as none.</summary>
public sealed class Form
{
    /// <summary>A page of selected volumes has 20 KiB.</summary>
    const int MaxBytes = 256 * 1024;

    readonly Dictionary<string, StringValues> fields;

    Form(Dictionary<string, StringValues> fields) => this.fields = fields;

    /// <summary>None sent.</summary>
    public static Form Empty { get; } = new([]);

    /// <summary>Called by the framework to fill a parameter of this type; <see cref="ConsoleGate"/> has read it.</summary>
    public static ValueTask<Form> BindAsync(HttpContext context) => ValueTask.FromResult(context.Features.Get<Form>() ?? Empty);

    /// <summary>Reads the body of a request.</summary>
    /// <exception cref="VolumeException">Invalid: it is no form, or too large.</exception>
    internal static async Task<Form> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength is null or 0) return Empty;
        if (request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true)
            throw new VolumeException(ErrorCode.Invalid, "The console takes forms only; programs use /v2.");
        var bytes = await Body<object>.ReadAsync(request, MaxBytes, context.RequestAborted)
            ?? throw new VolumeException(ErrorCode.Invalid, $"The form is larger than {MaxBytes / 1024} KiB. Select fewer, or select by a filter.");
        context.Features.Set(new RawBody(bytes));
        return new Form(QueryHelpers.ParseQuery(Encoding.UTF8.GetString(bytes.Span)));
    }

    /// <summary>A field as it was sent; null where it is empty.</summary>
    public string? Text(string name) => fields.TryGetValue(name, out var values) && values is [{ Length: > 0 } text, ..] ? text : null;

    /// <summary>A field as it was sent, empty where it is; null where there is none.</summary>
    public string? Given(string name) => fields.TryGetValue(name, out var values) ? values.ToString() : null;

    /// <summary>A field without blanks around it.</summary>
    public string? Trimmed(string name) => Text(name)?.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>Every value of a field.</summary>
    public IReadOnlyList<string> All(string name) => fields.TryGetValue(name, out var values) ? [.. values.OfType<string>().Where(value => value.Length > 0)] : [];

    /// <summary>Every value of a field, empty ones too: the same place in two fields is one row of the form.</summary>
    public IReadOnlyList<string> Column(string name) => fields.TryGetValue(name, out var values) ? [.. values.Select(value => value ?? "")] : [];

    /// <summary>Whether a box is ticked.</summary>
    public bool IsTicked(string name) => Text(name) is not null;

    /// <summary>A whole number.</summary>
    /// <exception cref="VolumeException">Invalid: it is none.</exception>
    public long? Number(string name) => Trimmed(name) switch
    {
        null => null,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        var text => throw new VolumeException(ErrorCode.Invalid, $"{name} is \"{text}\"; it is a whole number."),
    };
}
