using System.CommandLine;

namespace Octavo.Cli;

/// <summary><c>octavo profiles …</c>.</summary>
static class ProfileCommands
{
    static readonly Listing<ShownProfile> Listing = new(
        CliJson.Default.ShownProfile, ["NAME", "SERVER", "IN USE"], p => [p.Name, p.Server, Output.YesNo(p.IsInUse)], p => p.Name,
        "No profiles yet. Add one: octavo profiles add NAME --server URL");

    public static Command Make(Session session) => new("profiles", "Addresses and tokens to sign in with, kept for you alone.")
    {
        List(session), Add(session), Use(session), Remove(session),
    };

    static Command List(Session session)
    {
        var command = new Command("list", "Every profile; never a token.");
        command.SetAction(parsed =>
        {
            var set = session.Profiles.Read();
            session.Output(parsed).List([.. set.All.Select(p => new ShownProfile(p.Key, p.Value.Server, p.Key == set.InUse))], Listing);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Add(Session session)
    {
        var name = Arguments.Id("NAME", "The profile's name");
        var tokenFile = new Option<string?>("--token-file") { Description = "A file whose first line is the token" };
        var tokenInput = new Option<bool>("--token-stdin") { Description = "The first line of standard input is the token" };
        var command = new Command("add", "Sign in to the service at --server, and keep address and token. On a terminal it asks for the token.")
        {
            name, tokenFile, tokenInput,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var address = Session.ParseAddress(
                parsed.GetValue(session.Server) ?? throw new UserException("Which service? Give its address: --server URL"));
            var token = (parsed.GetValue(session.Token) ?? (
                parsed.GetValue(tokenFile) is { } file ? Arguments.FirstLine(file)
                : parsed.GetValue(tokenInput) ? await session.Terminal.Input.ReadLineAsync(cancellation)
                : await AskAsync(session.Terminal, cancellation)))?.Trim();
            if (string.IsNullOrEmpty(token)) throw new UserException("No token was given. An admin makes one: octavo tokens create NAME");
            var given = parsed.GetRequiredValue(name);
            var user = await session.Client(address, token).GetCallerAsync(cancellation);
            session.Profiles.Add(given, new Profile(parsed.GetValue(session.Server)!, token));
            var set = session.Profiles.Read();
            session.Output(parsed).Value(new ShownProfile(given, set.All[given].Server, set.InUse == given), CliJson.Default.ShownProfile, p =>
            [
                ("profile", p.Name),
                ("server", p.Server),
                ("signed in as", $"{user.Name}, {user.Role} of account {user.Account}"),
                ("in use", p.IsInUse ? "yes" : $"no; take it with octavo profiles use {p.Name}, or --profile {p.Name}"),
                ("kept in", session.Profiles.Path),
            ]);
            return ExitCode.Success;
        });
        return command;
    }

    static async Task<string?> AskAsync(Terminal terminal, CancellationToken cancellation)
    {
        if (!terminal.CanAsk) throw new UserException("Where is the token? Give --token-file FILE, or --token-stdin.");
        await terminal.Error.WriteAsync("Token (it is not shown): ");
        return terminal.ReadSecret is { } read ? read() : await terminal.Input.ReadLineAsync(cancellation);
    }

    static Command Use(Session session)
    {
        var name = NameOfOne(session);
        var command = new Command("use", "Take a profile wherever none is named.") { name };
        command.SetAction(parsed =>
        {
            session.Profiles.Use(parsed.GetRequiredValue(name));
            session.Output(parsed).Done($"In use: {parsed.GetRequiredValue(name)}.");
            return ExitCode.Success;
        });
        return command;
    }

    static Command Remove(Session session)
    {
        var name = NameOfOne(session);
        var command = new Command("remove", "Forget a profile. Its token stays good until it is revoked: octavo tokens revoke ID.") { name };
        command.SetAction(parsed =>
        {
            session.Profiles.Remove(parsed.GetRequiredValue(name));
            session.Output(parsed).Done("Removed.");
            return ExitCode.Success;
        });
        return command;
    }

    static Argument<string> NameOfOne(Session session)
    {
        var name = Arguments.Id("NAME", "The profile's name");
        name.CompletionSources.Add(_ => [.. session.Profiles.Read().All.Keys.Select(key => new System.CommandLine.Completions.CompletionItem(key))]);
        return name;
    }
}
