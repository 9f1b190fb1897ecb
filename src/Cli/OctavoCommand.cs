using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary>A mistake of the user's that needs no server to be seen.</summary>
sealed class UserException(string message) : Exception(message);

/// <summary>The root command: the global options, and every command under it.</summary>
static class OctavoCommand
{
    /// <summary>Runs a command line; returns its exit code. Writes no stack trace, whatever happens.</summary>
    public static async Task<int> RunAsync(
        string[] args, Terminal terminal, Func<string, string?> environment, TimeProvider time, CancellationToken cancellation)
    {
        var session = new Session(terminal, environment, time);
        var root = Make(session);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await terminal.Error.WriteLineAsync(error.Message);
            await terminal.Error.WriteLineAsync("octavo --help, or --help behind a command, tells what it takes.");
            return ExitCode.Usage;
        }
        try
        {
            return await parsed.InvokeAsync(
                // Without a timeout it leaves signals to the program, which alone may say that it was interrupted.
                new InvocationConfiguration
                {
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                    Output = terminal.Output,
                    Error = terminal.Error,
                },
                cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await terminal.Error.WriteLineAsync("Interrupted. What the server accepted goes on: octavo operations list.");
            return ExitCode.Interrupted;
        }
        catch (UserException e)
        {
            await terminal.Error.WriteLineAsync(e.Message);
            return ExitCode.Usage;
        }
        catch (OctavoException e)
        {
            var (code, next) = ExitCode.Of(e);
            await terminal.Error.WriteLineAsync(Printable.Of(e.Message));
            if (next is not null) await terminal.Error.WriteLineAsync(next);
            if (e.RequestId is { } request) await terminal.Error.WriteLineAsync($"Request {Printable.Of(request)}");
            return code;
        }
        catch (HttpRequestException e) when (e.StatusCode is null)
        {
            await terminal.Error.WriteLineAsync(
                e.HttpRequestError == HttpRequestError.ConnectionError
                    ? $"Nothing answers at {session.Address(parsed)}. Is the service running? Start it with: dotnet run --project src/Server"
                    : $"The connection to {session.Address(parsed)} broke: {e.Message}");
            return ExitCode.Unavailable;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException)
        {
            await terminal.Error.WriteLineAsync(e.Message);
            return ExitCode.Failure;
        }
    }

    static RootCommand Make(Session session) => new("Volumes and snapshots of an Octavo service.")
    {
        session.Server, session.Token, session.Profile, session.OutputFormat,
        VolumeCommands.Make(session), SnapshotCommands.Make(session), AttachmentCommands.Make(session), OperationCommands.Make(session), EventsCommand.Make(session),
        CredentialCommands.Make(session), UserCommands.Make(session), TokenCommands.Make(session), AccountCommands.Make(session),
        AuditCommands.Make(session), FsckCommand.Make(session), ProfileCommands.Make(session), CompletionCommand.Make(),
    };
}
