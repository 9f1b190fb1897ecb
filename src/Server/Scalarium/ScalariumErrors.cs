using System.Globalization;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Audit;

namespace Octavo.Server.Scalarium;

/// <summary>
/// The errors of v1: always <c>{"errors":["…"]}</c>. 412 is the documented status for what was understood and cannot be done.
/// </summary>
sealed class ScalariumErrors(AuditLog audit, ILogger<ScalariumErrors> log)
{
    /// <summary>Answers a failure.</summary>
    public async Task AnswerAsync(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case VolumeException e:
                if (e.InnerException is not null)
                    log.LogInformation(e, "Request {RequestId} was refused: {Message}", context.TraceIdentifier, e.Message);
                await RefuseAsync(context, Status(e.Code), e.Message);
                break;
            case TooManySignInsException e:
                context.Response.Headers.RetryAfter = e.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
                await WriteAsync(context, StatusCodes.Status429TooManyRequests, e.Message);
                break;
            case BadHttpRequestException e:
                await RefuseAsync(context, e.StatusCode, e.Message);
                break;
            case OperationCanceledException when context.RequestAborted.IsCancellationRequested:
                break;
            default:
                log.LogError(failure, "Request {RequestId} failed", context.TraceIdentifier);
                await RefuseAsync(context, StatusCodes.Status500InternalServerError,
                    $"Something went wrong on our side. The log tells the cause under request {context.TraceIdentifier}.");
                break;
        }
    }

    /// <summary>Answers with a sentence, and tells the audit log.</summary>
    public async Task RefuseAsync(HttpContext context, int status, string sentence)
    {
        await audit.RefusedAsync(context, status, sentence);
        await WriteAsync(context, status, sentence);
    }

    /// <summary>Answers with a sentence.</summary>
    public static Task WriteAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        return ScalariumDialect.WriteAsync(context.Response, ScalariumJson.Bytes(json => ScalariumJson.Errors(json, sentence)));
    }

    /// <summary>The HTTP status of a code in v1.</summary>
    public static int Status(ErrorCode code) => code switch
    {
        ErrorCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        ErrorCode.Forbidden => StatusCodes.Status403Forbidden,
        ErrorCode.NotFound => StatusCodes.Status404NotFound,
        ErrorCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorCode.Internal => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status412PreconditionFailed,
    };
}
