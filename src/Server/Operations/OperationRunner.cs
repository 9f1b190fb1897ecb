using System.Collections.Concurrent;
using System.Diagnostics;
using Octavo.Core;

namespace Octavo.Server.Operations;

/// <summary>
/// Claims operations that are due and runs their handlers. Every operation that was begun and not ended, by whatever death,
/// is claimed again when its lease lapses, and goes on from the step that its row names.
/// </summary>
sealed class OperationRunner(
    OperationStore operations, OperationSignals signals, OperationMetrics metrics, IEnumerable<IOperationHandler> handlers, TimeProvider time,
    ILogger<OperationRunner> log) : BackgroundService
{
    /// <summary>How long a silent attempt is taken to be alive. Renewed at a third.</summary>
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    /// <summary>How often to look without being woken: for what is due at a time, and for lapsed leases.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Most of them only wait for the engine, which bounds its own work; each costs a few kilobytes.</summary>
    const int MaxRunning = 1024;

    /// <summary>A failure that is worth repeating is repeated so often, then it is final.</summary>
    const int MaxFailures = 8;

    static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(2);

    readonly string owner = InternalId.New();
    readonly Dictionary<string, IOperationHandler> byKind = handlers.ToDictionary(h => h.Kind);
    readonly ConcurrentDictionary<OperationId, Running> running = new();

    /// <summary>What was to be stopped while it did not run here: it is stopped as it begins.</summary>
    readonly ConcurrentDictionary<OperationId, bool> toCancel = new();

    long lookedAt = time.GetTimestamp();

    /// <summary>How long ago it last looked for what is due.</summary>
    public TimeSpan SinceLook => time.GetElapsedTime(Interlocked.Read(ref lookedAt));

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        signals.Cancelled += Cancel;
        var renewing = RenewAsync(stoppingToken);
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                Interlocked.Exchange(ref lookedAt, time.GetTimestamp());
                try
                {
                    foreach (var operation in await operations.ClaimAsync(owner, Lease, MaxRunning - running.Count, stoppingToken))
                        Start(operation, stoppingToken);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    log.LogError(e, "Operations could not be claimed; looking again in {Seconds} s", LookInterval.TotalSeconds);
                }
                await signals.WaitForWorkAsync(LookInterval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping: below, every attempt gives its lease back.
        }
        signals.Cancelled -= Cancel;
        await Task.WhenAll(running.Values.Select(r => r.Done).Append(renewing));
    }

    void Start(Operation operation, CancellationToken stopping)
    {
        var one = new Running(operation.Attempt, CancellationTokenSource.CreateLinkedTokenSource(stopping));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        one.Done = RunAsync(operation, gate.Task, one, stopping);
        running[operation.Id] = one;
        if (toCancel.TryRemove(operation.Id, out _)) Cancel(operation.Id);
        gate.SetResult();
    }

    /// <summary>Somebody asked to stop it: its work is broken off and undone. One on many follows its items to their end all the same.</summary>
    void Cancel(OperationId id)
    {
        if (!running.TryGetValue(id, out var one))
        {
            toCancel[id] = true;
            return;
        }
        one.IsCancelled = true;
        one.Stop.Cancel();
    }

    async Task RunAsync(Operation operation, Task registered, Running one, CancellationToken stopping)
    {
        await registered;
        var stop = one.Stop;
        var attempt = new Attempt(operation.Id, owner, operation.Attempt);
        var run = new RunningOperation(operation, attempt, operations, time);
        using var span = Span(operation);
        try
        {
            try
            {
                await AttemptAsync(run, stop.Token);
            }
            catch (OperationCanceledException) when (one.IsCancelled && !stopping.IsCancellationRequested)
            {
                if (operation.HasItems) await operations.YieldAsync(attempt, time.GetUtcNow(), isFailure: false, stopping);
                else await UndoAsync(run, CancelledByUser(), isCancelled: true, stopping);
            }
            log.LogDebug("Operation {Operation} ({Kind}), attempt {Attempt}, is over", operation.Id, operation.Kind, attempt.Number);
        }
        catch (LeaseLostException e)
        {
            log.LogWarning("{Message}", e.Message);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested || stopping.IsCancellationRequested)
        {
            await GiveBackAsync(attempt, time.GetUtcNow(), isFailure: false);
        }
        catch (Exception e)
        {
            log.LogError(e, "Operation {Operation} ({Kind}) could be neither done nor undone", operation.Id, operation.Kind);
            span?.Fail(e);
            metrics.Retried(operation.Kind);
            await GiveBackAsync(attempt, time.GetUtcNow() + Backoff(operation.Failures), isFailure: true);
        }
        finally
        {
            running.TryRemove(operation.Id, out _);
            stop.Dispose();
            signals.WakeRunner();
        }
    }

    /// <summary>One attempt, linked to who asked for the operation: the request, or the operation that it is an item of.</summary>
    static Activity? Span(Operation operation)
    {
        if (!Instrumentation.Source.HasListeners()) return null;
        var span = Instrumentation.Source.StartActivity(
            ActivityKind.Internal, name: operation.Kind,
            links: ActivityContext.TryParse(operation.TraceParent, null, out var asked) ? [new ActivityLink(asked)] : null);
        return span?.SetTag("octavo.operation.id", operation.Id.Value).SetTag("octavo.operation.attempt", operation.Attempt)
            .SetTag("octavo.operation.step", operation.Step);
    }

    async Task AttemptAsync(RunningOperation run, CancellationToken cancellation)
    {
        var operation = run.Operation;
        var handler = byKind[operation.Kind];
        if (operation.Step == Operation.UndoStep)
        {
            // The failure was recorded before; only the sentence is needed to undo.
            run.IsCancelled = operation.CancelledAt is not null;
            await handler.UndoAsync(run, new VolumeException(ErrorCode.Internal, operation.ErrorMessage ?? ""), cancellation);
            return;
        }
        if (operation.CancelledAt is not null && operation.CanStopAt(operation.Step))
        {
            await UndoAsync(run, CancelledByUser(), isCancelled: true, cancellation);
            return;
        }
        VolumeException failure;
        try
        {
            await handler.RunAsync(run, cancellation);
            return;
        }
        catch (StoppedException)
        {
            await UndoAsync(run, CancelledByUser(), isCancelled: true, cancellation);
            return;
        }
        catch (PostponedException e)
        {
            await operations.YieldAsync(run.Attempt, time.GetUtcNow() + e.After, isFailure: false, cancellation);
            return;
        }
        catch (VolumeException e) when (e.RetryAfter is not null)
        {
            log.LogDebug(e, "Operation {Operation} ({Kind}) waits {Seconds} s: {Message}", operation.Id, operation.Kind,
                e.RetryAfter.Value.TotalSeconds, e.Message);
            await operations.YieldAsync(run.Attempt, time.GetUtcNow() + Wait(operation, e.RetryAfter.Value), isFailure: false, cancellation);
            return;
        }
        catch (VolumeException e) when (e.IsTransient && operation.Failures < MaxFailures)
        {
            log.LogWarning(e, "Operation {Operation} ({Kind}) is tried again later: {Message}", operation.Id, operation.Kind, e.Message);
            Activity.Current?.Fail(e);
            metrics.Retried(operation.Kind);
            await operations.YieldAsync(run.Attempt, time.GetUtcNow() + Backoff(operation.Failures), isFailure: true, cancellation);
            return;
        }
        catch (VolumeException e)
        {
            failure = e;
        }
        catch (Exception e) when (e is not LeaseLostException && !(e is OperationCanceledException && cancellation.IsCancellationRequested))
        {
            failure = new VolumeException(ErrorCode.Internal,
                $"Something went wrong on our side. The log tells the cause under operation {operation.Id}.", e);
        }
        log.LogError(failure, "Operation {Operation} ({Kind}) failed: {Message}", operation.Id, operation.Kind, failure.Message);
        Activity.Current?.Fail(failure);
        await UndoAsync(run, failure, isCancelled: false, cancellation);
    }

    async Task UndoAsync(RunningOperation run, VolumeException failure, bool isCancelled, CancellationToken cancellation)
    {
        run.IsCancelled = isCancelled;
        await operations.BeginUndoAsync(run.Attempt, failure, cancellation);
        await byKind[run.Operation.Kind].UndoAsync(run, failure, cancellation);
    }

    static VolumeException CancelledByUser() => new(ErrorCode.Conflict, "It was cancelled.");

    async Task GiveBackAsync(Attempt attempt, DateTimeOffset notBefore, bool isFailure)
    {
        try
        {
            await operations.YieldAsync(attempt, notBefore, isFailure, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The lease lapses by itself, or the next start takes it.
            log.LogDebug(e, "The lease of operation {Operation} was not given back", attempt.Operation);
        }
    }

    async Task RenewAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Lease / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                if (running.IsEmpty) continue;
                try
                {
                    var held = (await operations.RenewAsync(owner, Lease, stopping)).ToHashSet();
                    foreach (var (id, one) in running)
                        if (!held.Contains((id, one.Attempt))) await one.Stop.CancelAsync();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    log.LogError(e, "Leases could not be renewed");
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    /// <summary>At least as asked, and longer the longer it has waited: a thousand that wait for one limit shall not all ask all the time.</summary>
    TimeSpan Wait(Operation operation, TimeSpan asked)
    {
        var age = time.GetUtcNow() - operation.CreatedAt;
        return TimeSpan.FromTicks(Math.Max(asked.Ticks, Math.Min(age.Ticks / 10, LongestBackoff.Ticks)));
    }

    /// <summary>An attempt that runs here.</summary>
    sealed class Running(int attempt, CancellationTokenSource stop)
    {
        public int Attempt => attempt;
        public CancellationTokenSource Stop => stop;
        public Task Done { get; set; } = Task.CompletedTask;
        public bool IsCancelled { get; set; }
    }

    static TimeSpan Backoff(int failures) =>
        TimeSpan.FromTicks(Math.Min(LongestBackoff.Ticks, FirstBackoff.Ticks << Math.Min(failures, 20)));
}
