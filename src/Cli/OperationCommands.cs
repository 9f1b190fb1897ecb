using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo operations …</c>.</summary>
static class OperationCommands
{
    static readonly Listing<Operation> Listing = new(
        ApiJson.Wire.Operation, ["ID", "KIND", "STATE", "PROGRESS", "STEP", "CREATED", "FINISHED", "ERROR"],
        o => [o.Id, o.Kind, o.State, $"{o.ProgressPercent}%", o.Step, Output.Time(o.CreatedAt), Output.Time(o.FinishedAt), o.Error?.Message], o => o.Id,
        "No operations: nothing was asked for yet.");

    static readonly Listing<OperationItem> ItemListing = new(
        ApiJson.Wire.OperationItem, ["VOLUME", "SNAPSHOT", "STATE", "PROGRESS", "ATTEMPTS", "ERROR"],
        i =>
        [
            i.ProviderVolumeId, i.ProviderSnapshotId, i.State, $"{i.ProgressPercent}%", i.Attempts.ToString(CultureInfo.InvariantCulture),
            i.Error is null ? null : $"{i.ProviderCode} {i.Error.Message}".TrimStart(),
        ], i => i.OperationId + i.VolumeId);

    static readonly string[] States = ["queued", "running", "succeeded", "failed", "cancelled"];

    public static Command Make(Session session) => new("operations", "List, show, watch, wait for, cancel and retry operations.")
    {
        List(session), Show(session), Wait(session), Watch(session), Items(session), Cancel(session), Retry(session),
    };

    static Command List(Session session)
    {
        var state = new Option<string?>("--state") { Description = $"Only those {string.Join(", ", States)}" };
        state.AcceptOnlyFromAmong(States);
        var kind = new Option<string?>("--kind") { Description = "Only those of this kind: create-snapshot" };
        var volume = new Option<string?>("--volume") { Description = "Only those on this volume" };
        volume.CompletionSources.Add(context => Suggestions.Volumes(session, context));
        var snapshot = new Option<string?>("--snapshot") { Description = "Only those on this snapshot" };
        var (limit, watch) = (Arguments.Limit(), Arguments.Watch());
        var command = new Command("list", "Every operation that is still kept, newest first.") { state, kind, volume, snapshot, limit, watch };
        command.SetAction(async (parsed, cancellation) =>
        {
            var client = session.Client(parsed);
            if (parsed.GetValue(watch)) return await session.Watcher(parsed).ListAsync("operation", LookAsync, Listing, cancellation);
            session.Output(parsed).List(await LookAsync(cancellation), Listing);
            return ExitCode.Success;

            async Task<List<Operation>> LookAsync(CancellationToken ending) => await client
                .ListOperationsAsync(parsed.GetValue(state), parsed.GetValue(kind), parsed.GetValue(volume), parsed.GetValue(snapshot), ending)
                .Take(Lists.Most(parsed.GetValue(limit))).ToListAsync(ending);
        });
        return command;
    }

    static Command Show(Session session)
    {
        var id = Arguments.Operation(session);
        var command = new Command("show", "One operation, with its steps.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            Print(session.Output(parsed), await session.Client(parsed).GetOperationAsync(parsed.GetRequiredValue(id), cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Wait(Session session)
    {
        var id = Arguments.Operation(session);
        var command = new Command("wait", "Wait for the end of an operation, and fail if it failed.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            var operation = await session.Client(parsed).GetOperationAsync(parsed.GetRequiredValue(id), cancellation);
            Print(session.Output(parsed), await session.Follower(parsed).WaitAsync(operation, cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Watch(Session session)
    {
        var id = Arguments.Operation(session);
        var command = new Command("watch", "A line whenever an operation moves, until it ends; fails if it failed. With --output json an object a line.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (terminal, isJson, follower) = (session.Terminal, session.Output(parsed).IsJson, session.Follower(parsed));
            var operation = await session.Client(parsed).GetOperationAsync(parsed.GetRequiredValue(id), cancellation);
            var ended = await follower.FollowAsync(operation, now =>
            {
                terminal.Output.WriteLine(isJson ? JsonSerializer.Serialize(now, ApiJson.Wire.Operation) : follower.Line(now));
                terminal.Output.Flush();
            }, cancellation);
            Follower.Succeeded(ended);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Items(Session session)
    {
        var id = Arguments.Operation(session);
        var watch = Arguments.Watch();
        var command = new Command("items", "What came of each volume of an operation on many.") { id, watch };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (client, wanted) = (session.Client(parsed), parsed.GetRequiredValue(id));
            if (parsed.GetValue(watch)) return await session.Watcher(parsed).ListAsync("operation,snapshot", LookAsync, ItemListing, cancellation);
            session.Output(parsed).List(await LookAsync(cancellation), ItemListing);
            return ExitCode.Success;

            async Task<List<OperationItem>> LookAsync(CancellationToken ending) => await client.ListItemsAsync(wanted, ending).ToListAsync(ending);
        });
        return command;
    }

    static Command Cancel(Session session)
    {
        var id = Arguments.Operation(session);
        var wait = new Option<bool>("--wait") { Description = "Wait until it has stopped" };
        var command = new Command("cancel", "Stop an operation where that can be; what it began is undone.") { id, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var stopped = (await session.Client(parsed).CancelAsync(parsed.GetRequiredValue(id), cancellation)).Operation;
            if (parsed.GetValue(wait)) stopped = await session.Follower(parsed).FollowAsync(stopped, _ => { }, cancellation);
            Print(session.Output(parsed), stopped);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Retry(Session session)
    {
        var id = Arguments.Operation(session);
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
        .. o.Steps.Select(step => ("step began", (string?)$"{Output.Time(step.At)} {step.Step}")),
        ("volume", o.VolumeId),
        ("snapshot", o.SnapshotId),
        ("error", o.Error?.Message),
        ("created", Output.Time(o.CreatedAt)),
        ("finished", Output.Time(o.FinishedAt)),
        ("can be cancelled", o.IsCancellable ? $"octavo operations cancel {o.Id}" : null),
    ]);
}
