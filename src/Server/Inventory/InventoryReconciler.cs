using System.Collections.Concurrent;
using Octavo.Core;
using Octavo.Server.Credentials;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Snapshots;
using Octavo.Server.Volumes;

namespace Octavo.Server.Inventory;

/// <summary>
/// Looks at every cell again and again and writes what it saw into the inventory. A cell whose pass fails keeps its rows, known to be
/// stale; it never loses them, and the others go on.
/// </summary>
sealed class InventoryReconciler(
    Database.Database database, Cells cells, CredentialProbe probe, CellProgress progress, SharedCommits writer, VolumeStore volumes,
    PurgeVolume purge, SnapshotStore snapshots, KeptAnswers answers, AccountInventories inventories, CellMetrics metrics, ServerOptions options,
    TimeProvider time, ILogger<InventoryReconciler> log) : BackgroundService
{
    /// <summary>The own pools are looked at so often: a found image is listed, and a volume in use shown so, about this long after. A pass
    /// over 10,000 volumes takes some tenths of a second. What else is due is looked for as often.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    /// <summary>What is kept for a time is looked through so often.</summary>
    static readonly TimeSpan PruneInterval = TimeSpan.FromHours(1);

    /// <summary>Chains of pages at once, over all cells of a cloud: each mostly waits for an answer, and 32 of 0.3 s a page are 50,000
    /// volumes a second.</summary>
    const int MaxChains = 32;

    /// <summary>The own pools do their work here, on these processors.</summary>
    const int MaxOwnChains = 4;

    readonly SemaphoreSlim chains = new(MaxChains, MaxChains);
    readonly SemaphoreSlim ownChains = new(MaxOwnChains, MaxOwnChains);
    readonly ConcurrentDictionary<Cell, CellState> states = new();
    readonly WakeUp wakeUp = new();
    long lookedAt = time.GetTimestamp();

    /// <summary>How long ago it last looked for what is due.</summary>
    public TimeSpan SinceLook => time.GetElapsedTime(Interlocked.Read(ref lookedAt));

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pruned = DateTimeOffset.MinValue;
        var running = new List<Task>();
        var probing = Task.CompletedTask;
        try
        {
            while (true)
            {
                Interlocked.Exchange(ref lookedAt, time.GetTimestamp());
                try
                {
                    running.RemoveAll(task => task.IsCompleted);
                    if (probing.IsFaulted) log.LogError(probing.Exception, "Credentials could not be probed");
                    if (probing.IsCompleted) probing = probe.ProbeDueAsync(stoppingToken);
                    foreach (var known in await cells.AllAsync(stoppingToken))
                        if (IsDue(known)) running.Add(PassAsync(known, stoppingToken));
                    await purge.EnqueueDueAsync(stoppingToken);
                    if (time.GetUtcNow() - pruned >= PruneInterval)
                    {
                        await volumes.PruneAsync(stoppingToken);
                        await snapshots.PruneAsync(stoppingToken);
                        await answers.PruneAsync(stoppingToken);
                        await database.Changes.PruneAsync(stoppingToken);
                        inventories.DropIdle();
                        pruned = time.GetUtcNow();
                    }
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    log.LogError(e, "The inventory could not be looked through; the next look is in {Seconds} s", LookInterval.TotalSeconds);
                }
                await wakeUp.WaitAsync(LookInterval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
        await Task.WhenAll(running.Append(probing)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>There may be a new cell.</summary>
    public void LookNow() => wakeUp.Call();

    /// <inheritdoc/>
    public override void Dispose()
    {
        wakeUp.Dispose();
        base.Dispose();
    }

    /// <summary>One pass over every cell, now.</summary>
    public async Task PassAsync(CancellationToken cancellation) =>
        await Task.WhenAll((await cells.AllAsync(cancellation)).Select(known => PassAsync(known, cancellation)));

    /// <summary>
    /// One pass over a cell that begins now or when the one under way has ended. Null where it saw everything; else why it failed, which is
    /// recorded already.
    /// </summary>
    public async Task<VolumeException?> PassAsync(KnownCell known, CancellationToken cancellation)
    {
        var state = states.GetOrAdd(known.Cell, _ => new CellState());
        await state.Turn.WaitAsync(cancellation);
        try
        {
            return await TryAsync(known, state, cancellation);
        }
        finally
        {
            state.DueAt = time.GetUtcNow() + Interval(known);
            state.Turn.Release();
        }
    }

    async Task<VolumeException?> TryAsync(KnownCell known, CellState state, CancellationToken cancellation)
    {
        var (cell, provider) = known;
        var checkpoint = await Checkpoint.LoadAsync(database, cell, time, cancellation);
        if (checkpoint.Pages > 0)
            log.LogInformation("The pass over {Provider} {Region} of account {Account} that began at {Began:u} is resumed behind {Pages} pages",
                provider.Kind, cell.Region, cell.AccountName, checkpoint.Began, checkpoint.Pages);
        using var span = Instrumentation.Source.StartActivity("cell pass");
        span?.SetTag("octavo.provider", provider.Kind).SetTag("octavo.credential.id", cell.Credential.Value).SetTag("cloud.region", cell.Region);
        var pass = progress.Begin(cell, checkpoint.Began);
        var began = time.GetTimestamp();
        var isWhole = false;
        try
        {
            state.Memory.BeginPass();
            await new CellPass(
                database, writer, known, state.Memory, pass, checkpoint, provider.Capabilities.IsTheOnlyOwner ? ownChains : chains, time).RunAsync(cancellation);
            isWhole = true;
            return null;
        }
        catch (VolumeException e)
        {
            span?.Fail(e);
            return await FailedAsync(known, e, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            span?.Fail(e);
            // Our own bug: what it half did is not gone on with.
            await checkpoint.ForgetAsync(cancellation);
            return await FailedAsync(known, new VolumeException(
                ErrorCode.Internal, "Something went wrong on our side; the log tells the cause under this region.", e), cancellation);
        }
        finally
        {
            progress.End(cell);
            metrics.Passed(provider.Kind, isWhole, time.GetElapsedTime(began));
            metrics.Read(known, pass.Pages);
        }
    }

    async Task<VolumeException> FailedAsync(KnownCell known, VolumeException failure, CancellationToken cancellation)
    {
        var (cell, provider) = known;
        var isNews = await cells.FailedAsync(cell, failure.ProviderCode, failure.Message, time.GetUtcNow(), cancellation);
        // Once loudly, then quietly: a revoked key fails every minute.
        log.Log(isNews ? LogLevel.Warning : LogLevel.Debug, failure,
            "The pass over {Provider} {Region} of account {Account} failed, its {Volumes} volumes are stale: {Code} {Message} (request {Request})",
            provider.Kind, cell.Region, cell.AccountName, known.VolumeCount, failure.ProviderCode, failure.Message, failure.ProviderRequestId);
        return failure;
    }

    bool IsDue(KnownCell known)
    {
        var state = states.GetOrAdd(known.Cell, _ => new CellState { DueAt = (known.ObservedAt ?? default) + Interval(known) });
        return state.Turn.CurrentCount > 0 && (known.Provider.Capabilities.IsTheOnlyOwner || state.DueAt <= time.GetUtcNow());
    }

    /// <summary>A tenth more or less, so that cells that began together do not stay together.</summary>
    TimeSpan Interval(KnownCell known) => known.Provider.Capabilities.IsTheOnlyOwner
        ? LookInterval
        : options.SyncInterval * (0.9 + 0.2 * Random.Shared.NextDouble());

    /// <summary>What is known of a cell between two passes.</summary>
    sealed class CellState
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);
        public CellMemory Memory { get; } = new();
        public DateTimeOffset DueAt { get; set; }
    }
}
