using Microsoft.AspNetCore.WebUtilities;
using Octavo.Server.Http;

namespace Octavo.Server.Console;

/// <summary>Shows what went wrong as a page: to strangers the sign-in, to everybody else a sentence.</summary>
sealed class ConsoleProblems : IProblemPage
{
    /// <summary>What a stranger is told.</summary>
    public const string SignInFirst = "Sign in to go on.";

    public static ConsoleProblems Instance { get; } = new();

    /// <inheritdoc/>
    public Task WriteAsync(HttpContext context, int status, string sentence)
    {
        // Part of a page cannot show a page: the script reloads, and then there is one.
        if (status == StatusCodes.Status401Unauthorized && context.Request.Headers.ContainsKey("HX-Request")) context.Response.Headers["HX-Refresh"] = "true";
        var refusal = new Refusal(
            status == StatusCodes.Status404NotFound && context.GetEndpoint() is null ? "There is no such page. It may have been moved; the menu tells what there is." : sentence,
            context.TraceIdentifier);
        IResult page = status is StatusCodes.Status401Unauthorized or StatusCodes.Status429TooManyRequests
            ? Show.Page<SignInPage>(new { Refusal = sentence == SignInFirst ? null : refusal, Target = TargetOf(context) }, status)
            : Show.Page<ProblemPage>(new { Frame = Frame.Of(context), Refusal = refusal, Title = Title(status) }, status);
        return page.ExecuteAsync(context);
    }

    static string Title(int status) => status switch
    {
        StatusCodes.Status403Forbidden => "You may not do this",
        StatusCodes.Status404NotFound => "Not found",
        StatusCodes.Status412PreconditionFailed => "It changed meanwhile",
        StatusCodes.Status500InternalServerError => "Something went wrong",
        _ => ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } reason ? $"Not done: {reason.ToLowerInvariant()}" : "Not done",
    };

    // Where to go once signed in: what was asked for, or what the form of the sign-in says.
    static string TargetOf(HttpContext context) => SignInConsole.Target(
        HttpMethods.IsGet(context.Request.Method) ? context.Request.Path + context.Request.QueryString : context.Features.Get<Form>()?.Text("target"));
}
