using Octavo.Core;

namespace Octavo.Server.Accounts;

/// <summary>
/// Who asks: a user with a valid token and API access. Endpoints take it, or one of the stricter kinds below, as a parameter:
/// a value cannot be forgotten as a filter can.
/// </summary>
record Caller(UserId User, AccountId Account, string AccountName, bool IsAdmin, bool IsOperator, bool HasApiAccess)
{
    /// <summary>Called by the framework to fill a parameter of this type.</summary>
    public static ValueTask<Caller> BindAsync(HttpContext context) => ValueTask.FromResult(Of(context));

    protected static Caller Of(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new VolumeException(ErrorCode.Unauthenticated, SignIn.TokenNeeded);
}

/// <summary>A caller who is an admin of the account.</summary>
sealed record Admin(Caller Caller) : Caller(Caller)
{
    /// <inheritdoc cref="Caller.BindAsync"/>
    /// <exception cref="VolumeException">Forbidden: not an admin.</exception>
    public static new ValueTask<Admin> BindAsync(HttpContext context)
    {
        var caller = Of(context);
        return caller.IsAdmin
            ? ValueTask.FromResult(new Admin(caller))
            : throw new VolumeException(ErrorCode.Forbidden, "Only account admins may do this. Ask an admin of your account.");
    }
}

/// <summary>The service's operator: may make accounts and their users, and sees nothing else of them.</summary>
sealed record Operator(Caller Caller) : Caller(Caller)
{
    /// <inheritdoc cref="Caller.BindAsync"/>
    /// <exception cref="VolumeException">Forbidden: not the operator.</exception>
    public static new ValueTask<Operator> BindAsync(HttpContext context)
    {
        var caller = Of(context);
        return caller.IsOperator
            ? ValueTask.FromResult(new Operator(caller))
            : throw new VolumeException(ErrorCode.Forbidden, "Only the service's operator may do this.");
    }
}
