using Octavo.Core;
using Octavo.Engine;
using Octavo.Engine.Nbd;
using Octavo.Server.Inventory;

namespace Octavo.Server.Nbd;

/// <summary>
/// Serves attached volumes over NBD, on every endpoint that is set, each by itself: one that is taken does not keep the others from being served, and is tried
/// again. Every account's pool is opened first, so that attachments are served again after a restart.
/// </summary>
sealed class NbdListener(INbdExports exports, ServerOptions options, Cells cells, TimeProvider time, ILogger<NbdListener> log) : BackgroundService
{
    /// <summary>An address that is taken may be free again when the one before us has ended.</summary>
    static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    readonly Lock gate = new();
    readonly Dictionary<NbdEndpoint, (NbdServer Server, NbdEndpoint Where)> servers = [];
    readonly Dictionary<NbdEndpoint, string> failures = [];

    /// <summary>The endpoints that are served now, with the ports that were taken where any would do.</summary>
    public IReadOnlyList<NbdEndpoint> Listening
    {
        get
        {
            lock (gate) return [.. options.Nbd.Endpoints.Where(servers.ContainsKey).Select(e => servers[e].Where)];
        }
    }

    /// <summary>Why somebody who set an endpoint would not find it served; null where all is well.</summary>
    public string? Fault
    {
        get
        {
            lock (gate)
                return options.Nbd.Endpoints.Count > 0 && servers.Count == 0 && failures.Count > 0 ? failures.Values.First()
                    : failures.FirstOrDefault(f => !f.Key.IsDefault).Value;
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Nbd.Endpoints.Count == 0) return;
        try
        {
            await OpenPoolsAsync(stoppingToken);
            using var timer = new PeriodicTimer(RetryInterval, time);
            do
            {
                foreach (var endpoint in options.Nbd.Endpoints) TryStart(endpoint);
            }
            while (Listening.Count < options.Nbd.Endpoints.Count && await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        List<NbdServer> all;
        lock (gate)
        {
            all = [.. servers.Values.Select(s => s.Server)];
            servers.Clear();
        }
        // Requests in flight are answered; the pools are closed after this.
        await Task.WhenAll(all.Select(server => server.DisposeAsync().AsTask()));
    }

    async Task OpenPoolsAsync(CancellationToken cancellation)
    {
        foreach (var (cell, provider) in await cells.AllAsync(cancellation))
            try
            {
                if (provider.Capabilities.CanAttach) await provider.ListAttachmentsAsync(cell, cancellation);
            }
            catch (VolumeException e)
            {
                // The passes over it go on trying, and its clients go on connecting.
                log.LogWarning("The pool of account {Account} could not be opened before NBD was served: {Message}", cell.AccountName, e.Message);
            }
    }

    void TryStart(NbdEndpoint endpoint)
    {
        lock (gate)
            if (servers.ContainsKey(endpoint)) return;
        try
        {
            var server = NbdServer.Start(exports, new NbdOptions(time, warning => log.LogWarning("NBD on {Endpoint}: {Warning}", endpoint, warning))
            {
                Addresses = endpoint.Tcp is { } tcp ? [tcp] : [],
                SocketPaths = endpoint.Socket is { } socket ? [socket] : [],
                Certificate = options.Nbd.Certificate,
                RequireTls = endpoint.RequiresTls,
            });
            lock (gate)
            {
                servers.Add(endpoint, (server, server.Addresses is [var bound] ? endpoint with { Tcp = bound } : endpoint));
                failures.Remove(endpoint);
            }
            log.LogInformation("NBD is served on {Endpoint}", endpoint);
        }
        catch (EngineException e)
        {
            bool isNews;
            lock (gate)
            {
                isNews = !failures.ContainsKey(endpoint);
                failures[endpoint] = e.Message;
            }
            if (isNews) log.LogWarning("NBD is not served on {Endpoint}, everything else is: {Message} It is tried again every {Seconds} s.", endpoint, e.Message, RetryInterval.TotalSeconds);
        }
    }
}
