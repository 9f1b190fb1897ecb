namespace Octavo.Engine.Nbd;

/// <summary>A request that may have to wait for a disk.</summary>
/// <param name="Payload">A write's bytes, in a rented buffer.</param>
readonly record struct Job(Request Request, byte[]? Payload)
{
    /// <summary>The memory that it holds until it is answered.</summary>
    public long Bytes => Request.Command is Command.Read or Command.Write ? Request.Length : 0;
}

/// <summary>
/// A connection's threads for what would hold up its reader. They are its own, so that a client who does not take its answers holds up nobody else; they are
/// started when there is something to do for them, and end with the connection.
/// </summary>
sealed class Workers(Action<Job> run)
{
    /// <summary>So many disk reads at once are enough for the disks of one machine.</summary>
    const int MaxThreads = 16;

    /// <summary>Requests taken and not answered.</summary>
    const int MaxJobs = 128;

    /// <summary>Their bytes. A request may be as large, so one always fits.</summary>
    const long MaxBytes = Wire.MaxPayload;

    readonly object gate = new();
    readonly Job[] waiting = new Job[MaxJobs];
    int first, count, running, threads, idle;
    long bytes;
    bool isClosed, isReaderWaiting;

    /// <summary>Whether something is waiting or being done.</summary>
    public bool IsBusy => Volatile.Read(ref count) + Volatile.Read(ref running) > 0;

    /// <summary>False where there is no room now.</summary>
    public bool TryAdd(in Job job)
    {
        lock (gate)
        {
            if (!HasRoom(job)) return false;
            Enqueue(job);
            return true;
        }
    }

    /// <summary>Waits for room.</summary>
    public void Add(in Job job)
    {
        lock (gate)
        {
            isReaderWaiting = true;
            while (!HasRoom(job)) Monitor.Wait(gate);
            isReaderWaiting = false;
            Enqueue(job);
        }
    }

    /// <summary>Waits until all is done, and lets the threads go.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
            isReaderWaiting = true;
            Monitor.PulseAll(gate);
            while (count + running > 0) Monitor.Wait(gate);
        }
    }

    bool HasRoom(in Job job) => count + running < MaxJobs && bytes + job.Bytes <= MaxBytes;

    void Enqueue(in Job job)
    {
        waiting[(first + count++) % MaxJobs] = job;
        bytes += job.Bytes;
        if (idle > 0)
        {
            // Counted as busy by who wakes it, or the next job would count on it as well.
            idle--;
            Monitor.Pulse(gate);
        }
        else if (threads < MaxThreads)
        {
            threads++;
            new Thread(Work, NbdServer.StackBytes) { IsBackground = true, Name = "NBD worker" }.Start();
        }
    }

    void Work()
    {
        lock (gate)
        {
            while (true)
            {
                while (count == 0)
                {
                    if (isClosed) return;
                    idle++;
                    Monitor.Wait(gate);
                }
                var job = waiting[first];
                waiting[first] = default;
                first = (first + 1) % MaxJobs;
                count--;
                running++;
                Monitor.Exit(gate);
                run(job);
                Monitor.Enter(gate);
                running--;
                bytes -= job.Bytes;
                if (isReaderWaiting) Monitor.PulseAll(gate);
            }
        }
    }
}
