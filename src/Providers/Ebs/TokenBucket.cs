namespace Octavo.Providers.Ebs;

/// <summary>
/// What AWS allows one action in one region of one account: a bucket of requests that fills at a rate. Who finds it empty waits in line, first
/// come, first served. It learns from throttles, because the account's other tools and AWS's own changes show themselves only there.
/// </summary>
sealed class TokenBucket(TimeProvider time, double capacity, double refillPerSecond)
{
    /// <summary>What a throttle leaves of the rate: a few of them find a rate that holds without halving the work.</summary>
    const double Slower = 0.9;

    /// <summary>Below this share of the published rate nothing would end; then waits between tries do the rest.</summary>
    const double SlowestShare = 0.1;

    /// <summary>How much of the published rate comes back in a second without a throttle: from the slowest to the full one in three minutes.</summary>
    const double RecoveryPerSecond = 0.005;

    /// <summary>The first pause after a throttle, doubled by each that follows without a success between.</summary>
    static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);

    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    /// <summary>Timers count in milliseconds; none is ever set shorter.</summary>
    static readonly TimeSpan ShortestTimer = TimeSpan.FromMilliseconds(1);

    readonly Lock gate = new();
    readonly LinkedList<TaskCompletionSource> line = [];
    readonly double capacity = capacity;
    readonly double fullRate = refillPerSecond;
    ITimer? timer;
    double tokens = capacity;
    double rate = refillPerSecond;
    long filledAt = time.GetTimestamp();
    long pausedAt = time.GetTimestamp();
    TimeSpan pause;
    int throttlesInARow;

    /// <summary>How long who comes now would wait.</summary>
    public TimeSpan Wait
    {
        get
        {
            lock (gate)
            {
                Fill();
                return WaitFor(line.Count + 1);
            }
        }
    }

    /// <summary>Requests that could be made at once.</summary>
    public double Tokens
    {
        get
        {
            lock (gate)
            {
                Fill();
                return tokens;
            }
        }
    }

    /// <summary>Who waits in line.</summary>
    public int Waiting
    {
        get
        {
            lock (gate) return line.Count;
        }
    }

    /// <summary>Takes one request's worth, waiting in line for it.</summary>
    /// <returns>Null: it is taken. A time: the wait would have been that long, longer than the patience; nothing is taken.</returns>
    public async Task<TimeSpan?> TakeAsync(TimeSpan patience, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource> place;
        lock (gate)
        {
            Fill();
            var wait = WaitFor(line.Count + 1);
            if (wait > patience) return wait;
            if (wait == TimeSpan.Zero)
            {
                tokens--;
                return null;
            }
            place = line.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            SetTimer();
        }
        await using (cancellation.Register(() => Leave(place, cancellation)))
            await place.Value.Task;
        return null;
    }

    /// <summary>AWS throttled a request that was sent at this moment: whatever the bucket thought it had is not there.</summary>
    public void Throttled(long sentAt)
    {
        lock (gate)
        {
            Fill();
            tokens = Math.Min(tokens, 0);
            // Requests that were under way together are one throttle, not many.
            if (throttlesInARow > 0 && sentAt < pausedAt) return;
            rate = Math.Max(rate * Slower, fullRate * SlowestShare);
            pause = TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << Math.Min(throttlesInARow, 4), LongestPause.Ticks));
            pausedAt = time.GetTimestamp();
            throttlesInARow++;
            if (line.Count > 0) SetTimer();
        }
    }

    /// <summary>AWS took a request.</summary>
    public void Succeeded()
    {
        lock (gate)
            throttlesInARow = 0;
    }

    void Leave(LinkedListNode<TaskCompletionSource> place, CancellationToken cancellation)
    {
        lock (gate)
        {
            if (place.List is null) return;
            line.Remove(place);
        }
        place.Value.TrySetCanceled(cancellation);
    }

    void Serve()
    {
        lock (gate)
        {
            Fill();
            while (line.First is { } first && WaitFor(1) == TimeSpan.Zero)
            {
                tokens--;
                line.RemoveFirst();
                first.Value.TrySetResult();
            }
            if (line.Count > 0) SetTimer();
        }
    }

    void Fill()
    {
        var now = time.GetTimestamp();
        var seconds = time.GetElapsedTime(filledAt, now).TotalSeconds;
        filledAt = now;
        rate = Math.Min(rate + seconds * RecoveryPerSecond * fullRate, fullRate);
        tokens = Math.Min(tokens + seconds * rate, capacity);
    }

    /// <summary>How long until so many are in the bucket, and no pause holds it shut.</summary>
    TimeSpan WaitFor(int count)
    {
        var paused = pause - time.GetElapsedTime(pausedAt);
        // Filling adds fractions: what lacks a billionth is whole.
        var filling = TimeSpan.FromSeconds(Math.Max(0, (count - tokens - 1e-9) / rate));
        return paused > filling ? paused : filling;
    }

    void SetTimer()
    {
        var wait = WaitFor(1);
        var due = wait > ShortestTimer ? wait : ShortestTimer;
        if (timer is null) timer = time.CreateTimer(_ => Serve(), null, due, Timeout.InfiniteTimeSpan);
        else timer.Change(due, Timeout.InfiniteTimeSpan);
    }
}
