using Octavo.Core;
using Octavo.Server.Accounts;

namespace Octavo.Server.Console;

/// <summary>What every page needs to know of who looks at it, and when.</summary>
/// <param name="User">The user's name.</param>
/// <param name="Account">The account's name.</param>
/// <param name="Role">viewer, operator or admin: what this session may at most.</param>
/// <param name="MayChange">May make, change and bring back.</param>
/// <param name="MayDelete">May also delete, and has users, credentials and the audit log.</param>
/// <param name="IsServiceOperator">May also make accounts.</param>
/// <param name="FormToken">See <see cref="Console.FormToken"/>.</param>
/// <param name="Now">The time that ages are told by.</param>
public sealed record Frame(
    string User, string Account, string Role, bool MayChange, bool MayDelete, bool IsServiceOperator, string FormToken, DateTimeOffset Now)
{
    /// <summary>A new key for a form: sent twice, it is done once.</summary>
    public static string NewKey() => InternalId.New();

    /// <summary>Called by the framework to fill a parameter of this type.</summary>
    public static ValueTask<Frame> BindAsync(HttpContext context) => ValueTask.FromResult(Of(context)
        ?? throw new VolumeException(ErrorCode.Unauthenticated, SignIn.TokenNeeded));

    /// <summary>Of the session of a request; null without one.</summary>
    internal static Frame? Of(HttpContext context) => context.Features.Get<Session>() is not { } session ? null : new(
        session.Caller.UserName, session.Caller.AccountName, Roles.Text(session.Caller.Role), session.Caller.Role >= Accounts.Role.Operator,
        session.Caller.Role >= Accounts.Role.Admin, session.Caller.IsServiceOperator, Console.FormToken.Of(session.Secret),
        context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
}

/// <summary>A session that a request came with.</summary>
sealed record Session(string Secret, Caller Caller);
