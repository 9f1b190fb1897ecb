using System.Buffers;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;
using Octavo.Engine.Snapshots;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

/// <summary>
/// The embedded engine over one pool, a folder of this machine's disk: volumes as raw sparse files, snapshots as manifests over
/// blocks that are stored once. <c>docs/engine-format.md</c> describes the folder. Every method throws <see cref="EngineException"/> and
/// nothing else but <see cref="OperationCanceledException"/>; all of them may be called by several threads at once.
/// <para>
/// What makes or deletes something is idempotent by the id that the caller chooses, and durable when it returns. After a crash, pending
/// snapshots go on by themselves and deletions are finished; a volume whose making was interrupted is listed as creating until its
/// maker repeats the call or deletes it.
/// </para>
/// </summary>
public sealed partial class BlockEngine : IAsyncDisposable
{
    readonly IDisk disk;
    readonly IDisposable hold;
    readonly TimeProvider time;
    readonly Action<string> warn;
    readonly SegmentStore segments;

    /// <summary>Guards the two tables and their entries' fields; never held while waiting.</summary>
    readonly Lock tables = new();
    readonly SortedDictionary<string, VolumeEntry> volumes = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, SnapshotEntry> snapshots = new(StringComparer.Ordinal);

    /// <summary>One change of the tables' files at a time; the copying of bytes goes on outside.</summary>
    readonly SemaphoreSlim changing = new(1, 1);

    /// <summary>One removal of a volume at a time. Taken inside <see cref="changing"/> or without it, never around it.</summary>
    readonly Lock removing = new();
    readonly CancellationTokenSource closing = new();

    /// <summary>False where a manifest could not be read: nobody knows which blocks it needs, so no block is freed.</summary>
    bool mayFree = true;

    BlockEngine(IDisk disk, IDisposable hold, EngineOptions options)
    {
        this.disk = disk;
        this.hold = hold;
        time = options.Time;
        warn = options.Warn ?? (_ => { });
        segments = new SegmentStore(disk);
        scrub = options.Scrub;
    }

    /// <summary>
    /// Opens a pool, making it where it is absent: frees what a dead process left unfinished, finishes deletions and resumes pending
    /// snapshots.
    /// </summary>
    /// <exception cref="EngineException">Locked, Damaged, Io, or Invalid: a newer format.</exception>
    public static Task<BlockEngine> OpenAsync(string folder, EngineOptions options, CancellationToken cancellation) =>
        OpenAsync(new LinuxDisk(folder), options, cancellation);

    internal static async Task<BlockEngine> OpenAsync(IDisk disk, EngineOptions options, CancellationToken cancellation)
    {
        await Task.Yield();
        cancellation.ThrowIfCancellationRequested();
        var hold = disk.TryLock("lock")
            ?? throw new EngineException(EngineError.Locked, "The pool is in use by another process.");
        try
        {
            return Failures.Translate(() =>
            {
                PoolFormat.Ensure(disk);
                var engine = new BlockEngine(disk, hold, options);
                engine.Load();
                engine.StartScrubbing();
                return engine;
            });
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    /// <summary>Room on the pool's file system.</summary>
    public EngineCapacity Capacity
    {
        get
        {
            var (total, free) = Failures.Translate(() => disk.Space);
            return new EngineCapacity(total, free);
        }
    }

    /// <summary>What the snapshots take.</summary>
    public EngineSnapshotSpace SnapshotSpace
    {
        get
        {
            var (alone, shared) = segments.Space;
            return new EngineSnapshotSpace(alone, shared);
        }
    }

    void Load()
    {
        disk.CreateFolder(VolumeRecord.Root);
        disk.CreateFolder(Manifest.Root);
        disk.SyncFolder("");
        LoadScrub();
        LoadVolumes();
        var pending = LoadSnapshots();
        LoadAttachments();
        foreach (var entry in volumes.Values.Where(v => v.Record.State == VolumeRecord.Deleting).ToList())
            if (!HasPending(entry.Record.Id)) Remove(entry);
        foreach (var entry in volumes.Values.Where(v => v.Record.GrowTo is not null)) FinishGrowing(entry);
        foreach (var id in volumes.Keys.Union(pending.Select(record => record.VolumeId)).ToList())
            Resume(id, [.. pending.Where(record => record.VolumeId == id).OrderBy(record => record.Kept ?? 0).ThenBy(record => record.StartedAt)]);
        foreach (var record in pending.OrderBy(record => record.Kept ?? 0).ThenBy(record => record.StartedAt))
            if (snapshots[record.Id].State == EngineSnapshotState.Pending) StartCopy(snapshots[record.Id]);
    }

    /// <summary>Completes when no snapshot is being copied and no volume filled; for tests and for closing.</summary>
    internal async Task WhenIdleAsync()
    {
        while (true)
        {
            List<Task> running;
            lock (tables)
                running =
                [
                    .. snapshots.Values.Select(s => s.Copying).OfType<Task>(),
                    .. volumes.Values.Select(v => v.Making).OfType<Task>(),
                ];
            if (running.Count == 0) return;
            await Task.WhenAll(running);
        }
    }

    async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellation)
    {
        await changing.WaitAsync(cancellation);
        try
        {
            if (closing.IsCancellationRequested) throw new EngineException(EngineError.Locked, "The pool is closed.");
            return await Failures.TranslateAsync(change);
        }
        finally
        {
            changing.Release();
        }
    }

    static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    static void CheckId(string id, string prefix)
    {
        if (!IsId(id, prefix))
            throw new EngineException(EngineError.Invalid, $"An id here is {prefix} and hexadecimal digits.");
    }

    static bool IsId(string id, string prefix) =>
        id.Length > prefix.Length && id.Length <= 64 && id.StartsWith(prefix, StringComparison.Ordinal)
        && !id.AsSpan(prefix.Length).ContainsAnyExcept(HexDigits);

    /// <summary>Lets the change under way end, stops copying, keeping what is resumable, and closes every file.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        // Changes that come later are refused, so nothing begins after this.
        await changing.WaitAsync();
        changing.Release();
        await scrubbing;
        await DisconnectAllAsync();
        await WhenIdleAsync();
        await CloseLiveAsync();
        SaveScrub();
        segments.Dispose();
        hold.Dispose();
    }
}
