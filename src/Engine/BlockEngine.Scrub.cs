using Octavo.Engine.Io;
using Octavo.Engine.Scrubbing;

namespace Octavo.Engine;

public sealed partial class BlockEngine
{
    /// <summary>How far a pass is, is written down so often: what a death of the process costs is read again.</summary>
    static readonly TimeSpan SavingPeriod = TimeSpan.FromMinutes(5);

    /// <summary>A pass that failed goes on so much later.</summary>
    static readonly TimeSpan AfterFailure = TimeSpan.FromHours(1);

    /// <summary>A timer takes no more than 49 days.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    readonly EngineScrub? scrub;

    /// <summary>How far the passes are. Guarded by <see cref="tables"/>.</summary>
    ScrubRecord scrubbed = ScrubRecord.None;

    /// <summary>As last written.</summary>
    ScrubRecord saved = ScrubRecord.None;
    DateTimeOffset savedAt;
    Task scrubbing = Task.CompletedTask;

    /// <summary>What is known of the soundness of the stored blocks.</summary>
    public EngineHealth Health
    {
        get
        {
            var (bad, found, repaired) = segments.Health;
            lock (tables) return new EngineHealth(bad, found, repaired, Interlocked.Read(ref verifiedBytes), scrubbed.EndedAt);
        }
    }

    void LoadScrub()
    {
        disk.DeleteFile(ScrubRecord.Path + DiskExtensions.Temporary);
        try
        {
            if (disk.ReadAll(ScrubRecord.Path, DiskExtensions.MaxRecordFile) is { } content) scrubbed = saved = ScrubRecord.Parse(content);
        }
        catch (IOException e)
        {
            warn($"How far the verification in the background is cannot be read; it begins anew: {e.Message}");
        }
    }

    void StartScrubbing()
    {
        if (scrub is { } wanted) scrubbing = Task.Run(() => KeepScrubbingAsync(wanted), CancellationToken.None);
    }

    async Task KeepScrubbingAsync(EngineScrub wanted)
    {
        var isFirst = true;
        while (!closing.IsCancellationRequested)
        {
            try
            {
                if (isFirst) await RetryAsync(wanted, closing.Token);
                isFirst = false;
                for (TimeSpan left; (left = Next() - time.GetUtcNow()) > TimeSpan.Zero;)
                    await Task.Delay(left < LongestWait ? left : LongestWait, time, closing.Token);
                await ScrubAsync(wanted, closing.Token);
            }
            catch (Exception) when (closing.IsCancellationRequested)
            {
                // What it knows is written down as the pool is closed.
            }
            catch (Exception e)
            {
                warn($"The verification in the background goes on in {AfterFailure.TotalMinutes:0} minutes, because it failed: {e}");
                await Task.Delay(AfterFailure, time, closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        DateTimeOffset Next()
        {
            lock (tables) return scrubbed.DueAt(wanted.Period, time.GetUtcNow());
        }
    }

    /// <summary>Looks once more at what was known to be bad when the pool was opened.</summary>
    async Task RetryAsync(EngineScrub wanted, CancellationToken cancellation)
    {
        List<string> bad;
        lock (tables) bad = [.. snapshots.Values.Where(s => s.BadBlocks > 0).Select(s => s.Id)];
        var look = new Look(segments.BeginLook(), Repairs: true, (_, bytes) => wanted.SpendAsync(bytes, time, cancellation));
        foreach (var id in bad) await InTurnAsync(wanted, () => ExamineAsync(id, int.MaxValue, look, cancellation), cancellation);
        if (bad.Count > 0) await SaveScrubAsync(cancellation);
    }

    /// <summary>
    /// One pass over the completed snapshots of now, or the rest of the one that was interrupted, in the order of their ids: a block that several share is read once.
    /// </summary>
    internal async Task ScrubAsync(EngineScrub wanted, CancellationToken cancellation)
    {
        lock (tables)
            if (!scrubbed.IsUnderWay) scrubbed = scrubbed with { IsUnderWay = true, BegunAt = time.GetUtcNow(), SnapshotId = null, Block = 0 };
        var look = new Look(segments.BeginLook(), Repairs: true, PassedAsync);
        List<string> ids;
        lock (tables)
            ids = [.. snapshots.Values.Where(s => s.State == EngineSnapshotState.Completed && string.CompareOrdinal(s.Id, scrubbed.SnapshotId) >= 0).Select(s => s.Id)];
        foreach (var id in ids)
        {
            int first;
            lock (tables)
            {
                first = id == scrubbed.SnapshotId ? scrubbed.Block : 0;
                scrubbed = scrubbed with { SnapshotId = id, Block = first };
            }
            var examined = await InTurnAsync(wanted, () => ExamineAsync(id, first, look, cancellation), cancellation);
            if (examined is null) continue;
            await PassedAsync(int.MaxValue, 0);
            if (examined.Entry.Reason is not { } reason) continue;
            warn($"Snapshot {id}: {reason}" + (examined.ManifestFault is null ? " No volume has their bytes any more." : ""));
            await SaveScrubAsync(cancellation);
        }
        lock (tables) scrubbed = scrubbed with { IsUnderWay = false, EndedAt = time.GetUtcNow(), SnapshotId = null, Block = 0 };
        await SaveScrubAsync(cancellation);

        async ValueTask PassedAsync(int next, long bytes)
        {
            lock (tables) scrubbed = scrubbed with { Block = next };
            await wanted.SpendAsync(bytes, time, cancellation);
            if (time.GetUtcNow() - savedAt >= SavingPeriod) await SaveScrubAsync(cancellation);
        }
    }

    static async Task<T> InTurnAsync<T>(EngineScrub wanted, Func<Task<T>> work, CancellationToken cancellation)
    {
        await wanted.Turn.WaitAsync(cancellation);
        try
        {
            return await work();
        }
        finally
        {
            wanted.Turn.Release();
        }
    }

    /// <summary>Among the changes: a check tells a file that is being written from one that was left over by that.</summary>
    async Task SaveScrubAsync(CancellationToken cancellation) => await ChangeAsync(() =>
    {
        SaveScrub();
        return Task.FromResult(true);
    }, cancellation);

    /// <summary>Writes down how far it is and what is broken, if that is not what the file says.</summary>
    void SaveScrub()
    {
        ScrubRecord now;
        List<string> broken = [.. segments.Broken(ScrubRecord.MaxBrokenBlocks).Select(hash => hash.ToString())];
        lock (tables) now = scrubbed with { BrokenBlocks = broken };
        savedAt = time.GetUtcNow();
        if (now with { BrokenBlocks = null } == saved with { BrokenBlocks = null } && broken.SequenceEqual(saved.BrokenBlocks ?? [])) return;
        try
        {
            disk.WriteAtomically(ScrubRecord.Path, now.ToBytes());
            saved = now;
        }
        catch (IOException e)
        {
            warn($"How far the verification in the background is could not be written down: {e.Message}");
        }
    }
}
