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

    /// <summary>Ctrl-C.</summary>
    public const int Interrupted = 130;
}
