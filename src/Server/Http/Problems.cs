using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;

namespace Octavo.Server.Http;

/// <summary>A feature of requests that come from people: shows a problem in its own way.</summary>
interface IProblemPage
{
    /// <summary>Answers with the problem.</summary>
    Task WriteAsync(HttpContext context, int status, string sentence);
}

/// <summary>
/// The errors of <c>/v2</c>: <c>application/problem+json</c> with a code and the request's id. What is not a
/// <see cref="VolumeException"/> is our bug: the caller gets the id, the log gets the cause under the same id.
/// </summary>
sealed class Problems(AuditLog audit, ILogger<Problems> log)
{
    /// <summary>Runs the rest of the pipeline and answers its failures.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed)
                await WriteAsync(context, context.Response.StatusCode, ErrorCode.NotFound, $"There is no {context.Request.Method} {context.Request.Path.Value} here; /docs tells what there is.");
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, e);
        }
        catch (VolumeException e)
        {
            // Part of the body is out already, an export: only cutting the connection can tell the client.
            log.LogWarning(e, "Request {RequestId} ended in mid-answer: {Message}", context.TraceIdentifier, e.Message);
            context.Abort();
        }
    }

    async Task AnswerAsync(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case VolumeException e:
                if (e.InnerException is not null)
                    log.LogInformation(e, "Request {RequestId} was refused: {Message}", context.TraceIdentifier, e.Message);
                await RefuseAsync(context, Status(e.Code), e.Code, e.Message);
                break;
            case PreconditionException e:
                await RefuseAsync(context, StatusCodes.Status412PreconditionFailed, PreconditionException.Code, e.Message);
                break;
            case TooManySignInsException e:
                context.Response.Headers.RetryAfter = e.RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
                await WriteAsync(context, StatusCodes.Status429TooManyRequests, ErrorCode.Unauthenticated, e.Message);
                break;
            case BadHttpRequestException e:
                await RefuseAsync(context, e.StatusCode, ErrorCode.Invalid, e.Message);
                break;
            case OperationCanceledException when context.RequestAborted.IsCancellationRequested:
                break;
            default:
                log.LogError(failure, "Request {RequestId} failed", context.TraceIdentifier);
                await RefuseAsync(context, StatusCodes.Status500InternalServerError, ErrorCode.Internal,
                    $"Something went wrong on our side. The log tells the cause under request {context.TraceIdentifier}.");
                break;
        }
    }

    async Task RefuseAsync(HttpContext context, int status, ErrorCode code, string detail)
    {
        await audit.RefusedAsync(context, status, detail);
        await WriteAsync(context, status, code, detail);
    }

    /// <summary>Answers with one problem.</summary>
    public static Task WriteAsync(HttpContext context, int status, ErrorCode code, string detail)
    {
        if (context.Features.Get<IProblemPage>() is { } page) return page.WriteAsync(context, status, detail);
        var problem = new Problem("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, Word(code), context.TraceIdentifier);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        return JsonSerializer.SerializeAsync(context.Response.Body, problem, ApiJson.Wire.Problem, context.RequestAborted);
    }

    /// <summary>The HTTP status of a code in <c>/v2</c>.</summary>
    public static int Status(ErrorCode code) => code switch
    {
        ErrorCode.Invalid => StatusCodes.Status400BadRequest,
        ErrorCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorCode.Forbidden => StatusCodes.Status403Forbidden,
        ErrorCode.NotFound => StatusCodes.Status404NotFound,
        ErrorCode.AlreadyExists or ErrorCode.Conflict => StatusCodes.Status409Conflict,
        ErrorCode.QuotaExceeded => StatusCodes.Status422UnprocessableEntity,
        ErrorCode.Unsupported => StatusCodes.Status422UnprocessableEntity,
        ErrorCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>A code's word on the wire and in the operations table.</summary>
    public static string Word(ErrorCode code) => code switch
    {
        ErrorCode.Invalid => "invalid",
        ErrorCode.Unauthenticated => "unauthenticated",
        ErrorCode.Forbidden => "forbidden",
        ErrorCode.NotFound => "not_found",
        ErrorCode.AlreadyExists => "already_exists",
        ErrorCode.Conflict => "conflict",
        ErrorCode.QuotaExceeded => "quota_exceeded",
        ErrorCode.Unsupported => "unsupported",
        ErrorCode.Unavailable => "unavailable",
        _ => "internal",
    };
}
