using Octavo.Core;
using Octavo.Server.Scalarium;

namespace Octavo.Server.Http;

/// <summary>Refuses requests whose headers are larger than any client of ours sends, with a sentence.</summary>
static class HeaderLimit
{
    /// <summary>Kestrel's own default, 32 KiB.</summary>
    const int MaxBytes = 32 * 1024;

    public static bool IsExceeded(HttpRequest request)
    {
        var bytes = 0;
        foreach (var (name, values) in request.Headers)
            foreach (var value in values)
                bytes += name.Length + (value?.Length ?? 0);
        return bytes > MaxBytes;
    }

    public static Task RefuseAsync(HttpContext context)
    {
        const int status = StatusCodes.Status431RequestHeaderFieldsTooLarge;
        const string sentence = "The request's headers are larger than 32 KiB. Send fewer or shorter ones.";
        return ScalariumDialect.Owns(context.Request.Path.Value!)
            ? ScalariumErrors.WriteAsync(context, status, sentence)
            : Problems.WriteAsync(context, status, ErrorCode.Invalid, sentence);
    }
}
