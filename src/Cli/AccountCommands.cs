using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo accounts …</c>, for the operator.</summary>
static class AccountCommands
{
    static readonly Listing<Account> Listing = new(
        ApiJson.Wire.Account, ["ID", "NAME", "CREATED"], a => [a.Id, a.Name, Output.Time(a.CreatedAt)], a => a.Id);

    public static Command Make(Session session) => new("accounts", "List and create accounts (the operator only).")
    {
        List(session), Create(session),
    };

    static Command List(Session session)
    {
        var command = new Command("list", "Every account.");
        command.SetAction(async (parsed, cancellation) =>
        {
            var accounts = await session.Client(parsed).ListAccountsAsync(cancellation).ToListAsync(cancellation);
            session.Output(parsed).List(accounts, Listing);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Create(Session session)
    {
        var name = Arguments.Id("NAME", "1 to 63 of a-z, 0-9 and hyphen, beginning with a letter or digit");
        var command = new Command("create", "Make an account. Its first admin: octavo users create NAME --account ACCOUNT --admin --api-access")
        {
            name,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var account = await session.Client(parsed).CreateAccountAsync(
                new CreateAccountRequest(parsed.GetRequiredValue(name)), cancellation);
            session.Output(parsed).Value(account, ApiJson.Wire.Account,
                a => [("id", a.Id), ("name", a.Name), ("created", Output.Time(a.CreatedAt))]);
            return ExitCode.Success;
        });
        return command;
    }
}
