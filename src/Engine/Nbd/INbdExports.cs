namespace Octavo.Engine.Nbd;

/// <summary>Where a server gets the exports that its clients name.</summary>
public interface INbdExports
{
    /// <summary>
    /// The export of that name, opened for one connection; null where there is none that this client may use, whatever the reason. The name is a secret: it is
    /// never logged.
    /// </summary>
    ValueTask<NbdExport?> OpenAsync(string name, CancellationToken cancellation);
}

/// <summary>An export as one connection has it, from <see cref="INbdExports.OpenAsync"/> until it is disposed.</summary>
/// <param name="Device">What is read and written. Shared with other connections, and not the session's to dispose.</param>
/// <param name="CanMultiConnect">Whether several connections of one client see one state: a flush on one covers the changes through all.</param>
/// <param name="Release">Called once, when the connection has ended and no request is in flight any more.</param>
/// <param name="Draining">
/// When this is cancelled, the session takes no further request, lets those in flight end, answers them, and closes the connection.
/// </param>
public sealed record NbdExport(IBlockDevice Device, bool CanMultiConnect, Action Release, CancellationToken Draining) : IDisposable
{
    int isReleased;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isReleased, 1) == 0) Release();
    }
}
