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
        Description = $"The service's address; default: the profile's, OCTAVO_SERVER, or {DefaultServer}",
        Recursive = true,
    };

    public Option<string?> Token { get; } = new("--token")
    {
        Description = $"The token to sign in with; default: the profile's, OCTAVO_TOKEN, or the first line of ./{TokenFile}",
        Recursive = true,
    };

    public Option<string?> Profile { get; } = new("--profile")
    {
        Description = "The profile that has address and token; default OCTAVO_PROFILE, or the one in use",
        Recursive = true,
    };

    public Option<string> OutputFormat { get; } = MakeOutputFormat();

    public Terminal Terminal => terminal;

    public TimeProvider Time => time;

    /// <summary>The file of profiles.</summary>
    public ProfileFile Profiles { get; } = new(environment);

    /// <summary>The server that the command line names.</summary>
    public Uri Address(ParseResult parsed) => Resolve(parsed).Address;

    /// <summary>A client of that server.</summary>
    public OctavoClient Client(ParseResult parsed)
    {
        var (address, token) = Resolve(parsed);
        if (string.IsNullOrWhiteSpace(token))
            throw new UserException(
                $"A token is needed: octavo profiles add NAME --server {address}, --token, OCTAVO_TOKEN, or run this beside the service's ./{TokenFile}.");
        return Client(address, token);
    }

    /// <summary>A client of a server.</summary>
    /// <exception cref="UserException">The token cannot be one.</exception>
    public OctavoClient Client(Uri address, string token)
    {
        if (token.Any(c => c is <= ' ' or > '~')) throw new UserException("The token has characters that no token has.");
        return new OctavoClient(new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan }, token, time);
    }

    /// <summary>How to print.</summary>
    public Output Output(ParseResult parsed) => new(terminal, IsJson(parsed));

    /// <summary>Follows operations to their end.</summary>
    public Follower Follower(ParseResult parsed) => new(Client(parsed), terminal, time);

    /// <summary>Shows again what changes.</summary>
    public Watcher Watcher(ParseResult parsed) => new(Client(parsed), terminal, IsJson(parsed), time);

    /// <summary>An address that was given.</summary>
    /// <exception cref="UserException">It is none.</exception>
    public static Uri ParseAddress(string given) =>
        Uri.TryCreate(given, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new UserException($"\"{given}\" is no address of a service. Give one like {DefaultServer}.");

    bool IsJson(ParseResult parsed) => parsed.GetValue(OutputFormat) == "json";

    /// <summary>
    /// What stands nearest counts: the options, then the profile that is named, then the environment, then the profile in use, then what is here by
    /// default. A profile's token goes to no other address than the profile's.
    /// </summary>
    (Uri Address, string? Token) Resolve(ParseResult parsed)
    {
        var named = parsed.GetValue(Profile) is { } name ? Profiles.Get(name) : null;
        var address = First(parsed.GetValue(Server), named?.Server, environment("OCTAVO_SERVER"));
        var token = First(parsed.GetValue(Token), OfAddress(named, address), environment("OCTAVO_TOKEN"));
        if (named is null && (address is null || token is null))
        {
            var inUse = First(environment("OCTAVO_PROFILE")) is { } wanted ? Profiles.Get(wanted) : Profiles.InUse;
            address ??= inUse?.Server;
            token ??= OfAddress(inUse, address);
        }
        return (ParseAddress(address ?? DefaultServer), (token ?? (File.Exists(TokenFile) ? File.ReadLines(TokenFile).FirstOrDefault() : null))?.Trim());
    }

    static string? OfAddress(Profile? profile, string? address) => profile?.Server == address ? profile?.Token : null;

    static string? First(params ReadOnlySpan<string?> given)
    {
        foreach (var one in given)
            if (!string.IsNullOrEmpty(one)) return one;
        return null;
    }

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
