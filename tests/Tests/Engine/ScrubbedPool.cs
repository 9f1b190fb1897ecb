using Octavo.Engine;
using Octavo.Engine.Io;
using Octavo.Engine.Segments;

namespace Octavo.Tests.Engine;

/// <summary>An engine on a disk in memory whose blocks a test damages, under a clock whose waits end at once and move it by as much.</summary>
sealed class ScrubbedPool : IAsyncDisposable
{
    public const string Segment = "segments/00000001";

    /// <summary>What a whole block takes in a segment that cannot be compressed: a header, the block, and the rest of the page.</summary>
    public const long WholeRecord = Pool.Block + 4096;

    static readonly CancellationToken Never = CancellationToken.None;

    public SimulatedDisk Disk { get; } = new();

    public LeapingTime Time { get; } = new();

    public List<string> Warnings { get; } = [];

    public BlockEngine Engine { get; private set; } = null!;

    public static async Task<ScrubbedPool> NewAsync()
    {
        var pool = new ScrubbedPool();
        await pool.OpenAsync();
        return pool;
    }

    public async Task ReopenAsync()
    {
        await Engine.DisposeAsync();
        Warnings.Clear();
        await OpenAsync();
    }

    /// <summary>A volume with these bytes.</summary>
    public Task VolumeAsync(string id, byte[] content) =>
        Engine.ImportVolumeAsync(id, "t", new MemoryStream(content), content.Length, null, Never);

    /// <summary>A completed snapshot.</summary>
    public async Task SnapshotAsync(string id, string volume)
    {
        await Engine.BeginSnapshotAsync(id, "t", volume, Never);
        await Engine.WhenIdleAsync();
        Engine.FindSnapshot(id)!.State.ShouldBe(EngineSnapshotState.Completed);
    }

    /// <summary>A pass over everything, or the rest of one, at a rate.</summary>
    public Task ScrubAsync(long bytesPerSecond = 1 << 30) => ScrubUntilAsync(bytesPerSecond, Never);

    /// <summary>The same, until it is stopped.</summary>
    public Task ScrubUntilAsync(long bytesPerSecond, CancellationToken stopped) =>
        Engine.ScrubAsync(new EngineScrub(bytesPerSecond, TimeSpan.FromDays(7)), stopped);

    public string? ReasonOf(string snapshot) => Engine.FindSnapshot(snapshot)!.Reason;

    public byte[] Read(string snapshot)
    {
        using var stream = Engine.OpenSnapshot(snapshot);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Writes into a volume's image as another program would.</summary>
    public void Overwrite(string volume, long offset, byte[] bytes)
    {
        using var image = Disk.OpenWrite($"volumes/{volume}/data");
        image.Write(bytes, offset);
    }

    /// <summary>Flips a byte of the stored block that has these plain bytes.</summary>
    public void Damage(ReadOnlySpan<byte> plain)
    {
        var (offset, _, file) = Find(plain);
        var at = offset + RecordHeader.Length + 1000;
        var one = new byte[1];
        file.ReadFully(one, at);
        file.Write([(byte)~one[0]], at);
    }

    /// <summary>The same, with a check value that is right again: only the SHA-256 tells.</summary>
    public void Forge(ReadOnlySpan<byte> plain)
    {
        var (offset, header, file) = Find(plain);
        var record = new byte[RecordHeader.Length + header.StoredLength];
        file.ReadFully(record, offset);
        record[RecordHeader.Length + 1000] ^= 1;
        (header with { PayloadCheck = System.IO.Hashing.XxHash3.HashToUInt64(record.AsSpan(RecordHeader.Length)) }).Write(record);
        file.Write(record, offset);
    }

    /// <summary>Makes the stored block one that nothing tells of any more.</summary>
    public void Lose(ReadOnlySpan<byte> plain)
    {
        var (offset, header, file) = Find(plain);
        file.Write(new byte[RecordHeader.Length + header.StoredLength], offset);
    }

    public async Task ShouldBeCleanAsync() => (await Engine.CheckAsync(repair: false, null, Never)).ShouldBeEmpty();

    (long Offset, RecordHeader Header, IDiskFile File) Find(ReadOnlySpan<byte> plain)
    {
        var hash = BlockHash.Of(plain);
        var file = Disk.OpenWrite(Segment);
        var (offset, _, header) = SegmentStore.Scan(file).First(part => part.Header?.Hash == hash);
        return (offset, header!.Value, file);
    }

    async Task OpenAsync() =>
        Engine = await BlockEngine.OpenAsync(Disk, new EngineOptions(Time, warning => { lock (Warnings) Warnings.Add(warning); }), Never);

    public async ValueTask DisposeAsync() => await Engine.DisposeAsync();
}

/// <summary>A clock that nobody waits for: whoever wants to is woken at once, and so much later; or one that stands, and wakes nobody.</summary>
sealed class LeapingTime : TimeProvider
{
    static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000);

    long elapsed;

    public TimeSpan Elapsed => TimeSpan.FromTicks(Interlocked.Read(ref elapsed));

    public bool IsStanding { get; init; }

    /// <summary>Called, before the clock leaps, by whoever waits.</summary>
    public Action? Waiting { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => Start + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime >= TimeSpan.Zero)
        {
            Waiting?.Invoke();
            if (IsStanding) return new Rung();
            Interlocked.Add(ref elapsed, dueTime.Ticks);
            ThreadPool.QueueUserWorkItem(_ => callback(state));
        }
        return new Rung();
    }

    sealed class Rung : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
