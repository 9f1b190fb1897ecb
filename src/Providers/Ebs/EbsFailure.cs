using System.Net;
using System.Net.Sockets;
using System.Xml;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>A failure of the SDK or of what lies below it, read once and turned into the port's in one place.</summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Code">AWS's code, where it gave one.</param>
/// <param name="Said">AWS's sentence, or the connection's trouble in ours.</param>
/// <param name="RequestId">AWS's id of the request.</param>
/// <param name="Cause">For the log.</param>
sealed record EbsFailure(EbsFailureKind Kind, string? Code, string Said, string? RequestId, Exception Cause)
{
    /// <summary>Reads whatever was thrown.</summary>
    public static EbsFailure Read(Exception e) => e switch
    {
        AmazonUnmarshallingException => NotEc2(e),
        AmazonServiceException { ErrorCode: { Length: > 0 } code } service when !IsStatusWord(service) =>
            new(EbsCodes.KindOf(code, (int)service.StatusCode), code, service.Message, NullIfEmpty(service.RequestId), e),
        AmazonServiceException service when (int)service.StatusCode >= 400 => FromStatus(service),
        HttpRequestException http => Connection(http),
        OperationCanceledException or TimeoutException => new(EbsFailureKind.Unknown, null, "no answer came in time", null, e),
        IOException or SocketException => new(EbsFailureKind.Unknown, null, "the connection was lost", null, e),
        XmlException or FormatException => NotEc2(e),
        { InnerException: { } inner } when e is AmazonClientException or AmazonServiceException => Read(inner) with { Cause = e },
        AmazonClientException => new(EbsFailureKind.Credential, null, e.Message, null, e),
        // What the SDK did not foresee in an answer: a field of the wrong form, an element in the wrong place.
        _ => NotEc2(e),
    };

    /// <summary>The port's failure.</summary>
    public VolumeException ToVolumeException(CallTarget target, TimeSpan? retryAfter = null) =>
        new(Kind switch
        {
            EbsFailureKind.Throttled or EbsFailureKind.SnapshotPace or EbsFailureKind.Unknown => ErrorCode.Unavailable,
            EbsFailureKind.Gone => ErrorCode.NotFound,
            EbsFailureKind.Limit => ErrorCode.QuotaExceeded,
            EbsFailureKind.Invalid => ErrorCode.Invalid,
            _ => ErrorCode.Conflict,
        }, FailureText.Sentence(this, target), FailureText.IsClean(Cause, target.Secrets) ? Cause : null)
        {
            ProviderCode = Code,
            ProviderRequestId = RequestId,
            RetryAfter = retryAfter,
        };

    static EbsFailure NotEc2(Exception e) => new(EbsFailureKind.Unknown, null, FailureText.NotEc2, null, e);

    /// <summary>The SDK gives the name of the HTTP status where the answer held no code of AWS's.</summary>
    static bool IsStatusWord(AmazonServiceException e) =>
        string.IsNullOrEmpty(e.RequestId) && e.ErrorCode == e.StatusCode.ToString();

    static EbsFailure FromStatus(AmazonServiceException e) => new(
        e.StatusCode == HttpStatusCode.TooManyRequests ? EbsFailureKind.Throttled : EbsFailureKind.Unknown,
        null, $"{FailureText.NotEc2} (HTTP {(int)e.StatusCode})", null, e);

    static EbsFailure Connection(HttpRequestException e) => new(EbsFailureKind.Unknown, null, e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name is not known to this machine's network",
        HttpRequestError.ConnectionError => "no connection could be made",
        HttpRequestError.SecureConnectionError => "its certificate was not accepted or it does not speak TLS",
        HttpRequestError.InvalidResponse => "it does not speak HTTP",
        _ when e.InnerException is HttpErrorResponseException or null && e.StatusCode is { } status =>
            $"{FailureText.NotEc2} (HTTP {(int)status})",
        _ => "the connection was lost",
    }, null, e);

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
