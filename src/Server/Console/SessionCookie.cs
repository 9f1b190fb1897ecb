namespace Octavo.Server.Console;

/// <summary>
/// The cookie of a session. <c>SameSite=Lax</c> and not <c>Strict</c>, so that a link in a ticket or a chat opens the page that it names and not the
/// sign-in; what changes anything needs the form's own token beside it (<see cref="FormToken"/>).
/// </summary>
static class SessionCookie
{
    /// <summary>Browsers bind a name that begins so to this host, to https and to the whole path.</summary>
    const string SecureName = "__Host-octavo";

    const string PlainName = "octavo_session";

    /// <summary>The secret that a request brings; null without one.</summary>
    public static string? Read(HttpContext context) =>
        context.Request.Cookies.TryGetValue(Name(context), out var secret) && secret.Length > 0 ? secret : null;

    /// <summary>Gives it to the browser.</summary>
    public static void Write(HttpContext context, string secret) => context.Response.Cookies.Append(Name(context), secret, Options(context, Sessions.Lifetime));

    /// <summary>Takes it away from the browser.</summary>
    public static void Delete(HttpContext context) => context.Response.Cookies.Delete(Name(context), Options(context, null));

    static string Name(HttpContext context) => IsSecure(context) ? SecureName : PlainName;

    static CookieOptions Options(HttpContext context, TimeSpan? maxAge) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = IsSecure(context),
        Path = "/",
        MaxAge = maxAge,
    };

    // What speaks TLS in front of the server says so. Whoever lies here harms the own cookie only.
    static bool IsSecure(HttpContext context) => context.Request.IsHttps || context.Request.Headers["X-Forwarded-Proto"] == "https";
}
