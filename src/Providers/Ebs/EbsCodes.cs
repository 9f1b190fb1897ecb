using System.Collections.Frozen;

namespace Octavo.Providers.Ebs;

/// <summary>What an error code of AWS asks for. The sets are EC2's and STS's published codes; codes that are newer go by their form.</summary>
enum EbsFailureKind
{
    /// <summary>Too fast: certainly not done, to be repeated after a wait.</summary>
    Throttled,

    /// <summary>A limit on snapshots at the same time or one after another: certainly not done, and waiting ends it.</summary>
    SnapshotPace,

    /// <summary>AWS's own trouble, or the connection's: nobody knows whether it was done.</summary>
    Unknown,

    /// <summary>There is no such thing, or no longer.</summary>
    Gone,

    /// <summary>Something is in the way: in use, locked, in the wrong state.</summary>
    InTheWay,

    /// <summary>A quota of the account.</summary>
    Limit,

    /// <summary>The identity may not do this.</summary>
    Permission,

    /// <summary>The identity is not accepted.</summary>
    Credential,

    /// <summary>The session has ended: another one may do.</summary>
    Expired,

    /// <summary>The account or region is closed to us.</summary>
    Account,

    /// <summary>The request is wrong.</summary>
    Invalid,

    /// <summary>A dry run that would have succeeded.</summary>
    Allowed,
}

/// <summary>Which code is of which kind.</summary>
static class EbsCodes
{
    public const string AuthFailure = "AuthFailure";
    public const string RequestExpired = "RequestExpired";
    public const string SignatureDoesNotMatch = "SignatureDoesNotMatch";
    public const string RegionDisabled = "RegionDisabledException";
    public const string IdempotentParameterMismatch = "IdempotentParameterMismatch";
    public const string SnapshotRate = "SnapshotCreationPerVolumeRateExceeded";
    public const string ConcurrentSnapshots = "ConcurrentSnapshotLimitExceeded";
    public const string PendingSnapshots = "PendingSnapshotLimitExceeded";

    static readonly FrozenDictionary<string, EbsFailureKind> Known = new (EbsFailureKind Kind, string[] Codes)[]
    {
        (EbsFailureKind.Throttled,
        [
            "RequestLimitExceeded", "EC2ThrottledException", "Throttling", "ThrottlingException", "ThrottledException", "Throttled",
            "RequestThrottled", "RequestThrottledException", "TooManyRequestsException", "SlowDown", "BandwidthLimitExceeded",
            "PriorRequestNotComplete", "ConcurrentTagAccess",
        ]),
        (EbsFailureKind.SnapshotPace, [SnapshotRate, ConcurrentSnapshots, PendingSnapshots]),
        (EbsFailureKind.Unknown,
        [
            "InternalError", "InternalFailure", "ServerInternal", "ServiceUnavailable", "Unavailable", "RequestTimeout",
            "RequestTimeoutException", "TransactionInProgressException",
        ]),
        (EbsFailureKind.InTheWay,
        [
            "VolumeInUse", "IncorrectState", "IncorrectModificationState", "IncorrectInstanceState", "InvalidSnapshot.InUse",
            "InvalidVolume.ZoneMismatch", "OperationNotPermitted", "OperationInProgress", "DependencyViolation", "SnapshotLocked",
            IdempotentParameterMismatch,
        ]),
        (EbsFailureKind.Limit,
        [
            "VolumeLimitExceeded", "SnapshotLimitExceeded", "MaxIOPSLimitExceeded", "MaxSpotInstanceCountExceeded", "TagLimitExceeded",
            "InsufficientVolumeCapacity", "AttachmentLimitExceeded", "FilterLimitExceeded",
        ]),
        (EbsFailureKind.Permission,
            ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "TagPolicyViolation", "UnauthorizedAccess"]),
        (EbsFailureKind.Credential,
        [
            AuthFailure, "InvalidClientTokenId", SignatureDoesNotMatch, "IncompleteSignature", "MissingAuthenticationToken",
            "UnrecognizedClientException", "InvalidAccessKeyId", "NotAuthorized", "InvalidIdentityToken",
        ]),
        (EbsFailureKind.Expired, ["ExpiredToken", "ExpiredTokenException", RequestExpired]),
        (EbsFailureKind.Account,
        [
            "OptInRequired", "PendingVerification", "PendingAccountVerification", "Blocked", "AccountDisabled", RegionDisabled,
        ]),
        (EbsFailureKind.Invalid, ["ValidationError", "ValidationException"]),
        (EbsFailureKind.Allowed, ["DryRunOperation"]),
    }.SelectMany(kind => kind.Codes, (kind, code) => KeyValuePair.Create(code, kind.Kind)).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The kind of a code that came with this HTTP status.</summary>
    public static EbsFailureKind KindOf(string? code, int status)
    {
        if (status == 429) return EbsFailureKind.Throttled;
        if (code is null) return status is >= 400 and < 500 ? EbsFailureKind.Invalid : EbsFailureKind.Unknown;
        if (Known.TryGetValue(code, out var kind)) return kind;
        if (code.EndsWith(".NotFound", StringComparison.Ordinal)) return EbsFailureKind.Gone;
        if (code.EndsWith("LimitExceeded", StringComparison.Ordinal) || code.StartsWith("Insufficient", StringComparison.Ordinal))
            return EbsFailureKind.Limit;
        if (status >= 500) return EbsFailureKind.Unknown;
        if (code.StartsWith("Invalid", StringComparison.Ordinal) || code.StartsWith("Missing", StringComparison.Ordinal)
            || code.StartsWith("Malformed", StringComparison.Ordinal) || code.StartsWith("Unknown", StringComparison.Ordinal)
            || code.StartsWith("Unsupported", StringComparison.Ordinal))
            return EbsFailureKind.Invalid;
        return status is 401 or 403 ? EbsFailureKind.Permission : EbsFailureKind.InTheWay;
    }
}
