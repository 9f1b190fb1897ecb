using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo tokens …</c>: your own, or with <c>--user</c> another's, for admins.</summary>
static class TokenCommands
{
    static readonly Listing<AccessToken> Listing = new(
        ApiJson.Wire.AccessToken, ["ID", "NAME", "ROLE", "EXPIRES", "CREATED"],
        t => [t.Id, t.Name, t.Role, Output.Time(t.ExpiresAt) ?? "never", Output.Time(t.CreatedAt)], t => t.Id);

    public static Command Make(Session session) => new("tokens", "List, create and revoke tokens: yours, or another user's.")
    {
        List(session), Create(session), Revoke(session),
    };

    static Command List(Session session)
    {
        var user = OfUser(session);
        var command = new Command("list", "Every token; never the token itself.") { user };
        command.SetAction(async (parsed, cancellation) =>
        {
            session.Output(parsed).List(
                await session.Client(parsed).ListTokensAsync(parsed.GetValue(user), cancellation).ToListAsync(cancellation), Listing);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Create(Session session)
    {
        var name = Arguments.Id("NAME", "What it is for: 1 to 255 characters, unique among the user's");
        var role = Arguments.Role("The most that it may do; default: all that its user may");
        var expires = new Option<string?>("--expires") { Description = "When it ends: a time, or an age like 30d from now; default never" };
        var user = OfUser(session);
        var command = new Command("create", "Make a token; prints it, this once.") { name, role, expires, user };
        command.SetAction(async (parsed, cancellation) =>
        {
            DateTimeOffset? end = parsed.GetValue(expires) is { } text ? Times.Ahead(text, expires.Name, session.Time) : null;
            var made = await session.Client(parsed).CreateTokenAsync(
                parsed.GetValue(user), new CreateTokenRequest(parsed.GetRequiredValue(name), parsed.GetValue(role), end), cancellation);
            session.Output(parsed).Value(made.AccessToken, ApiJson.Wire.AccessToken, t =>
            [
                ("id", t.Id),
                ("name", t.Name),
                ("role", t.Role),
                ("expires", Output.Time(t.ExpiresAt) ?? "never"),
                ("token", made.Token),
            ], ("token", made.Token));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Revoke(Session session)
    {
        var id = Arguments.Id("ID", "The token's id");
        var user = OfUser(session);
        var command = new Command("revoke", "End a token; it is dead at once.") { id, user };
        command.SetAction(async (parsed, cancellation) =>
        {
            await session.Client(parsed).RevokeTokenAsync(parsed.GetValue(user), parsed.GetRequiredValue(id), cancellation);
            session.Output(parsed).Done("Revoked.");
            return ExitCode.Success;
        });
        return command;
    }

    static Option<string?> OfUser(Session session)
    {
        var user = new Option<string?>("--user") { Description = "Of this user, by the id; yours if left out" };
        user.CompletionSources.Add(context => Suggestions.Users(session, context));
        return user;
    }
}
