using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Primitives;
using Octavo.Core;

namespace Octavo.Server.Accounts;

/// <summary>Too many unknown tokens came from one address.</summary>
sealed class TooManySignInsException(TimeSpan wait) : Exception(
    $"Too many failed sign-ins from this address. Try again in {Seconds(wait)} s.")
{
    /// <summary>For the Retry-After header: whole seconds, at least 1.</summary>
    public int RetryAfterSeconds { get; } = Seconds(wait);

    static int Seconds(TimeSpan wait) => Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
}

/// <summary>Somebody who is known and was not let in.</summary>
sealed record RefusedCaller(Caller Caller);

/// <summary>Turns a token into a <see cref="Caller"/>, for both dialects.</summary>
sealed class SignIn(Callers callers, FailedSignIns failures, IMeterFactory meters, TimeProvider time, ILogger<SignIn> log)
{
    readonly Counter<long> refusals = meters.Create(Instrumentation.Name).CreateCounter<long>(
        "octavo.sign_in.failures", "{request}", "Tokens that were shown and not accepted.");

    /// <summary>What somebody without a token is told.</summary>
    public const string TokenNeeded = "A token is needed: sign in with the token of a user whose API access is on.";

    /// <summary>Scalarium's header: the token and nothing else.</summary>
    public const string BareHeader = "X-Scalarium-Token";

    /// <summary>The caller behind a token that may use the API.</summary>
    /// <exception cref="VolumeException">Unauthenticated: no token, an unknown one, one that ended, or API access is off.</exception>
    /// <exception cref="TooManySignInsException">The token is unknown, and so were too many before it.</exception>
    public async ValueTask<Caller> WithTokenAsync(string? token, HttpContext context)
    {
        if (string.IsNullOrEmpty(token)) throw new VolumeException(ErrorCode.Unauthenticated, TokenNeeded);
        var caller = await callers.FindAsync(token, context.RequestAborted);
        if (caller is null)
        {
            var address = context.Connection.RemoteIpAddress;
            Count("unknown");
            log.LogWarning("Unknown token from {Address}, request {RequestId}", address, context.TraceIdentifier);
            throw failures.Count(address) is { } wait
                ? new TooManySignInsException(wait)
                : new VolumeException(ErrorCode.Unauthenticated, "This token is not known. It may have been regenerated: ask an admin for the new one.");
        }
        if (!caller.HasApiAccess)
            throw Known(caller, "no_access", "API access is off for this user. An admin of the account can turn it on.");
        if (caller.ExpiresAt is { } end && end <= time.GetUtcNow())
            throw Known(caller, "ended", string.Create(CultureInfo.InvariantCulture, $"This token ended at {end:u}. Make a new one, or ask an admin."));
        return caller;

        // The refusal goes into the account's audit log.
        VolumeException Known(Caller who, string reason, string sentence)
        {
            Count(reason);
            context.Features.Set(new RefusedCaller(who));
            return new VolumeException(ErrorCode.Unauthenticated, sentence);
        }
    }

    void Count(string reason) => refusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>
    /// The token of a request of <c>/v2</c>: that of <c>Authorization: Bearer</c>, or the bare one of <c>X-Scalarium-Token</c>; null without one. One header
    /// given twice is ambiguous: null too.
    /// </summary>
    /// <exception cref="VolumeException">Unauthenticated: both are there, with different tokens.</exception>
    public static string? BearerToken(HttpContext context)
    {
        const string scheme = "Bearer ";
        var bearer = One(context.Request.Headers.Authorization) is { } value && value.StartsWith(scheme, true, CultureInfo.InvariantCulture)
            ? value[scheme.Length..].Trim()
            : null;
        var bare = One(context.Request.Headers[BareHeader])?.Trim();
        return bearer is null || bare is null || bearer == bare
            ? bearer ?? bare
            : throw new VolumeException(ErrorCode.Unauthenticated, $"Authorization and {BareHeader} carry different tokens. Send one of them.");

        static string? One(StringValues values) => values.Count == 1 ? values[0] : null;
    }
}
