using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Octavo.Server.Nbd;

/// <summary>Where clients of attached volumes are listened for, and what they are told of that; from the environment.</summary>
/// <param name="Endpoints">Each TCP address and Unix socket; none for no listening.</param>
/// <param name="Address"><c>OCTAVO_NBD_ADDRESS</c>: where clients are told to connect to, as an NBD URI without an export; null for what is listened on.</param>
/// <param name="Certificate"><c>OCTAVO_NBD_CERTIFICATE</c> with <c>OCTAVO_NBD_KEY</c>; null for no TLS.</param>
sealed record NbdSettings(IReadOnlyList<NbdEndpoint> Endpoints, Uri? Address = null, X509Certificate2? Certificate = null)
{
    /// <summary>Nothing is listened on.</summary>
    public static NbdSettings None { get; } = new([]);

    /// <summary>IANA's port for NBD.</summary>
    public const int DefaultPort = 10809;

    const string DefaultList = "unix;127.0.0.1:10809";
    const string SocketName = "nbd.sock";

    /// <summary>Reads them.</summary>
    /// <exception cref="UsageException">A value makes no sense; or others could reach what is listened on, and neither is there a certificate nor is TLS given up.</exception>
    public static NbdSettings Parse(Func<string, string?> environment, string dataFolder)
    {
        var given = environment("OCTAVO_NBD");
        var list = string.IsNullOrEmpty(given) ? DefaultList : given;
        if (list == "off") return None;
        var certificate = Load(environment);
        bool? isTlsRequired = environment("OCTAVO_NBD_TLS") switch
        {
            null or "" => null,
            "required" => true,
            "optional" => false,
            var word => throw new UsageException($"OCTAVO_NBD_TLS is \"{word}\"; it is required or optional."),
        };
        if (isTlsRequired == true && certificate is null) throw new UsageException("OCTAVO_NBD_TLS=required needs OCTAVO_NBD_CERTIFICATE and OCTAVO_NBD_KEY.");
        var endpoints = list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(one => Endpoint(one, dataFolder, isTlsRequired) with { IsDefault = string.IsNullOrEmpty(given) }).ToList();
        foreach (var open in endpoints)
            if (open is { RequiresTls: true } && certificate is null)
                throw new UsageException(
                    $"OCTAVO_NBD has {open.Tcp}, which others can reach: give a certificate by OCTAVO_NBD_CERTIFICATE and OCTAVO_NBD_KEY; or OCTAVO_NBD_TLS=optional, where the network itself is trusted.");
        Uri? address = null;
        if (environment("OCTAVO_NBD_ADDRESS") is { Length: > 0 } told
            && !(Uri.TryCreate(told, UriKind.Absolute, out address) && address is { Scheme: "nbd" or "nbds", AbsolutePath: "/" or "", Query: "" }))
            throw new UsageException($"OCTAVO_NBD_ADDRESS is \"{told}\"; it must be an address like nbd://storage.example:{DefaultPort}/ or nbds://storage.example/.");
        return new NbdSettings(endpoints, address, certificate);
    }

    /// <summary>What volumes show of where their clients connect to; null where nothing listens.</summary>
    public string? Device => Address is not null ? Told(Address) : Endpoints.Where(e => e.Tcp?.Port != 0).OrderBy(e => e.Tcp is null).FirstOrDefault()?.Uri("");

    /// <summary>An address with an export's name.</summary>
    public static string Told(Uri address, string export = "") => $"{address.Scheme}://{address.Authority}/{export}";

    static NbdEndpoint Endpoint(string text, string dataFolder, bool? isTlsRequired)
    {
        if (text == "unix") return new NbdEndpoint(null, Path.Combine(Path.GetFullPath(dataFolder), SocketName));
        if (text.StartsWith("unix:", StringComparison.Ordinal)) return new NbdEndpoint(null, Path.GetFullPath(text["unix:".Length..]));
        var address = text.Replace("localhost:", "127.0.0.1:", StringComparison.Ordinal).Replace("*:", "0.0.0.0:", StringComparison.Ordinal);
        return IPEndPoint.TryParse(address, out var tcp) && address.AsSpan().LastIndexOf(':') > address.AsSpan().LastIndexOf(']')
            ? new NbdEndpoint(tcp, null) { RequiresTls = isTlsRequired ?? !IPAddress.IsLoopback(tcp.Address) }
            : throw new UsageException($"OCTAVO_NBD has \"{text}\"; it is a list, with semicolons between, of unix, unix:PATH and ADDRESS:PORT, or off.");
    }

    static X509Certificate2? Load(Func<string, string?> environment)
    {
        var (certificate, key) = (environment("OCTAVO_NBD_CERTIFICATE"), environment("OCTAVO_NBD_KEY"));
        if (string.IsNullOrEmpty(certificate) && string.IsNullOrEmpty(key)) return null;
        if (string.IsNullOrEmpty(certificate) || string.IsNullOrEmpty(key))
            throw new UsageException("OCTAVO_NBD_CERTIFICATE and OCTAVO_NBD_KEY belong together: PEM files of a certificate and its private key.");
        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"OCTAVO_NBD_CERTIFICATE and OCTAVO_NBD_KEY cannot be read as PEM files of a certificate and its private key: {e.Message}");
        }
    }
}

/// <summary>One of the places that are listened on: a TCP address or the path of a Unix socket.</summary>
sealed record NbdEndpoint(IPEndPoint? Tcp, string? Socket)
{
    /// <summary>Whether clients must ask for TLS.</summary>
    public bool RequiresTls { get; init; }

    /// <summary>Nobody asked for it by name: where it is taken, the service does without.</summary>
    public bool IsDefault { get; init; }

    /// <summary>The URI of an export here, by the NBD project's <c>doc/uri.md</c>.</summary>
    public string Uri(string export)
    {
        if (Tcp is null) return $"nbd+unix:///{export}?socket={Escaped(Socket!)}";
        var isAny = Tcp.Address.Equals(IPAddress.Any) || Tcp.Address.Equals(IPAddress.IPv6Any);
        var host = isAny ? Environment.MachineName : Tcp.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{Tcp.Address}]" : Tcp.Address.ToString();
        return FormattableString.Invariant($"{(RequiresTls ? "nbds" : "nbd")}://{host}:{Tcp.Port}/{export}");
    }

    /// <inheritdoc/>
    public override string ToString() => Socket ?? Tcp!.ToString();

    // Slashes stay readable; the rest that means something in a query does not.
    static string Escaped(string path)
    {
        var text = new StringBuilder();
        foreach (var part in path.Split('/')) text.Append(text.Length == 0 && part.Length == 0 ? "" : "/").Append(System.Uri.EscapeDataString(part));
        return text.ToString();
    }
}
