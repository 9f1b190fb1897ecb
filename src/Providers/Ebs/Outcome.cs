using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>What a failure says about the request.</summary>
static class Outcome
{
    /// <summary>Whether nobody knows if it was done: a wait that AWS asks for is certainly nothing done.</summary>
    public static bool IsUnknown(VolumeException e) => e is { Code: ErrorCode.Unavailable, RetryAfter: null };
}
