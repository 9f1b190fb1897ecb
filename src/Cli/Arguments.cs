using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary>Arguments, options and commands that several resources have.</summary>
static class Arguments
{
    public static Argument<string> Id(string name, string description) => new(name) { Description = description };

    public static Option<string> Name() => new("--name") { Description = "1 to 255 characters", Required = true };

    public static Option<bool> Wait() => new("--wait") { Description = "Wait for the end, and fail if it fails" };

    public static Option<string?> Role(string description)
    {
        var option = new Option<string?>("--role") { Description = description + ": viewer, operator or admin" };
        option.AcceptOnlyFromAmong("viewer", "operator", "admin");
        return option;
    }

    /// <summary>An option that takes a whole number.</summary>
    public static Option<long?> Number(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = given => Parsed<long?>(
            given, long.TryParse(Text(given), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
            "a whole number"),
    };

    /// <summary>An option that takes true or false, so that left out is a third thing.</summary>
    public static Option<bool?> Switch(string name) => new(name)
    {
        Description = "true or false",
        CustomParser = given => Parsed<bool?>(given, bool.TryParse(Text(given), out var value) ? value : null, "true or false"),
    };

    static string Text(ArgumentResult given) => string.Join(' ', given.Tokens.Select(token => token.Value));

    static T? Parsed<T>(ArgumentResult given, T? value, string wanted)
    {
        if (value is null) given.AddError($"\"{Text(given)}\" is not {wanted}, which {(given.Parent as OptionResult)?.Option.Name} takes.");
        return value;
    }

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
            ImageFile.CheckTarget(path, mayReplace);
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
