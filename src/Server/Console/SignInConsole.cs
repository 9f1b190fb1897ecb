using Octavo.Server.Accounts;
using Octavo.Server.Audit;

namespace Octavo.Server.Console;

/// <summary><c>/sign-in</c> and <c>/sign-out</c>.</summary>
static class SignInConsole
{
    public static void Map(IEndpointRouteBuilder open, IEndpointRouteBuilder console)
    {
        open.MapGet("/sign-in", ShowAsync).WithName("ConsoleShowSignIn");
        open.MapPost("/sign-in", SignInAsync).WithName("ConsoleSignIn");
        console.MapPost("/sign-out", SignOutAsync).WithName("ConsoleSignOut");
    }

    /// <summary>A path of this server, or its first page: nobody is sent elsewhere.</summary>
    public static string Target(string? given) =>
        given is ['/', ..] && !given.StartsWith("//", StringComparison.Ordinal) && !given.StartsWith("/sign-", StringComparison.Ordinal)
        && !given.Contains('\\', StringComparison.Ordinal) && given.All(c => c is > ' ' and <= '~')
            ? given
            : "/";

    static IResult ShowAsync(HttpContext context) =>
        Frame.Of(context) is null ? Show.Page<SignInPage>(new { Target = "/" }) : Show.Then("/");

    static async Task<IResult> SignInAsync(
        Form form, SignIn signIn, Sessions sessions, AuditLog audit, Database.Database database, HttpContext context, CancellationToken cancellation)
    {
        var caller = await signIn.WithTokenAsync(form.Trimmed("token"), context);
        // Whoever was signed in here before is not any more; and this is who asks from now on.
        context.Features.Set(caller);
        await using var transaction = await database.BeginAsync(cancellation);
        if (SessionCookie.Read(context) is { } before) await Sessions.EndAsync(transaction, before, cancellation);
        var secret = await sessions.BeginAsync(transaction, caller, cancellation);
        await audit.WriteAsync(
            transaction, Asked.Of(context)!, new Subject("token", caller.Token, caller.TokenName), operation: null, StatusCodes.Status303SeeOther, cancellation);
        await transaction.CommitAsync();
        SessionCookie.Write(context, secret);
        return Show.Then(Target(form.Text("target")));
    }

    static async Task<IResult> SignOutAsync(
        Caller caller, AuditLog audit, Database.Database database, HttpContext context, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await Sessions.EndAsync(transaction, context.Features.Get<Session>()!.Secret, cancellation);
        await audit.WriteAsync(
            transaction, Asked.Of(context)!, new Subject("token", caller.Token, caller.TokenName), operation: null, StatusCodes.Status303SeeOther, cancellation);
        await transaction.CommitAsync();
        SessionCookie.Delete(context);
        return Show.Then("/sign-in");
    }
}
