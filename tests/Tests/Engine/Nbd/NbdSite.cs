using System.Collections.Concurrent;
using System.Net;
using Octavo.Engine;
using Octavo.Engine.Io;
using Octavo.Engine.Nbd;

namespace Octavo.Tests.Engine.Nbd;

/// <summary>An NBD server in this process, on a Unix socket and on loopback TCP, with whatever exports a test puts in.</summary>
sealed class NbdSite : INbdExports, IAsyncDisposable
{
    readonly ConcurrentDictionary<string, Entry> entries = new(StringComparer.Ordinal);
    readonly ConcurrentQueue<string> warnings = new();
    int opened, released;

    NbdSite(string folder) => Folder = folder;

    public string Folder { get; }

    public string SocketPath => Path.Combine(Folder, "nbd.sock");

    public NbdServer Server { get; private set; } = null!;

    public IPEndPoint Address => Server.Addresses[0];

    public string UnixUri(string export) => $"nbd+unix:///{export}?socket={SocketPath}";

    public string TcpUri(string export) => $"nbd://{Address}/{export}";

    public IReadOnlyCollection<string> Warnings => warnings;

    /// <summary>Exports that are open, however far the handshake was.</summary>
    public int Open => Volatile.Read(ref opened) - Volatile.Read(ref released);

    public int Released => Volatile.Read(ref released);

    public static NbdSite Start(Func<NbdOptions, NbdOptions>? change = null)
    {
        var site = new NbdSite(Directory.CreateTempSubdirectory("octavo-nbd-").FullName);
        var options = new NbdOptions(TimeProvider.System, site.warnings.Enqueue)
        {
            Addresses = [new IPEndPoint(IPAddress.Loopback, 0)],
            SocketPaths = [site.SocketPath],
        };
        site.Server = NbdServer.Start(site, change?.Invoke(options) ?? options);
        return site;
    }

    /// <summary>Serves a device, which the site disposes.</summary>
    public Entry Add(string name, IBlockDevice device)
    {
        var entry = new Entry(device, new CancellationTokenSource());
        entries[name] = entry;
        return entry;
    }

    /// <summary>Serves a sparse file of the real disk.</summary>
    public Entry AddFile(string name, long size, bool isReadOnly = false)
    {
        var disk = new LinuxDisk(Folder);
        using (var file = disk.OpenWrite(name)) file.SetLength(size);
        return Add(name, new FileDevice(isReadOnly ? disk.OpenRead(name) : disk.OpenWrite(name), isReadOnly));
    }

    public ValueTask<NbdExport?> OpenAsync(string name, CancellationToken cancellation)
    {
        if (!entries.TryGetValue(name, out var entry)) return ValueTask.FromResult<NbdExport?>(null);
        Interlocked.Increment(ref opened);
        return ValueTask.FromResult<NbdExport?>(
            new NbdExport(entry.Device, CanMultiConnect: true, () => Interlocked.Increment(ref released), entry.Draining.Token));
    }

    public async ValueTask DisposeAsync()
    {
        // A test that failed halfway shall not wait for ever for what it holds up.
        foreach (var device in entries.Values.Select(entry => entry.Device).OfType<MemoryDevice>()) device.Door.Set();
        await Server.DisposeAsync();
        Open.ShouldBe(0, "exports that nobody let go of");
        foreach (var entry in entries.Values)
        {
            entry.Device.Dispose();
            entry.Draining.Dispose();
        }
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>An export.</summary>
    public sealed record Entry(IBlockDevice Device, CancellationTokenSource Draining);
}
