using Octavo.Api;

namespace Octavo.Cli;

/// <summary>What a command's exit status says; <c>docs/cli.md</c> has the table.</summary>
static class ExitCode
{
    public const int Success = 0;

    /// <summary>The server refused, the operation failed, or the check found something.</summary>
    public const int Failure = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>There is no such thing.</summary>
    public const int NotFound = 3;

    /// <summary>The server cannot be reached, or said to try again.</summary>
    public const int Unavailable = 4;

    /// <summary>Not signed in, or not allowed.</summary>
    public const int NotAllowed = 5;

    /// <summary>As things stand it cannot be done: something is in the way, or it is not any more what was looked at.</summary>
    public const int Conflict = 6;

    /// <summary>Ctrl-C.</summary>
    public const int Interrupted = 130;

    /// <summary>The exit code of a refusal, and what to do next where that can be told; an operation that failed came with status 200.</summary>
    public static (int Code, string? Next) Of(OctavoException refusal) => refusal.Status switch
    {
        401 => (NotAllowed, "Sign in with a token that the server knows: octavo profiles add NAME --server URL, --token or OCTAVO_TOKEN."),
        403 => (NotAllowed, "octavo users me tells who you are and what you may; an admin can change that: octavo users update ID --role ROLE."),
        404 => (NotFound, "The list commands tell what there is: octavo volumes list, octavo snapshots list, octavo operations list."),
        409 => (Conflict, null),
        412 => (Conflict, "Look at it again, then decide."),
        429 => (NotAllowed, "Wait a little, then try again with the right token."),
        503 => (Unavailable, "Try again in a moment."),
        >= 500 => (Failure, "The server's log tells the cause under the request's id."),
        _ => (Failure, null),
    };
}
