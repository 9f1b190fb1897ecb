using Octavo.Server.Accounts;

namespace Octavo.Server.Audit;

/// <summary>What a request asks for, as the audit log names it; set by the dialect that does not have named endpoints.</summary>
sealed record AskedAction(string Via, string Action);

/// <summary>Who asked for what, when it counts for the audit log.</summary>
/// <param name="Caller">Who.</param>
/// <param name="Via"><c>v1</c>, <c>v2</c> or <c>console</c>.</param>
/// <param name="Action">The endpoint's name: <c>DeleteVolume</c>.</param>
/// <param name="Address">From where.</param>
/// <param name="RequestId">The id that the log has too.</param>
sealed record Asked(Caller Caller, string Via, string Action, string? Address, string RequestId)
{
    /// <summary>Who asked in a request; null where nobody is known.</summary>
    public static Asked? Of(HttpContext context)
    {
        var caller = context.Features.Get<Caller>() ?? context.Features.Get<RefusedCaller>()?.Caller;
        if (caller is null) return null;
        var (via, action) = context.Features.Get<AskedAction>()
            ?? new AskedAction(Dialect(context.Request.Path), context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName
                ?? $"{context.Request.Method} {context.Request.Path}");
        return new Asked(caller, via, action, context.Connection.RemoteIpAddress?.ToString(), context.TraceIdentifier);
    }

    static string Dialect(PathString path) =>
        path.StartsWithSegments("/v2", StringComparison.Ordinal) ? "v2" : path.StartsWithSegments("/api", StringComparison.Ordinal) ? "v1" : "console";
}

/// <summary>What a change was made on.</summary>
/// <param name="Kind">volume, snapshot, attachment, credential, user, token, account or operation; null where that is not known.</param>
/// <param name="Id">Its id; null where it has none.</param>
/// <param name="Name">Its name at that time, where it has one.</param>
/// <param name="Detail">What else was asked, in words, with nothing secret.</param>
sealed record Subject(string? Kind, string? Id, string? Name = null, string? Detail = null);
