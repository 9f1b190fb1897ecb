// What a snapshot of a volume costs while the volume is written, and how soon a restored one can be read: through the engine itself, without a network.
// Usage: Octavo.Live [SNAPSHOTS] [SECONDS] [PART]; a part is instants, restores or rate. Works in TMPDIR.
using System.Diagnostics;
using System.Globalization;
using Octavo.Engine;

const int Piece = 4096;
const long GiB = 1L << 30;
// Four writers to a volume that they fill evenly would make the disk what is measured: they write to this much of it.
const long Span = 1 * GiB;
var snapshots = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100;
var seconds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5;
var part = args.Length > 2 ? args[2] : null;
var never = CancellationToken.None;
var folder = Directory.CreateTempSubdirectory("octavo-live-").FullName;
var ids = 0;
Console.WriteLine("| volume | what | median | 99th percentile | largest |");
Console.WriteLine("|---|---|---|---|---|");
try
{
    if (part is null or "instants")
        foreach (var size in new[] { 1 * GiB, 1024 * GiB, 8192 * GiB }) await InstantsAsync(size);
    if (part is null or "restores") await RestoresAsync();
    if (part is null or "rate") await RateAsync();
}
finally
{
    Directory.Delete(folder, recursive: true);
}

async Task InstantsAsync(long size)
{
    await using var engine = await NewAsync();
    var volume = Id("vol");
    await engine.CreateVolumeAsync(volume, "bench", size, never);
    using var device = engine.OpenVolumeDevice(volume, isReadOnly: false);
    using var load = new Load(device, size);
    var calls = new List<double>();
    var pauses = new List<double>();
    var pending = new Queue<string>();
    for (var i = 0; i < snapshots; i++)
    {
        var id = Id("snap");
        var start = Stopwatch.GetTimestamp();
        await engine.BeginSnapshotAsync(id, "bench", volume, never);
        calls.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        pauses.Add((engine.FindSnapshot(id)!.StartedAt - load.Now(start)).TotalMilliseconds);
        pending.Enqueue(id);
        while (pending.Count > 3) await engine.DeleteSnapshotAsync(pending.Dequeue(), never);
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
    }
    Row(Name(size), "call to instant, ms", pauses);
    Row(Name(size), "call to its durable answer, ms", calls);
}

async Task RestoresAsync()
{
    await using var engine = await NewAsync();
    foreach (var size in new[] { 1 * GiB, 1024 * GiB })
    {
        var (volume, snapshot) = (Id("vol"), Id("snap"));
        await engine.CreateVolumeAsync(volume, "bench", size, never);
        using (var device = engine.OpenVolumeDevice(volume, isReadOnly: false))
        {
            var noise = new byte[1 << 20];
            for (var at = 0L; at < 512; at++)
            {
                System.Security.Cryptography.RandomNumberGenerator.Fill(noise);
                device.Write(noise, at * (size / 512), isDurable: false);
            }
        }
        await engine.BeginSnapshotAsync(snapshot, "bench", volume, never);
        while (engine.FindSnapshot(snapshot)!.State == EngineSnapshotState.Pending) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        var times = new List<double>();
        var buffer = new byte[Piece];
        for (var i = 0; i < 50; i++)
        {
            var restored = Id("vol");
            var start = Stopwatch.GetTimestamp();
            await engine.RestoreVolumeAsync(restored, "bench", snapshot, null, never);
            using (var device = engine.OpenVolumeDevice(restored, isReadOnly: false)) device.Read(buffer, size / 512 * 300);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            await engine.DeleteVolumeAsync(restored, never);
        }
        Row(Name(size), "restore to first read of 4 KiB, ms", times);
    }
}

async Task RateAsync()
{
    await using var engine = await NewAsync();
    var volume = Id("vol");
    await engine.CreateVolumeAsync(volume, "bench", Span, never);
    using var device = engine.OpenVolumeDevice(volume, isReadOnly: false);
    var block = new byte[1 << 20];
    for (var at = 0L; at < Span; at += block.Length)
    {
        System.Security.Cryptography.RandomNumberGenerator.Fill(block);
        device.Write(block, at, isDurable: false);
    }
    device.Flush();
    var (calm, during, first) = (new List<double>(), new List<double>(), new List<double>());
    using var load = new Load(device, Span);
    for (var round = 0; round < 5; round++)
    {
        await RateOfAsync(load, 1);
        calm.Add(await RateOfAsync(load, seconds));
        await engine.BeginSnapshotAsync(Id("snap"), "bench", volume, never);
        first.Add(await RateOfAsync(load, 1));
        during.Add(await RateOfAsync(load, seconds));
        while (engine.ListSnapshots().Any(s => s.State == EngineSnapshotState.Pending)) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        foreach (var snapshot in engine.ListSnapshots()) await engine.DeleteSnapshotAsync(snapshot.Id, never);
    }
    Row(Name(Span), "4 KiB writes a second, undisturbed", calm);
    Row(Name(Span), "the first second of a snapshot, as a part of that", [.. first.Zip(calm, (a, b) => a / b)]);
    Row(Name(Span), "the seconds after it, as a part of that", [.. during.Zip(calm, (a, b) => a / b)]);
}

static async Task<double> RateOfAsync(Load load, int seconds)
{
    var (start, before) = (Stopwatch.GetTimestamp(), load.Done);
    await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
    return (load.Done - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
}

async Task<BlockEngine> NewAsync() =>
    await BlockEngine.OpenAsync(Directory.CreateDirectory(Path.Combine(folder, Id("pool"))).FullName, new EngineOptions(TimeProvider.System, Console.Error.WriteLine), never);

string Id(string prefix) => $"{prefix}-{Interlocked.Increment(ref ids):x8}";

static string Name(long size) => size >= 1024 * GiB ? $"{size / (1024 * GiB)} TiB" : $"{size / GiB} GiB";

static void Row(string volume, string what, List<double> values)
{
    values.Sort();
    string At(double part) => values[Math.Min(values.Count - 1, (int)(part * values.Count))].ToString(values[^1] > 1000 ? "F0" : "F2", CultureInfo.InvariantCulture);
    Console.WriteLine($"| {volume} | {what} | {At(0.5)} | {At(0.99)} | {At(1)} |");
}

/// <summary>Threads that write 4 KiB pieces in an order by chance, as fast as they can.</summary>
sealed class Load : IDisposable
{
    readonly long[] done = new long[Writers * 16];
    readonly Thread[] threads;
    readonly (long Timestamp, DateTimeOffset At) origin = (Stopwatch.GetTimestamp(), TimeProvider.System.GetUtcNow());
    volatile bool isOver;

    const int Writers = 4;

    public Load(IBlockDevice device, long size)
    {
        threads = [.. Enumerable.Range(0, Writers).Select(writer => new Thread(() => Run(device, size, writer)))];
        foreach (var thread in threads) thread.Start();
    }

    public long Done => Enumerable.Range(0, Writers).Sum(writer => Volatile.Read(ref done[writer * 16]));

    public DateTimeOffset Now(long timestamp) => origin.At + Stopwatch.GetElapsedTime(origin.Timestamp, timestamp);

    public void Dispose()
    {
        isOver = true;
        foreach (var thread in threads) thread.Join();
    }

    void Run(IBlockDevice device, long size, int writer)
    {
        var state = (ulong)writer * 0x9E3779B97F4A7C15 + 88172645463325252;
        var bytes = new byte[4096];
        // As many places as a GiB has, wherever they lie.
        var places = 1L << 18;
        var stride = size / places / 4096 * 4096;
        while (!isOver)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            BitConverter.TryWriteBytes(bytes, state);
            device.Write(bytes, (long)(state % (ulong)places) * stride, isDurable: false);
            Volatile.Write(ref done[writer * 16], done[writer * 16] + 1);
        }
    }
}
