using System.Globalization;
using Octavo.Server.Database;
using Octavo.Server.Nbd;

namespace Octavo.Server;

/// <summary>The command line could not be understood; the message says what would be right.</summary>
sealed class UsageException(string message) : Exception(message);

/// <summary>What an operator can set, from the command line or the environment.</summary>
/// <param name="DataFolder"><c>--data</c>, <c>OCTAVO_DATA</c>: the one folder that holds everything.</param>
/// <param name="Urls"><c>--urls</c>, <c>OCTAVO_URLS</c>: where to listen, several separated by semicolons.</param>
/// <param name="HasFormSignIn"><c>OCTAVO_FORM_SIGN_IN=off</c> switches off the rule that lets the page's literal POST sign in by
/// its form fields.</param>
/// <param name="SyncInterval"><c>OCTAVO_SYNC_SECONDS</c>: a cloud's cells are looked at so often; 60 s by default.</param>
/// <param name="UndoWindow"><c>OCTAVO_UNDO_HOURS</c>: a deleted volume of the own pool can be brought back so long; 24 h by default, 0 for not at all.</param>
/// <param name="AwsBudgetShare"><c>OCTAVO_AWS_BUDGET</c>: the share of AWS's request limits to use, in percent; 99 by default.</param>
/// <param name="AwsEndpoint"><c>OCTAVO_AWS_ENDPOINT</c>: where credentials without an endpoint go; AWS by default.</param>
/// <param name="MasterKey"><c>OCTAVO_MASTER_KEY_FILE</c>, <c>OCTAVO_MASTER_KEY</c>: encrypts the key ring; null for none.</param>
/// <param name="BackupTarget">The file of <c>backup FILE</c>; null to serve.</param>
sealed record ServerOptions(string DataFolder, string Urls, bool HasFormSignIn, TimeSpan SyncInterval, TimeSpan UndoWindow,
    double AwsBudgetShare, Uri? AwsEndpoint, MasterKey? MasterKey, string? BackupTarget)
{
    /// <summary><c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set: metrics and spans are sent there.</summary>
    public bool HasOtlp { get; init; }

    /// <summary><c>OCTAVO_SCRUB_MIB</c>: stored blocks are verified in the background at this rate; 16 MiB/s by default, 0 for not at all.</summary>
    public long ScrubBytesPerSecond { get; init; }

    /// <summary><c>OCTAVO_SCRUB_DAYS</c>: each pool is verified so often at the most; every 7 days by default.</summary>
    public TimeSpan ScrubPeriod { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Where attached volumes are served; nowhere, unless it is read from the environment.</summary>
    public NbdSettings Nbd { get; init; } = NbdSettings.None;

    /// <summary>Loopback only: TLS and other addresses are the operator's decision.</summary>
    public const string DefaultUrls = "http://127.0.0.1:8080";

    /// <summary>What <c>--help</c> prints.</summary>
    public const string Usage =
        """
        octavo-server [--data DIR] [--urls URLS]         serve
        octavo-server backup FILE [--data DIR]           copy the inventory, also while a server runs

          --data DIR    the data folder; default ./octavo-data, or OCTAVO_DATA
          --urls URLS   where to listen; default http://127.0.0.1:8080, or OCTAVO_URLS

        OCTAVO_SYNC_SECONDS=60 looks at each region of a cloud so often, 5 to 86400.
        OCTAVO_UNDO_HOURS=24     keeps deleted volumes of the own pool so long, 0 to 8760, so that they can be brought back.
        OCTAVO_SCRUB_MIB=16      verifies what snapshots store in the background, so many MiB a second, 0 (not at all) to 10240.
        OCTAVO_SCRUB_DAYS=7      begins that anew so often, 1 to 365.
        OCTAVO_AWS_BUDGET=99     uses that percentage of AWS's request limits, 1 to 100.
        OCTAVO_AWS_ENDPOINT=URL  asks there instead of AWS, for credentials that name no endpoint.
        OCTAVO_MASTER_KEY_FILE=FILE  encrypts what opens the secrets of credentials with the key in FILE (or in
                                 OCTAVO_MASTER_KEY): 32 bytes in base64.
        OCTAVO_NBD=unix;127.0.0.1:10809  serves attached volumes over NBD there: unix (nbd.sock in the data folder),
                                 unix:PATH, ADDRESS:PORT, or off. A port that is taken is done without.
        OCTAVO_NBD_ADDRESS=nbd://HOST:10809/  is where clients are told to connect to, where that is another address.
        OCTAVO_NBD_CERTIFICATE=FILE, OCTAVO_NBD_KEY=FILE  offer TLS, with a certificate and its key as PEM files.
        OCTAVO_NBD_TLS=required|optional  for TCP; if not set, required on addresses that others can reach.
        OTEL_EXPORTER_OTLP_ENDPOINT=URL  sends metrics and traces there, by OpenTelemetry's protocol.
        OCTAVO_FORM_SIGN_IN=off refuses the sign-in by form fields of the 2011 documentation's POST.
        """;

    /// <summary>Reads the command line; null where help was asked for.</summary>
    /// <exception cref="UsageException">An argument is not known, or lacks its value.</exception>
    public static ServerOptions? Parse(string[] args, Func<string, string?> environment)
    {
        var data = environment("OCTAVO_DATA") is { Length: > 0 } folder ? folder : "./octavo-data";
        var urls = environment("OCTAVO_URLS") is { Length: > 0 } given ? given : DefaultUrls;
        string? backup = null;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--help" or "-h":
                    return null;
                case "--data":
                    data = Value(args, ref i);
                    break;
                case "--urls":
                    urls = Value(args, ref i);
                    break;
                case "backup" when backup is null:
                    backup = Value(args, ref i);
                    break;
                default:
                    throw new UsageException($"\"{args[i]}\" is not known.\n\n{Usage}");
            }
        }
        CheckUrls(urls);
        return new ServerOptions(
            data, urls, environment("OCTAVO_FORM_SIGN_IN") != "off", TimeSpan.FromSeconds(Number(environment, "OCTAVO_SYNC_SECONDS", 60, 5, 86_400)),
            TimeSpan.FromHours(Number(environment, "OCTAVO_UNDO_HOURS", 24, 0, 8760)), Number(environment, "OCTAVO_AWS_BUDGET", 99, 1, 100) / 100.0, Address(environment, "OCTAVO_AWS_ENDPOINT"), MasterKey.Load(environment), backup)
        {
            ScrubBytesPerSecond = (long)Number(environment, "OCTAVO_SCRUB_MIB", 16, 0, 10_240) << 20,
            ScrubPeriod = TimeSpan.FromDays(Number(environment, "OCTAVO_SCRUB_DAYS", 7, 1, 365)),
            Nbd = NbdSettings.Parse(environment, data),
            HasOtlp = environment("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 },
        };
    }

    /// <summary>An address to try from this machine: the first one, by loopback where it stands for every interface.</summary>
    public Uri AddressToTry => Loopback(Urls.Split(';')[0]);

    static void CheckUrls(string urls)
    {
        foreach (var url in urls.Split(';'))
        {
            if (url.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
                throw new UsageException($"\"{url}\" cannot be served: octavo-server speaks HTTP only. Put what speaks TLS in front of it.");
            if (!url.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
                || !Uri.TryCreate(WithLoopback(url), UriKind.Absolute, out var address) || address.PathAndQuery != "/")
                throw new UsageException($"\"{url}\" is no address to listen on. Give one like {DefaultUrls}.");
        }
    }

    static Uri Loopback(string url)
    {
        var address = new Uri(WithLoopback(url));
        return address.Host is "0.0.0.0" or "[::]" ? new UriBuilder(address) { Host = "127.0.0.1" }.Uri : address;
    }

    // Kestrel's two names for every interface are no hosts to Uri.
    static string WithLoopback(string url) =>
        url.Replace("//*", "//127.0.0.1", StringComparison.Ordinal).Replace("//+", "//127.0.0.1", StringComparison.Ordinal);

    static int Number(Func<string, string?> environment, string name, int otherwise, int least, int most) => environment(name) switch
    {
        null or "" => otherwise,
        var given when int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most =>
            number,
        var given => throw new UsageException($"{name} is \"{given}\"; it must be a number from {least} to {most}."),
    };

    static Uri? Address(Func<string, string?> environment, string name) => environment(name) switch
    {
        null or "" => null,
        var given when Uri.TryCreate(given, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" => address,
        var given => throw new UsageException($"{name} is \"{given}\"; it must be an http or https address."),
    };

    static string Value(string[] args, ref int i) =>
        i + 1 < args.Length && args[i + 1].Length > 0
            ? args[++i]
            : throw new UsageException($"\"{args[i]}\" needs a value.\n\n{Usage}");
}
