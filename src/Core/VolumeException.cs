namespace Octavo.Core;

/// <summary>What kind of failure it was. Each dialect maps a code to its own status.</summary>
public enum ErrorCode
{
    /// <summary>Our bug. The public message says nothing of the cause; the log does.</summary>
    Internal,

    /// <summary>The request makes no sense as it stands.</summary>
    Invalid,

    /// <summary>No valid token.</summary>
    Unauthenticated,

    /// <summary>A valid token that may not do this.</summary>
    Forbidden,

    /// <summary>There is no such thing, or it belongs to somebody else.</summary>
    NotFound,

    /// <summary>A thing of that name or id is there already.</summary>
    AlreadyExists,

    /// <summary>The thing's present state forbids it.</summary>
    Conflict,

    /// <summary>No room: disk, quota or a configured bound.</summary>
    QuotaExceeded,

    /// <summary>This provider cannot do that at all.</summary>
    Unsupported,

    /// <summary>Not now: the only code that is worth trying again.</summary>
    Unavailable,
}

/// <summary>
/// The one failure that crosses the boundaries of providers and slices. Its message is public: a sentence for the user that
/// says what was wrong and what would be right, with nothing secret and no other account's names in it. The cause, if
/// any, is the inner exception and goes to the log only.
/// </summary>
public sealed class VolumeException(ErrorCode code, string publicMessage, Exception? inner = null)
    : Exception(publicMessage, inner)
{
    /// <summary>What kind of failure it was.</summary>
    public ErrorCode Code { get; } = code;

    /// <summary>Whether the same call may succeed later, unchanged.</summary>
    public bool IsTransient => Code == ErrorCode.Unavailable;

    /// <summary>
    /// With <see cref="ErrorCode.Unavailable"/>: nothing was done and nothing is wrong, a limit only asks to wait so long. Such a wait is no
    /// failure, however often it comes.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The provider's own code for it, where it gave one: <c>AuthFailure</c>.</summary>
    public string? ProviderCode { get; init; }

    /// <summary>The provider's id of the request, which its support asks for.</summary>
    public string? ProviderRequestId { get; init; }
}
