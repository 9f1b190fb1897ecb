using System.CommandLine;
using System.Globalization;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo credentials …</c>.</summary>
static class CredentialCommands
{
    static readonly Listing<Credential> Listing = new(
        ApiJson.Wire.Credential, ["ID", "NAME", "PROVIDER", "ACCESS KEY", "ACCOUNT THERE", "STATE", "CREATED"],
        c => [c.Id, c.Name, c.Provider, c.AwsAccessKeyId, c.ProviderAccount, State(c), Output.Time(c.CreatedAt)], c => c.Id);

    public static Command Make(Session session) => new("credentials", "List, show, add, check, refresh and delete credentials.")
    {
        List(session), Show(session), Create(session), Check(session), Refresh(session), Delete(session),
    };

    static Command List(Session session)
    {
        var command = new Command("list", "Every credential of the account.");
        command.SetAction(async (parsed, cancellation) =>
        {
            var credentials = await session.Client(parsed).ListCredentialsAsync(cancellation).ToListAsync(cancellation);
            session.Output(parsed).List(credentials, Listing);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Show(Session session)
    {
        var id = OfOne(session);
        var watch = Arguments.Watch();
        var command = new Command("show", "One credential, how fresh each of its regions is, and how far a look at them is.") { id, watch };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (client, wanted) = (session.Client(parsed), parsed.GetRequiredValue(id));
            if (parsed.GetValue(watch))
                return await session.Watcher(parsed).ShowAsync(
                    "cell,volume,snapshot,operation", ending => client.GetCredentialAsync(wanted, ending), ApiJson.Wire.Credential, Lines, cancellation);
            Print(session.Output(parsed), await client.GetCredentialAsync(wanted, cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Check(Session session)
    {
        var id = OfOne(session);
        var command = new Command("check", "Look at everything that the credential opens, now; fails where it opens nothing, lacks a permission or a region fails.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (client, wanted) = (session.Client(parsed), parsed.GetRequiredValue(id));
            var accepted = await client.RefreshCredentialAsync(wanted, cancellation);
            var follower = session.Follower(parsed);
            var ended = await follower.BarAsync("checking", report => follower.FollowAsync(
                accepted.Operation, now => report(now.Step, now.ProgressPercent), cancellation));
            var credential = await client.GetCredentialAsync(wanted, cancellation);
            Print(session.Output(parsed), credential);
            return ended.State == "succeeded" && credential.Failure is null && credential.MissingPermissions.Count == 0 ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    static Command Create(Session session)
    {
        var name = Arguments.Name();
        var kind = new Option<string>("--kind") { Description = "aws", DefaultValueFactory = _ => "aws" };
        kind.AcceptOnlyFromAmong("aws");
        var source = new Option<string>("--source")
        {
            Description = "key, or the operator's: profile or machine, identities of the service's machine",
            DefaultValueFactory = _ => "key",
        };
        source.AcceptOnlyFromAmong("key", "profile", "machine");
        var keyId = new Option<string?>("--access-key-id") { Description = "The AWS access key id" };
        var secretFile = new Option<string?>("--secret-access-key-file", "--secret-file")
        {
            Description = "A file whose first line is the secret; standard input if left out. Never an argument: those are visible to others",
        };
        var sessionTokenFile = new Option<string?>("--session-token-file") { Description = "With a session's keys: a file whose first line is its token" };
        var profile = new Option<string?>("--aws-profile", "--profile") { Description = "With --source profile: its name on the service's machine" };
        var role = new Option<string?>("--role-arn") { Description = "A role to assume on top" };
        var externalId = new Option<string?>("--external-id") { Description = "What the role demands beside" };
        var regions = new Option<string[]>("--region") { Description = "Only this region; may be repeated. Default: every enabled one" };
        var endpoint = new Option<string?>("--endpoint") { Description = "The address of an EC2-compatible cloud; default AWS" };
        var command = new Command("add", "Add an AWS credential. AWS is asked what it opens first; a wrong one is refused.")
        {
            name, kind, source, keyId, secretFile, sessionTokenFile, profile, role, externalId, regions, endpoint,
        };
        command.Aliases.Add("create");
        command.SetAction(async (parsed, cancellation) =>
        {
            var from = parsed.GetValue(source)!;
            var secret = from != "key" ? null
                : parsed.GetValue(secretFile) is { } file ? Arguments.FirstLine(file)
                : await session.Terminal.Input.ReadLineAsync(cancellation);
            var token = parsed.GetValue(sessionTokenFile) is { } tokenFile ? Arguments.FirstLine(tokenFile) : null;
            var given = parsed.GetValue(regions);
            var made = await session.Client(parsed).CreateCredentialAsync(
                new CreateCredentialRequest(
                    parsed.GetValue(name), parsed.GetValue(keyId), secret, parsed.GetValue(kind), from, token, parsed.GetValue(profile),
                    parsed.GetValue(role), parsed.GetValue(externalId), given is { Length: > 0 } ? given : null, parsed.GetValue(endpoint)),
                cancellation);
            Print(session.Output(parsed), made);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Refresh(Session session)
    {
        var id = OfOne(session);
        var wait = Arguments.Wait();
        var command = new Command("refresh", "Look at everything that the credential opens, now.") { id, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var accepted = await session.Client(parsed).RefreshCredentialAsync(parsed.GetRequiredValue(id), cancellation);
            await OperationCommands.FinishAsync(session, parsed, accepted, parsed.GetValue(wait), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    static Argument<string> OfOne(Session session)
    {
        var id = Arguments.Id("ID", "The credential's id");
        id.CompletionSources.Add(context => Suggestions.Credentials(session, context));
        return id;
    }

    static Command Delete(Session session)
    {
        var id = OfOne(session);
        var forget = new Option<bool>("--forget")
        {
            Description = "Also take what is listed through it off the list; nothing at the provider is touched",
        };
        var command = new Command("delete", "Delete a credential that nothing uses.") { id, forget };
        command.SetAction(async (parsed, cancellation) =>
        {
            await session.Client(parsed).DeleteCredentialAsync(parsed.GetRequiredValue(id), parsed.GetValue(forget), cancellation);
            session.Output(parsed).Done("Deleted.");
            return ExitCode.Success;
        });
        return command;
    }

    static void Print(Output output, Credential credential) => output.Value(credential, ApiJson.Wire.Credential, Lines);

    static IEnumerable<(string, string?)> Lines(Credential c) =>
    [
        ("id", c.Id),
        ("name", c.Name),
        ("provider", c.Provider),
        ("access key", c.AwsAccessKeyId),
        ("role", c.RoleArn),
        ("account there", c.ProviderAccount),
        ("endpoint", c.Endpoint),
        ("state", State(c)),
        ("lacks permissions", c.MissingPermissions.Count == 0 ? null : string.Join(", ", c.MissingPermissions)),
        ("created", Output.Time(c.CreatedAt)),
        .. (c.Cells ?? []).Select(cell => (cell.Region, (string?)Freshness(cell))),
    ];

    static string State(Credential c) => c.Failure ?? (c.Provider == "local" || c.ProviderAccount is not null ? "opens" : "not proven yet");

    static string Freshness(CellStatus cell)
    {
        var text = $"{Output.Count(cell.VolumeCount, "volume")}, {Output.Count(cell.SnapshotCount, "snapshot")}";
        text += cell.ObservedAt is { } observed ? $", seen {Output.Time(observed)}" : ", not seen yet";
        if (cell.Sync is { } sync)
            text += string.Create(CultureInfo.InvariantCulture, $"; now at {sync.Volumes} volumes in {sync.Pages} pages");
        if (cell.StaleSince is { } since) text += $"; STALE since {Output.Time(since)}: {cell.FailureCode} {cell.Failure}";
        return text;
    }
}
