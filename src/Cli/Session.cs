using System.CommandLine;
using Octavo.Api;

namespace Octavo.Cli;

/// <summary>What every command has: the global options, the server and the terminal.</summary>
sealed class Session(Terminal terminal, Func<string, string?> environment, TimeProvider time)
{
    const string DefaultServer = "http://127.0.0.1:8080";

    /// <summary>Where the server leaves the first admin's token.</summary>
    const string TokenFile = "octavo-data/admin.token";

    public Option<string?> Server { get; } = new("--server")
    {
        Description = $"The service's address; default OCTAVO_SERVER, or {DefaultServer}",
        Recursive = true,
    };

    public Option<string?> Token { get; } = new("--token")
    {
        Description = $"The token to sign in with; default OCTAVO_TOKEN, or the first line of ./{TokenFile}",
        Recursive = true,
    };

    public Option<string> OutputFormat { get; } = MakeOutputFormat();

    public Terminal Terminal => terminal;

    public TimeProvider Time => time;

    /// <summary>The server that the command line names.</summary>
    public Uri Address(ParseResult parsed)
    {
        var given = parsed.GetValue(Server) ?? environment("OCTAVO_SERVER");
        if (string.IsNullOrEmpty(given)) given = DefaultServer;
        return Uri.TryCreate(given, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new UserException($"\"{given}\" is no address of a service. Give one like {DefaultServer}.");
    }

    /// <summary>A client of that server.</summary>
    public OctavoClient Client(ParseResult parsed)
    {
        var token = parsed.GetValue(Token) ?? environment("OCTAVO_TOKEN");
        if (string.IsNullOrEmpty(token)) token = File.Exists(TokenFile) ? File.ReadLines(TokenFile).FirstOrDefault() : null;
        if (string.IsNullOrWhiteSpace(token))
            throw new UserException($"A token is needed: --token, OCTAVO_TOKEN, or run this beside the service's ./{TokenFile}.");
        if (token.Any(c => c is <= ' ' or > '~')) throw new UserException("The token has characters that no token has.");
        var http = new HttpClient { BaseAddress = Address(parsed), Timeout = Timeout.InfiniteTimeSpan };
        return new OctavoClient(http, token.Trim());
    }

    /// <summary>How to print.</summary>
    public Output Output(ParseResult parsed) => new(terminal, parsed.GetValue(OutputFormat) == "json");

    /// <summary>Follows operations to their end.</summary>
    public Follower Follower(ParseResult parsed) => new(Client(parsed), terminal, time);

    static Option<string> MakeOutputFormat()
    {
        var option = new Option<string>("--output")
        {
            Description = "table, or json: one JSON value on standard output and nothing else",
            DefaultValueFactory = _ => "table",
            Recursive = true,
        };
        option.AcceptOnlyFromAmong("table", "json");
        return option;
    }
}
