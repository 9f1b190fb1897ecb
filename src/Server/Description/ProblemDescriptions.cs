using Microsoft.OpenApi;

namespace Octavo.Server.Description;

/// <summary>The failures that routes share, each described once.</summary>
static class ProblemDescriptions
{
    /// <summary>Every other failure.</summary>
    public const string Default = "Failure";

    static readonly Dictionary<int, (string Name, string Text)> Known = new()
    {
        [StatusCodes.Status400BadRequest] = ("Invalid", "The request makes no sense as it stands: the sentence says what would. Code `invalid`."),
        [StatusCodes.Status401Unauthorized] = ("Unauthenticated", "No token, an unknown one, one that ended, or API access is off. Code `unauthenticated`."),
        [StatusCodes.Status403Forbidden] = ("Forbidden", "The caller's role does not allow this. Code `forbidden`."),
        [StatusCodes.Status404NotFound] = ("NotFound", "There is no such thing in this account. Code `not_found`."),
        [StatusCodes.Status409Conflict] = ("Conflict", "The present state forbids it. Code `conflict` or `already_exists`."),
        [StatusCodes.Status412PreconditionFailed] = ("NotAsSeen", "It is not any more what If-Match names; nothing was changed. Code `conflict`."),
        [StatusCodes.Status422UnprocessableEntity] = ("NotPossible", "No room, or a bound is reached, or the provider cannot do that at all. Code `quota_exceeded` or `unsupported`."),
        [StatusCodes.Status429TooManyRequests] = ("TooManySignIns", "Too many unknown tokens came from this address. Code `unauthenticated`."),
        [StatusCodes.Status503ServiceUnavailable] = ("Unavailable", "Not now; worth trying again unchanged. Code `unavailable`."),
    };

    /// <summary>The name of a status's description.</summary>
    public static string Name(int status) => Known[status].Name;

    /// <summary>All of them, for the document.</summary>
    public static Dictionary<string, IOpenApiResponse> All(OpenApiDocument document)
    {
        var all = Known.Values.ToDictionary(known => known.Name, IOpenApiResponse (known) => Of(known.Text, document));
        all[Name(StatusCodes.Status429TooManyRequests)].Headers!["Retry-After"] = new OpenApiHeader
        {
            Description = "After so many seconds.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
        };
        all[Default] = Of("Any other failure: headers, an address or a body that is too large, or our bug (500, code `internal`).", document);
        return all;
    }

    static OpenApiResponse Of(string text, OpenApiDocument document) => new OpenApiResponse
    {
        Description = text,
        Headers = new Dictionary<string, IOpenApiHeader>(),
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/problem+json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference("Problem", document) },
        },
    };
}
