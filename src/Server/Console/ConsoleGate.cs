using Octavo.Core;
using Octavo.Server.Audit;
using Octavo.Server.Http;

namespace Octavo.Server.Console;

/// <summary>A route of the console. All of them have it, and with it what <see cref="ConsoleGate"/> asks for.</summary>
/// <param name="NeedsSession">Whether somebody must have signed in.</param>
sealed record ConsoleRoute(bool NeedsSession);

/// <summary>
/// Stands before every route of the console, so that none can forget it: security headers, the session behind the cookie, and for whatever is not a read
/// that the form is one of ours, of this very session. What goes wrong behind it is shown as a page.
/// </summary>
sealed class ConsoleGate(Sessions sessions)
{
    /// <summary>Names of the console's routes begin so, and what follows is the action as the audit log names it.</summary>
    public const string NamePrefix = "Console";

    /// <summary>A form's own key, which <see cref="Change"/> takes as the header of /v2.</summary>
    public const string KeyField = "form_key";

    /// <summary>What the form was made from, which <see cref="Change"/> takes as the header of /v2.</summary>
    public const string MatchField = "form_match";

    /// <summary>Lets a request through, or refuses it.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        var route = context.GetEndpoint()?.Metadata.GetMetadata<ConsoleRoute>();
        if (route is null && !IsLostPerson(context))
        {
            await next(context);
            return;
        }
        SecurityHeaders.Write(context.Response);
        context.Features.Set<IProblemPage>(ConsoleProblems.Instance);
        if (context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName is { } name)
            context.Features.Set(new AskedAction("console", name[NamePrefix.Length..]));
        var secret = SessionCookie.Read(context);
        if (secret is not null && await sessions.FindAsync(secret, context.RequestAborted) is { } caller)
        {
            context.Features.Set(caller);
            context.Features.Set(new Session(secret, caller));
        }
        else if (route?.NeedsSession != false)
        {
            throw new VolumeException(
                ErrorCode.Unauthenticated, secret is null ? ConsoleProblems.SignInFirst : "Your session has ended. Sign in again; nothing was changed.");
        }
        if (!HttpMethods.IsGet(context.Request.Method)) await CheckFormAsync(context, route?.NeedsSession != false ? secret : null);
        await next(context);
    }

    /// <param name="secret">Of the session that the form must be of; null on routes that take no notice of one.</param>
    static async Task CheckFormAsync(HttpContext context, string? secret)
    {
        var request = context.Request;
        if (!SameOrigin.Is(request)) throw new VolumeException(ErrorCode.Forbidden, "This form was sent from another site, so nothing was done.");
        var form = await Form.ReadAsync(context);
        if (secret is not null && !FormToken.Fits(secret, form.Text(FormToken.Field)))
            throw new VolumeException(ErrorCode.Forbidden, "This form is not of your present session, so nothing was done. Go back, reload the page, and send it again.");
        context.Features.Set(form);
        if (form.Text(KeyField) is { } key) request.Headers[KeptAnswers.Header] = key;
        if (form.Text(MatchField) is { } match) request.Headers.IfMatch = match;
    }

    // Somebody with a browser at an address that is nowhere, or that takes other verbs.
    static bool IsLostPerson(HttpContext context) =>
        context.GetEndpoint() is not RouteEndpoint && !context.Request.Path.StartsWithSegments("/v2", StringComparison.Ordinal)
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
