namespace Octavo.Server.Nbd;

/// <summary>Where clients can connect to now, for who shows it to them.</summary>
sealed class NbdAddresses(NbdListener listener, ServerOptions options)
{
    /// <summary>An export's URIs, the one that clients are told first; none where nothing listens.</summary>
    public IReadOnlyList<string> Uris(string export) =>
    [
        .. options.Nbd.Address is { } told ? [NbdSettings.Told(told, export)] : Array.Empty<string>(),
        .. listener.Listening.OrderBy(e => e.Tcp is null).Select(e => e.Uri(export)),
    ];
}
