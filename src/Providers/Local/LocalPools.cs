using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Octavo.Core;
using Octavo.Engine;

namespace Octavo.Providers.Local;

/// <summary>The accounts' pools: a folder and an engine each, opened when first asked for and kept open to the end.</summary>
sealed class LocalPools(LocalOptions local, TimeProvider time, ILogger<LocalPools> log) : IAsyncDisposable
{
    /// <summary>As the server bounds account names; a name is a folder here, so it is looked at once more.</summary>
    const int MaxNameLength = 63;

    static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    readonly ConcurrentDictionary<string, Lazy<Task<BlockEngine>>> pools = new(StringComparer.Ordinal);

    /// <summary>One for all pools: the disk under them is mostly the same.</summary>
    readonly EngineScrub? scrub = local.ScrubBytesPerSecond > 0 ? new EngineScrub(local.ScrubBytesPerSecond, local.ScrubPeriod) : null;
    volatile bool isClosed;

    /// <summary>The engine of a cell's account.</summary>
    /// <exception cref="VolumeException">The pool cannot be opened; a later call tries again.</exception>
    public async Task<BlockEngine> OfAsync(Cell cell, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var name = cell.AccountName;
        var opening = pools.GetOrAdd(name, n => new Lazy<Task<BlockEngine>>(() => OpenAsync(n)));
        try
        {
            // The opening serves whoever comes; one caller's cancellation ends only that caller's wait.
            return await opening.Value.WaitAsync(cancellation);
        }
        catch (VolumeException)
        {
            pools.TryRemove(new(name, opening));
            throw;
        }
    }

    /// <summary>The pools that are open, by the names of their accounts.</summary>
    public IEnumerable<(string Account, BlockEngine Engine)> Opened =>
        from pool in pools
        where pool.Value is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }
        // It has ended: nobody waits here.
        select (pool.Key, pool.Value.Value.GetAwaiter().GetResult());

    async Task<BlockEngine> OpenAsync(string name)
    {
        if (isClosed) throw new VolumeException(ErrorCode.Unavailable, "The server is stopping.");
        if (name.Length is 0 or > MaxNameLength || name[0] == '-' || name.AsSpan().ContainsAnyExcept(NameCharacters))
            throw new VolumeException(ErrorCode.Invalid, "The account's name cannot be a pool's name: a to z, 0 to 9 and hyphens, up to 63.");
        try
        {
            var options = new EngineOptions(time, warning => log.LogWarning("Pool {Pool}: {Warning}", name, warning)) { Scrub = scrub };
            return await BlockEngine.OpenAsync(Path.Combine(local.PoolsFolder, name), options, CancellationToken.None);
        }
        catch (EngineException e)
        {
            log.LogError(e, "Pool {Pool} cannot be opened: {Message}", name, e.Message);
            throw Translation.From(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogError(e, "The folder of pool {Pool} cannot be made or read", name);
            throw new VolumeException(ErrorCode.Unavailable, "The pool's folder cannot be made or read; the log tells why.", e);
        }
    }

    /// <summary>Closes every pool: copies under way stop where they can go on later.</summary>
    public async ValueTask DisposeAsync()
    {
        isClosed = true;
        foreach (var opening in pools.Values)
        {
            BlockEngine engine;
            try
            {
                engine = await opening.Value;
            }
            catch (VolumeException)
            {
                continue;
            }
            await engine.DisposeAsync();
        }
    }
}
