using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo operations …</c>.</summary>
static class OperationCommands
{
    public static Command Make(Session session) => new("operations", "List, show, wait for and retry operations.")
    {
        List(session), Show(session), Wait(session), Items(session), Retry(session),
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

    static Command Items(Session session)
    {
        var id = Arguments.Id("ID", "The operation's id");
        var command = new Command("items", "What came of each volume of an operation on many.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            var items = await session.Client(parsed).ListItemsAsync(parsed.GetRequiredValue(id), cancellation).ToListAsync(cancellation);
            session.Output(parsed).List(items, ApiJson.Wire.OperationItem, ["VOLUME", "SNAPSHOT", "STATE", "PROGRESS", "ATTEMPTS", "ERROR"],
                i =>
                [
                    i.ProviderVolumeId, i.ProviderSnapshotId, i.State, $"{i.ProgressPercent}%",
                    i.Attempts.ToString(CultureInfo.InvariantCulture), i.Error is null ? null : $"{i.ProviderCode} {i.Error.Message}".TrimStart(),
                ]);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Retry(Session session)
    {
        var id = Arguments.Id("ID", "The operation's id");
        var wait = Arguments.Wait();
        var command = new Command("retry", "Ask once more for what failed in an operation on many.") { id, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var accepted = await session.Client(parsed).RetryAsync(parsed.GetRequiredValue(id), cancellation);
            await FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
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
