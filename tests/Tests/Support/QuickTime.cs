namespace Octavo.Tests.Support;

/// <summary>
/// A clock for code that waits seconds and minutes and talks to a server in this process. It stands while there is work, and when nobody has asked it
/// for the time for a moment, which is when everybody waits, it jumps to the next timer. So a wait costs milliseconds and happens in order.
/// </summary>
sealed class QuickTime : TimeProvider, IAsyncDisposable
{
    /// <summary>Nobody asking for so long counts as waiting: far longer than a call to a server in this process is silent.</summary>
    static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest jump: where a busy machine keeps a call silent for long, a deadline must not come at once.</summary>
    static readonly TimeSpan Jump = TimeSpan.FromSeconds(2);

    /// <summary>A call that is under way for so many quiet moments waits for this clock itself.</summary>
    const int LongestCall = 100;

    readonly Lock gate = new();
    readonly HashSet<Timer> timers = [];
    readonly CancellationTokenSource stop = new();
    readonly Task running;
    DateTimeOffset now = System.GetUtcNow();
    long asked;

    public QuickTime() => running = RunAsync();

    /// <summary>Whether a call is under way, during which the clock stands.</summary>
    public Func<bool> IsBusy { get; set; } = () => false;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override DateTimeOffset GetUtcNow()
    {
        Interlocked.Increment(ref asked);
        lock (gate)
            return now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock, and lets what is due be done.</summary>
    public void Advance(TimeSpan time)
    {
        lock (gate) now += time;
        while (Next(now) is { } due) due.Ring();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    async Task RunAsync()
    {
        var busy = 0;
        while (!stop.IsCancellationRequested)
        {
            var before = Interlocked.Read(ref asked);
            await Task.Delay(Quiet, System, CancellationToken.None);
            busy = IsBusy() ? busy + 1 : 0;
            if (busy is > 0 and < LongestCall) continue;
            if (Interlocked.Read(ref asked) != before || Next(DateTimeOffset.MaxValue) is not { } next) continue;
            lock (gate) now = next.DueAt > now + Jump ? now + Jump : next.DueAt > now ? next.DueAt : now;
            while (Next(now) is { } due) due.Ring();
        }
    }

    Timer? Next(DateTimeOffset until)
    {
        lock (gate)
            return timers.Where(t => t.DueAt <= until && t.DueAt < DateTimeOffset.MaxValue).MinBy(t => t.DueAt);
    }

    sealed class Timer(QuickTime time, Action ring) : ITimer
    {
        TimeSpan every = Timeout.InfiniteTimeSpan;

        public DateTimeOffset DueAt { get; private set; } = DateTimeOffset.MaxValue;

        public void Ring()
        {
            lock (time.gate) DueAt = every > TimeSpan.Zero ? time.now + every : DateTimeOffset.MaxValue;
            ring();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref time.asked);
            lock (time.gate)
            {
                every = period;
                DueAt = dueTime < TimeSpan.Zero ? DateTimeOffset.MaxValue : time.now + dueTime;
                time.timers.Add(this);
            }
            return true;
        }

        public void Dispose()
        {
            lock (time.gate) time.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
