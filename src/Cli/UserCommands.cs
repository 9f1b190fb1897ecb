using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo users …</c>.</summary>
static class UserCommands
{
    static readonly Listing<User> Listing = new(
        ApiJson.Wire.User, ["ID", "NAME", "ROLE", "API ACCESS", "CREATED"],
        u => [u.Id, u.Name, u.Role, Output.YesNo(u.ApiAccess), Output.Time(u.CreatedAt)], u => u.Id);

    public static Command Make(Session session) => new("users", "List, show, create, update and delete users, and renew their tokens.")
    {
        List(session), Show(session), Me(session), Create(session), Update(session), Token(session), Delete(session),
    };

    static Command List(Session session)
    {
        var command = new Command("list", "Every user of your account.");
        command.SetAction(async (parsed, cancellation) =>
        {
            var users = await session.Client(parsed).ListUsersAsync(cancellation).ToListAsync(cancellation);
            session.Output(parsed).List(users, Listing);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Show(Session session)
    {
        var id = Arguments.Id("ID", "The user's id");
        id.CompletionSources.Add(context => Suggestions.Users(session, context));
        var command = new Command("show", "One user.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            Print(session.Output(parsed), await session.Client(parsed).GetUserAsync(parsed.GetRequiredValue(id), cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Me(Session session)
    {
        var command = new Command("me", "The user whose token this is.");
        command.SetAction(async (parsed, cancellation) =>
        {
            Print(session.Output(parsed), await session.Client(parsed).GetCallerAsync(cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Create(Session session)
    {
        var name = Arguments.Id("NAME", "1 to 255 characters, unique in the account");
        var account = new Option<string?>("--account") { Description = "The account; yours if left out. Others: the operator only" };
        var role = Arguments.Role("What the user may; default viewer");
        var admin = new Option<bool>("--admin") { Description = "The same as --role admin" };
        var access = new Option<bool>("--api-access") { Description = "The token is accepted; without it, an admin must turn it on" };
        var command = new Command("create", "Make a user; prints the token, this once.") { name, account, role, admin, access };
        command.SetAction(async (parsed, cancellation) =>
        {
            PrintToken(session.Output(parsed), await session.Client(parsed).CreateUserAsync(
                new CreateUserRequest(
                    parsed.GetRequiredValue(name), parsed.GetValue(account), parsed.GetValue(admin) ? "admin" : parsed.GetValue(role),
                    parsed.GetValue(access)), cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Update(Session session)
    {
        var id = Arguments.Id("ID", "The user's id");
        id.CompletionSources.Add(context => Suggestions.Users(session, context));
        var role = Arguments.Role("What the user may from now on");
        var access = Arguments.Switch("--api-access");
        var command = new Command("update", "Change a user's role or access; what is left out stays.") { id, role, access };
        command.SetAction(async (parsed, cancellation) =>
        {
            Print(session.Output(parsed), await session.Client(parsed).UpdateUserAsync(
                parsed.GetRequiredValue(id), new UpdateUserRequest(parsed.GetValue(role), parsed.GetValue(access)), cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Token(Session session)
    {
        var id = Arguments.Id("ID", "The user's id");
        id.CompletionSources.Add(context => Suggestions.Users(session, context));
        var command = new Command("token", "Give a user a new token, printed this once; the old one is dead at once.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            PrintToken(session.Output(parsed), await session.Client(parsed).RegenerateTokenAsync(parsed.GetRequiredValue(id), cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Delete(Session session)
    {
        var id = Arguments.Id("ID", "The user's id");
        id.CompletionSources.Add(context => Suggestions.Users(session, context));
        var command = new Command("delete", "Delete a user.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            await session.Client(parsed).DeleteUserAsync(parsed.GetRequiredValue(id), cancellation);
            session.Output(parsed).Done("Deleted.");
            return ExitCode.Success;
        });
        return command;
    }

    static void PrintToken(Output output, UserToken made) => output.Value(
        made.User, ApiJson.Wire.User, user => [.. Lines(user), ("token", made.Token)], ("token", made.Token));

    static void Print(Output output, User user) => output.Value(user, ApiJson.Wire.User, Lines);

    static IEnumerable<(string, string?)> Lines(User user) =>
    [
        ("id", user.Id),
        ("name", user.Name),
        ("account", user.Account),
        ("role", user.Role),
        ("api access", Output.YesNo(user.ApiAccess)),
        ("service operator", user.IsServiceOperator ? "yes" : null),
        ("created", Output.Time(user.CreatedAt)),
    ];
}
