using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary><c>octavo … export ID FILE [--force]</c>.</summary>
static class ExportCommand
{
    public static Command Make(
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
            ImageFile.CheckTarget(path, mayReplace);
            var (image, length) = await open(session.Client(parsed), parsed, cancellation);
            await using (image)
                await session.Follower(parsed).BarAsync("receiving", async report =>
                {
                    await ImageFile.WriteAsync(path, image, length, mayReplace, percent => report("receiving", percent), cancellation);
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
