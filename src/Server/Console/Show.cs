using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using Octavo.Core;
using Octavo.Server.Audit;
using Octavo.Server.Http;

namespace Octavo.Server.Console;

/// <summary>Answers of the console.</summary>
static class Show
{
    /// <summary>A page.</summary>
    /// <param name="parameters">An object whose properties are the component's parameters.</param>
    public static IResult Page<T>(object parameters, int status = StatusCodes.Status200OK) where T : IComponent =>
        new RazorComponentResult<T>(parameters) { StatusCode = status, PreventStreamingRendering = true };

    /// <summary>After a change: the browser goes to another page, and a reload of that repeats nothing.</summary>
    public static IResult Then(string path) => new Answer(StatusCodes.Status303SeeOther, [], path);

    /// <summary>After a change that /v2 makes: where its answer leads to.</summary>
    public static IResult Then(IResult changed, Func<Answer, string> path) => Then(path((Answer)changed));

    /// <summary>Of a change that /v2 makes: what it answered.</summary>
    public static T Answered<T>(Answer answer, JsonTypeInfo<T> shape) => JsonSerializer.Deserialize(answer.Body, shape)!;

    /// <summary>The page of the operation that a change answered with.</summary>
    public static string Operation(Answer answer) => answer.Location!["/v2".Length..];

    /// <summary>Makes a change; where it is refused for what the form says, the page is shown again with the reason and what was typed.</summary>
    /// <param name="change">Makes it, and answers.</param>
    /// <param name="again">The page with the form.</param>
    public static async Task<IResult> OrAgainAsync(HttpContext context, Func<Task<IResult>> change, Func<Refusal, int, Task<IResult>> again)
    {
        try
        {
            return await change();
        }
        catch (PreconditionException)
        {
            const string sentence = "It changed since this page was made, so nothing was done. Look at it again, then send the form once more.";
            await context.RequestServices.GetRequiredService<AuditLog>().RefusedAsync(context, StatusCodes.Status412PreconditionFailed, sentence);
            return await again(new Refusal(sentence, context.TraceIdentifier), StatusCodes.Status412PreconditionFailed);
        }
        catch (VolumeException e) when (e.Code is not (ErrorCode.NotFound or ErrorCode.Forbidden or ErrorCode.Unauthenticated or ErrorCode.Internal))
        {
            var status = Problems.Status(e.Code);
            await context.RequestServices.GetRequiredService<AuditLog>().RefusedAsync(context, status, e.Message);
            return await again(new Refusal(e.Message, context.TraceIdentifier), status);
        }
    }
}
