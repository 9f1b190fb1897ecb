using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary>Arguments, options and commands that several resources have.</summary>
static class Arguments
{
    public static Argument<string> Id(string name, string description) => new(name) { Description = description };

    public static Option<string> Name() => new("--name") { Description = "1 to 255 characters", Required = true };

    public static Option<bool> Wait() => new("--wait") { Description = "Wait for the end, and fail if it fails" };

    /// <summary>An export command: ID FILE [--force].</summary>
    public static Command Export(
        Session session, string description, Argument<string> id,
        Func<OctavoClient, ParseResult, CancellationToken, Task<(Stream Image, long Length)>> open)
    {
        var file = new Argument<string>("FILE") { Description = "Where to write it" };
        var force = new Option<bool>("--force") { Description = "Replace FILE if it exists" };
        var command = new Command("export", description) { id, file, force };
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file);
            var mayReplace = parsed.GetValue(force);
            if (!mayReplace && File.Exists(path)) throw new UserException($"{path} exists already. Give another name, or --force.");
            var (image, length) = await open(session.Client(parsed), parsed, cancellation);
            await using (image)
                await session.Follower(parsed).BarAsync("receiving", async report =>
                {
                    await ImageFile.WriteAsync(path, image, length, mayReplace, report, cancellation);
                    return true;
                });
            session.Output(parsed).Value(
                new Exported(parsed.GetRequiredValue(id), path, length), CliJson.Default.Exported,
                e => [("written", $"{e.File}, {Output.Size(e.SizeBytes)} ({e.SizeBytes} bytes)")]);
            return ExitCode.Success;
        });
        return command;
    }
}
