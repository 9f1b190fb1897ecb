namespace Octavo.Server.Console;

/// <summary>
/// Whether a form comes from a page of this server, by what browsers say about it. Programs say nothing, and have no cookies that somebody else could use.
/// </summary>
static class SameOrigin
{
    public static bool Is(HttpRequest request)
    {
        // Over https and on this machine browsers say it outright.
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site) return site is "same-origin" or "none";
        // What speaks TLS in front changes the scheme, so only the host is compared.
        return request.Headers.Origin.ToString() is not { Length: > 0 } origin
            || (Uri.TryCreate(origin, UriKind.Absolute, out var address) && address.Authority == request.Host.Value);
    }
}
