using System.Security.Cryptography;
using Octavo.Engine.Nbd;

namespace Octavo.Engine.Attachments;

/// <summary>An attachment in memory: its record, its connections, the device that they share, and the lease that runs while there are none.</summary>
sealed class AttachmentEntry : IDisposable
{
    readonly Lock gate = new();
    readonly Func<IBlockDevice> open;
    readonly ITimer lease;
    readonly byte[] tokenSha256;
    IBlockDevice? device;
    int connections;

    /// <summary>While it is cancelled, no connection comes in.</summary>
    CancellationTokenSource draining = new();

    /// <summary>Ends with the last connection; with what failed, where its device could not be flushed.</summary>
    TaskCompletionSource<EngineException?> idle = new();

    /// <param name="record">As written down.</param>
    /// <param name="open">Opens the device, for the first connection.</param>
    /// <param name="expired">Called when the lease has run out; there may be a connection again by then.</param>
    /// <param name="time">The clock.</param>
    public AttachmentEntry(AttachmentRecord record, Func<IBlockDevice> open, Action<AttachmentEntry> expired, TimeProvider time)
    {
        Record = record;
        this.open = open;
        tokenSha256 = Convert.FromHexString(record.TokenSha256);
        idle.SetResult(null);
        lease = time.CreateTimer(_ => expired(this), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        StartLease();
    }

    /// <summary>As written down.</summary>
    public AttachmentRecord Record { get; }

    /// <summary>Whether a client that shows a token with this hash may come in. Takes as long for a wrong one as for the right one.</summary>
    public bool IsOpenedBy(ReadOnlySpan<byte> sha256) => CryptographicOperations.FixedTimeEquals(tokenSha256, sha256);

    /// <summary>Takes no lock: it is called under the table's, which opening a device needs.</summary>
    public EngineAttachment Describe() => new(
        Record.Id, Record.Tag, Record.VolumeId, Record.SnapshotId, Record.Client, Record.IsReadOnly, Record.IsMultiAttach,
        TimeSpan.FromSeconds(Record.LeaseSeconds), Record.AttachedAt, Volatile.Read(ref connections));

    /// <summary>One connection more; null where the attachment is ending.</summary>
    public NbdExport? Connect()
    {
        lock (gate)
        {
            if (draining.IsCancellationRequested) return null;
            device ??= open();
            if (connections++ == 0)
            {
                idle = new TaskCompletionSource<EngineException?>(TaskCreationOptions.RunContinuationsAsynchronously);
                lease.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
            return new NbdExport(device, CanMultiConnect: true, Release, draining.Token);
        }
    }

    void Release()
    {
        IBlockDevice last;
        TaskCompletionSource<EngineException?> ended;
        lock (gate)
        {
            if (--connections > 0) return;
            (last, device) = (device!, null);
            ended = idle;
            StartLease();
        }
        EngineException? failure = null;
        try
        {
            // Nobody was promised this; whoever has ended properly expects it all the same.
            if (!last.IsReadOnly) last.Flush();
        }
        catch (EngineException e)
        {
            failure = e;
        }
        last.Dispose();
        ended.SetResult(failure);
    }

    /// <summary>Takes no connection any more, asks those that are there to end, and completes when the last one has, its device flushed and closed.</summary>
    /// <returns>What failed where it could not be flushed.</returns>
    public async Task<EngineException?> DrainAsync(CancellationToken cancellation)
    {
        CancellationTokenSource stop;
        lock (gate) stop = draining;
        // Outside the lock: it calls the sessions.
        await stop.CancelAsync();
        Task<EngineException?> ended;
        lock (gate) ended = idle.Task;
        return await ended.WaitAsync(cancellation);
    }

    /// <summary>Takes connections again, after an end that did not come.</summary>
    public void Reopen()
    {
        lock (gate)
        {
            if (draining.IsCancellationRequested) draining = new CancellationTokenSource();
            if (connections == 0) StartLease();
        }
    }

    /// <summary>Takes no connection any more, where there is none now; false where there is one.</summary>
    public bool TryEnd()
    {
        lock (gate)
        {
            if (connections > 0) return false;
            draining.Cancel();
            return true;
        }
    }

    /// <summary>It has ended: no connection comes in any more, and no lease runs.</summary>
    public void Dispose()
    {
        lock (gate) draining.Cancel();
        lease.Dispose();
    }

    void StartLease()
    {
        if (Record.LeaseSeconds > 0) lease.Change(TimeSpan.FromSeconds(Record.LeaseSeconds), Timeout.InfiniteTimeSpan);
    }
}
