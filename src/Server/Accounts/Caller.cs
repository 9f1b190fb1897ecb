using Octavo.Core;

namespace Octavo.Server.Accounts;

/// <summary>
/// Who asks: a user with a valid token and API access, and so at least a viewer. Endpoints take it, or one of the stricter kinds below, as a
/// parameter: a value cannot be forgotten as a filter can.
/// </summary>
/// <param name="User">The user.</param>
/// <param name="UserName">Its name.</param>
/// <param name="Token">The token that was shown.</param>
/// <param name="TokenName">Its name.</param>
/// <param name="Account">The user's account.</param>
/// <param name="AccountName">Its name.</param>
/// <param name="Role">The lesser of what the user and the token may.</param>
/// <param name="IsServiceOperator">May also make accounts and their users.</param>
/// <param name="IsOfServiceOperator">Is a token of the service's operator, however little it may.</param>
/// <param name="HasApiAccess">Whether the user's tokens are accepted at all.</param>
/// <param name="ExpiresAt">When the token ends; null for never.</param>
record Caller(
    UserId User, string UserName, string Token, string TokenName, AccountId Account, string AccountName, Role Role, bool IsServiceOperator,
    bool IsOfServiceOperator, bool HasApiAccess, DateTimeOffset? ExpiresAt)
{
    /// <summary>Called by the framework to fill a parameter of this type.</summary>
    public static ValueTask<Caller> BindAsync(HttpContext context) => ValueTask.FromResult(Of(context));

    /// <summary>The caller of a request.</summary>
    /// <exception cref="VolumeException">Unauthenticated: nobody signed in.</exception>
    public static Caller Of(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new VolumeException(ErrorCode.Unauthenticated, SignIn.TokenNeeded);

    /// <exception cref="VolumeException">Forbidden: the role is less.</exception>
    public Caller Require(Role least) => Role >= least ? this : throw new VolumeException(ErrorCode.Forbidden, least == Role.Admin
        ? "Only account admins may do this. Ask an admin of your account."
        : "Viewers may only look. Ask an operator or an admin of your account.");
}

/// <summary>A caller who may change things, and may not delete.</summary>
sealed record Operator(Caller Caller) : Caller(Caller)
{
    /// <inheritdoc cref="Caller.BindAsync"/>
    /// <exception cref="VolumeException">Forbidden: a viewer.</exception>
    public static new ValueTask<Operator> BindAsync(HttpContext context) => ValueTask.FromResult(new Operator(Of(context).Require(Role.Operator)));
}

/// <summary>A caller who is an admin of the account.</summary>
sealed record Admin(Caller Caller) : Caller(Caller)
{
    /// <inheritdoc cref="Caller.BindAsync"/>
    /// <exception cref="VolumeException">Forbidden: not an admin.</exception>
    public static new ValueTask<Admin> BindAsync(HttpContext context) => ValueTask.FromResult(new Admin(Of(context).Require(Role.Admin)));
}

/// <summary>The service's operator: may make accounts and their users, and sees nothing else of them.</summary>
sealed record ServiceOperator(Caller Caller) : Caller(Caller)
{
    /// <inheritdoc cref="Caller.BindAsync"/>
    /// <exception cref="VolumeException">Forbidden: not the service's operator.</exception>
    public static new ValueTask<ServiceOperator> BindAsync(HttpContext context)
    {
        var caller = Of(context);
        return caller.IsServiceOperator
            ? ValueTask.FromResult(new ServiceOperator(caller))
            : throw new VolumeException(ErrorCode.Forbidden, "Only the service's operator may do this.");
    }
}

/// <summary>Whoever watches over the service: any token of its operator, so that a program that only reads figures holds one that may only look.</summary>
sealed record Watcher(Caller Caller) : Caller(Caller)
{
    /// <inheritdoc cref="Caller.BindAsync"/>
    /// <exception cref="VolumeException">Forbidden: not a token of the service's operator.</exception>
    public static new ValueTask<Watcher> BindAsync(HttpContext context)
    {
        var caller = Of(context);
        return caller.IsOfServiceOperator
            ? ValueTask.FromResult(new Watcher(caller))
            : throw new VolumeException(ErrorCode.Forbidden, "Only the service's operator may see this; a token of theirs that may only look will do.");
    }
}
