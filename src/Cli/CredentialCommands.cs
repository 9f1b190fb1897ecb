using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo credentials …</c>.</summary>
static class CredentialCommands
{
    public static Command Make(Session session) => new("credentials", "List, show, create and delete credentials.")
    {
        List(session), Show(session), Create(session), Delete(session),
    };

    static Command List(Session session)
    {
        var command = new Command("list", "Every credential of the account.");
        command.SetAction(async (parsed, cancellation) =>
        {
            var credentials = await session.Client(parsed).ListCredentialsAsync(cancellation).ToListAsync(cancellation);
            session.Output(parsed).List(credentials, ApiJson.Wire.Credential, ["ID", "NAME", "PROVIDER", "ACCESS KEY", "CREATED"],
                c => [c.Id, c.Name, c.Provider, c.AwsAccessKeyId, Output.Time(c.CreatedAt)]);
            return ExitCode.Success;
        });
        return command;
    }

    static Command Show(Session session)
    {
        var id = Arguments.Id("ID", "The credential's id");
        var command = new Command("show", "One credential.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            Print(session.Output(parsed), await session.Client(parsed).GetCredentialAsync(parsed.GetRequiredValue(id), cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static Command Create(Session session)
    {
        var name = Arguments.Name();
        var keyId = new Option<string>("--access-key-id") { Description = "The AWS access key id", Required = true };
        var secretFile = new Option<string?>("--secret-file")
        {
            Description = "A file whose first line is the secret; standard input if left out. Never an argument: those are visible to others",
        };
        var command = new Command("create", "Add an AWS key pair.") { name, keyId, secretFile };
        command.SetAction(async (parsed, cancellation) =>
        {
            var secret = parsed.GetValue(secretFile) is { } file
                ? FirstLine(file)
                : await session.Terminal.Input.ReadLineAsync(cancellation);
            Print(session.Output(parsed), await session.Client(parsed).CreateCredentialAsync(
                new CreateCredentialRequest(parsed.GetValue(name), parsed.GetValue(keyId), secret), cancellation));
            return ExitCode.Success;
        });
        return command;
    }

    static string? FirstLine(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{file} cannot be read: {e.Message}");
        }
    }

    static Command Delete(Session session)
    {
        var id = Arguments.Id("ID", "The credential's id");
        var command = new Command("delete", "Delete a credential that nothing uses.") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            await session.Client(parsed).DeleteCredentialAsync(parsed.GetRequiredValue(id), cancellation);
            session.Output(parsed).Done("Deleted.");
            return ExitCode.Success;
        });
        return command;
    }

    static void Print(Output output, Credential credential) => output.Value(credential, ApiJson.Wire.Credential, c =>
    [
        ("id", c.Id),
        ("name", c.Name),
        ("provider", c.Provider),
        ("access key", c.AwsAccessKeyId),
        ("created", Output.Time(c.CreatedAt)),
    ]);
}
