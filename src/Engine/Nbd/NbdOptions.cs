using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Octavo.Engine.Nbd;

/// <summary>How an <see cref="NbdServer"/> listens, and what bounds its clients.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Warn">Told, in a sentence, of what an operator should see and no client asked about; null for nobody. No export's name is ever in it.</param>
public sealed record NbdOptions(TimeProvider Time, Action<string>? Warn = null)
{
    /// <summary>TCP addresses to listen on; port 0 takes a free one.</summary>
    public IReadOnlyList<IPEndPoint> Addresses { get; init; } = [];

    /// <summary>Paths of Unix sockets to listen on, 107 bytes at most. A file that a dead process left there is replaced.</summary>
    public IReadOnlyList<string> SocketPaths { get; init; } = [];

    /// <summary>Who may connect to the Unix sockets, as the mode of their files.</summary>
    public UnixFileMode SocketMode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>With its private key; clients may ask for TLS then. Null for none. Not the server's to dispose.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Whether clients over TCP must have asked for TLS before they name an export. Needs <see cref="Certificate"/>.</summary>
    public bool RequireTls { get; init; }

    /// <summary>Connections at once, in all; each has a thread. Further ones are closed at once.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>How many of them may be without an export yet: strangers cannot take the place of those who have one.</summary>
    public int MaxHandshakes { get; init; } = 64;

    /// <summary>From the connection to an export, however slowly a client sends.</summary>
    public TimeSpan HandshakeTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a client has to take the answers to its last requests when an export drains or the server stops.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(10);
}
