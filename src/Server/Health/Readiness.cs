using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Nbd;
using Octavo.Server.Operations;

namespace Octavo.Server.Health;

/// <summary>
/// Looks again and again whether the service can do its work. Who asks is told what the last look saw: asking costs nothing, so that anybody may.
/// </summary>
sealed class Readiness(
    Database.Database database, DataFolder folder, OperationRunner runner, InventoryReconciler reconciler, NbdListener nbd, TimeProvider time, ILogger<Readiness> log)
    : BackgroundService
{
    /// <summary>A look costs one small commit.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    /// <summary>A commit takes milliseconds; behind a page of a first sync, tenths of a second.</summary>
    static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(5);

    /// <summary>The loops look every few seconds; the longest that one is held up is the wait for a locked database, 30 s.</summary>
    static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(90);

    /// <summary>Less, and the database's log cannot grow to the 16 MiB at which it is folded in, nor the fold be written.</summary>
    const long LeastFreeBytes = 64L << 20;

    const string Starting = "The service is starting.";

    /// <summary>What is looked at.</summary>
    public static IReadOnlyList<string> Checks { get; } = ["database", "disk", "operations", "inventory", "nbd"];

    Task writing = Task.CompletedTask;
    Dictionary<string, string> failing = Checks.ToDictionary(check => check, _ => Starting);
    long lookedAt = time.GetTimestamp();

    /// <summary>The checks that fail; none where the service is ready.</summary>
    public IReadOnlyCollection<string> Failing =>
        time.GetElapsedTime(Interlocked.Read(ref lookedAt)) > LongestSilence ? [.. Checks] : Volatile.Read(ref failing).Keys;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookInterval, time);
        do Tell(await LookAsync());
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    async Task<Dictionary<string, string>> LookAsync()
    {
        var found = new Dictionary<string, string>();
        void Add(string check, string? fault)
        {
            if (fault is not null) found.Add(check, fault);
        }
        Add("database", await DatabaseFaultAsync());
        Add("disk", DiskFault());
        Add("operations", LoopFault(runner, runner.SinceLook, "No operation is begun any more"));
        Add("inventory", LoopFault(reconciler, reconciler.SinceLook, "The inventory is not looked through any more"));
        Add("nbd", nbd.Fault);
        return found;
    }

    async Task<string?> DatabaseFaultAsync()
    {
        // Where the last write still waits, another one would only wait behind it.
        if (writing.IsCompleted) writing = Task.Run(() => database.ProbeAsync(CancellationToken.None));
        try
        {
            await writing.WaitAsync(LongestWrite, time);
            return null;
        }
        catch (TimeoutException)
        {
            return $"The database could not be written within {LongestWrite.TotalSeconds} s: another program may hold it, or its disk is too slow.";
        }
        catch (Exception e)
        {
            return $"The database cannot be written: {e.Message}";
        }
    }

    string? DiskFault()
    {
        try
        {
            return folder.FreeBytes is var free && free < LeastFreeBytes
                ? $"The disk of the data folder has {free >> 20} MiB free; at least {LeastFreeBytes >> 20} MiB are needed. Free some space."
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The disk of the data folder cannot be looked at: {e.Message}";
        }
    }

    static string? LoopFault(BackgroundService loop, TimeSpan sinceLook, string fault) =>
        loop.ExecuteTask is not { IsCompleted: false } ? $"{fault}: that part of the service has ended. Start the service anew."
        : sinceLook > LongestSilence ? $"{fault}: that part of the service has done nothing for {sinceLook.TotalSeconds:0} s."
        : null;

    /// <summary>Once as it begins, once as it ends.</summary>
    void Tell(Dictionary<string, string> found)
    {
        var before = Volatile.Read(ref failing);
        foreach (var (check, fault) in found)
            if (!before.TryGetValue(check, out var known) || known == Starting) log.LogError("Not ready ({Check}): {Fault}", check, fault);
        foreach (var (check, fault) in before)
            if (fault != Starting && !found.ContainsKey(check)) log.LogInformation("Ready again ({Check})", check);
        Volatile.Write(ref failing, found);
        Interlocked.Exchange(ref lookedAt, time.GetTimestamp());
    }
}
