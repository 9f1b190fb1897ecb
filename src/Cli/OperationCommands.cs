using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo operations …</c>.</summary>
static class OperationCommands
{
    public static Command Make(Session session) => new("operations", "List, show and wait for operations.")
    {
        List(session), Show(session), Wait(session),
    };

    static Command List(Session session)
    {
        var command = new Command("list", "Every operation that is still kept, newest first.");
        command.SetAction(async (parsed, cancellation) =>
        {
            var operations = await session.Client(parsed).ListOperationsAsync(cancellation).ToListAsync(cancellation);
            session.Output(parsed).List(operations, ApiJson.Wire.Operation, ["ID", "KIND", "STATE", "PROGRESS", "CREATED", "ERROR"],
                o => [o.Id, o.Kind, o.State, $"{o.ProgressPercent}%", Output.Time(o.CreatedAt), o.Error?.Message]);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Show(Session session)
    {
        var id = Arguments.Id("ID", "The operation's id");
        var command = new Command("show", "One operation.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            Print(session.Output(parsed), await session.Client(parsed).GetOperationAsync(parsed.GetRequiredValue(id), cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Wait(Session session)
    {
        var id = Arguments.Id("ID", "The operation's id");
        var command = new Command("wait", "Wait for the end of an operation, and fail if it failed.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            var operation = await session.Client(parsed).GetOperationAsync(parsed.GetRequiredValue(id), cancellation);
            Print(session.Output(parsed), await session.Follower(parsed).WaitAsync(operation, cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Waits if asked, and prints the operation.</summary>
    public static async Task FinishAsync(
        Session session, ParseResult parsed, OperationAccepted accepted, bool wait, CancellationToken cancellation)
    {
        if (wait) accepted = new OperationAccepted(await session.Follower(parsed).WaitAsync(accepted.Operation, cancellation));
        var output = session.Output(parsed);
        Print(output, accepted.Operation);
        if (!wait) output.Say($"Under way: octavo operations wait {accepted.Operation.Id}");
    }

    /// <summary>An operation as a further key of what it makes.</summary>
    public static (string Key, JsonNode? Value) Also(Operation operation) =>
        ("operation", JsonSerializer.SerializeToNode(operation, ApiJson.Wire.Operation));

    static void Print(Output output, Operation operation) => output.Value(operation, ApiJson.Wire.Operation, o =>
    [
        ("id", o.Id),
        ("kind", o.Kind),
        ("state", o.State),
        ("step", o.Step),
        ("progress", $"{o.ProgressPercent}%"),
        ("volume", o.VolumeId),
        ("snapshot", o.SnapshotId),
        ("error", o.Error?.Message),
        ("created", Output.Time(o.CreatedAt)),
        ("finished", o.FinishedAt is { } finished ? Output.Time(finished) : null),
    ]);
}
