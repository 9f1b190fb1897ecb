using Octavo.Core;
using Octavo.Server.Scalarium;

namespace Octavo.Server.Http;

/// <summary>Refuses requests whose address or headers are larger than any client of ours sends, with a sentence.</summary>
static class HeaderLimit
{
    /// <summary>Kestrel's own default, 32 KiB.</summary>
    const int MaxBytes = 32 * 1024;

    /// <summary>Kestrel's own default for the request line, 8 KiB; in characters here.</summary>
    const int MaxAddress = 8 * 1024;

    /// <summary>What is too large about a request, or null.</summary>
    public static (int Status, string Sentence)? Exceeded(HttpRequest request)
    {
        if (request.Path.Value!.Length + request.QueryString.Value!.Length > MaxAddress)
            return (StatusCodes.Status414UriTooLong, "The request's address is longer than 8 KiB.");
        var bytes = 0;
        foreach (var (name, values) in request.Headers)
            foreach (var value in values)
                bytes += name.Length + (value?.Length ?? 0);
        return bytes > MaxBytes
            ? (StatusCodes.Status431RequestHeaderFieldsTooLarge, "The request's headers are larger than 32 KiB. Send fewer or shorter ones.")
            : null;
    }

    public static Task RefuseAsync(HttpContext context, (int Status, string Sentence) refusal) =>
        ScalariumDialect.Owns(context.Request.Path.Value!)
            ? ScalariumErrors.WriteAsync(context, refusal.Status, refusal.Sentence)
            : Problems.WriteAsync(context, refusal.Status, ErrorCode.Invalid, refusal.Sentence);
}
