using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Octavo.Server.Accounts;
using Octavo.Server.Http;

namespace Octavo.Server.Scalarium;

/// <summary>What a v1 request says of itself: its token and the versions it accepts.</summary>
/// <param name="Token">Null where there is none, or more than one.</param>
/// <param name="Accept">The Accept header, or the form field that stands in for it.</param>
readonly record struct ScalariumCaller(string? Token, StringValues Accept)
{
    /// <summary>The header that carries the token.</summary>
    public const string TokenHeader = SignIn.BareHeader;

    /// <summary>The one version there is.</summary>
    public const string MediaType = "application/vnd.scalarium-v1+json";

    /// <summary>From the headers alone. Two token headers are ambiguous and count as none.</summary>
    public static ScalariumCaller FromHeaders(HttpRequest request)
    {
        var token = request.Headers[TokenHeader];
        return new ScalariumCaller(token.Count == 1 ? token[0] : null, request.Headers.Accept);
    }

    /// <summary>Whether v1 may be answered.</summary>
    /// <remarks>
    /// v1 named with q=0 is refused whatever else is named; no Accept, <c>*/*</c>, <c>application/*</c> and <c>application/json</c>
    /// are served, so that a person with curl or a browser gets an answer.
    /// </remarks>
    public bool AcceptsVersion1()
    {
        if (Accept.Count == 0 || Accept is [MediaType] or ["*/*"] or [""] or [null]) return true;
        if (!MediaTypeHeaderValue.TryParseList(Accept, out var ranges)) return false;
        var isAccepted = false;
        foreach (var range in ranges)
        {
            var isWanted = range.Quality is null or > 0;
            var name = range.MediaType;
            if (name.Equals(MediaType, StringComparison.OrdinalIgnoreCase) && !isWanted) return false;
            if (isWanted && (name.Equals(MediaType, StringComparison.OrdinalIgnoreCase) || range.MatchesAllTypes
                || name.Equals("application/*", StringComparison.OrdinalIgnoreCase)
                || name.Equals("application/json", StringComparison.OrdinalIgnoreCase)))
                isAccepted = true;
        }
        return isAccepted;
    }

    /// <summary>
    /// The page's own line <c>RestClient.post(url, headers)</c> sends the headers as an HTML form instead: a compatibility rule,
    /// for POST on snapshot(s) only, which an operator can switch off. Applies where no token header is present, the type is
    /// a form and the body has at most 4 KiB; then the fields stand in for the headers, case ignored and <c>_</c> as <c>-</c>.
    /// </summary>
    public static async ValueTask<ScalariumCaller> FromFormAsync(HttpRequest request, CancellationToken cancellation)
    {
        var fromHeaders = FromHeaders(request);
        if (request.Headers.ContainsKey(TokenHeader) || !HasFormType(request)) return fromHeaders;
        return await Body<object>.ReadAsync(request, MaxFormBytes, cancellation) is { } body
            ? FromForm(body.Span, fromHeaders.Accept)
            : fromHeaders;
    }

    /// <summary>The same from the body's bytes; never throws, whatever they are.</summary>
    public static ScalariumCaller FromForm(ReadOnlySpan<byte> body, StringValues acceptHeader)
    {
        string? token = null, accept = null;
        var tokens = 0;
        try
        {
            using var reader = new FormReader(System.Text.Encoding.UTF8.GetString(body));
            while (reader.ReadNextPair() is { } pair)
            {
                var name = pair.Key.Replace('_', '-');
                if (name.Equals(TokenHeader, StringComparison.OrdinalIgnoreCase))
                {
                    token = pair.Value;
                    tokens++;
                }
                else if (name.Equals("Accept", StringComparison.OrdinalIgnoreCase)) accept = pair.Value;
            }
        }
        catch (InvalidDataException)
        {
            return new ScalariumCaller(null, acceptHeader);
        }
        return new ScalariumCaller(tokens == 1 ? token : null, accept ?? acceptHeader);
    }

    const int MaxFormBytes = 4096;

    static bool HasFormType(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
}
