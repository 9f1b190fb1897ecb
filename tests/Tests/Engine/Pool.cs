using Octavo.Engine;
using Octavo.Engine.Io;

namespace Octavo.Tests.Engine;

/// <summary>An engine on a pool of its own, on the real disk, removed afterwards.</summary>
sealed class Pool : IAsyncDisposable
{
    public const int Block = PoolFormat.BlockBytes;

    int ids;

    Pool(string folder) => Folder = folder;

    public string Folder { get; }

    public BlockEngine Engine { get; private set; } = null!;

    public List<string> Warnings { get; } = [];

    public static async Task<Pool> NewAsync()
    {
        var pool = new Pool(Directory.CreateTempSubdirectory("octavo-engine-").FullName);
        await pool.OpenAsync();
        return pool;
    }

    public async Task OpenAsync() =>
        Engine = await BlockEngine.OpenAsync(
            Folder, new EngineOptions(TimeProvider.System, w => { lock (Warnings) Warnings.Add(w); }), CancellationToken.None);

    public async Task ReopenAsync()
    {
        await Engine.DisposeAsync();
        await OpenAsync();
    }

    public string NewVolumeId() => $"vol-{Interlocked.Increment(ref ids):x17}";

    public string NewSnapshotId() => $"snap-{Interlocked.Increment(ref ids):x17}";

    /// <summary>A volume with these bytes.</summary>
    public async Task<string> VolumeAsync(byte[] content)
    {
        var id = NewVolumeId();
        await Engine.ImportVolumeAsync(id, "tag-" + id, new MemoryStream(content), content.Length, null, CancellationToken.None);
        return id;
    }

    /// <summary>A snapshot, completed or in error.</summary>
    public async Task<EngineSnapshot> SnapshotAsync(string volume)
    {
        var id = NewSnapshotId();
        await Engine.BeginSnapshotAsync(id, "tag-" + id, volume, CancellationToken.None);
        await Engine.WhenIdleAsync();
        return Engine.FindSnapshot(id)!;
    }

    public string ImageOf(string volume) => Path.Combine(Folder, "volumes", volume, "data");

    /// <summary>Writes into a volume's image as another program would.</summary>
    public void Write(string volume, long offset, byte[] bytes)
    {
        using var image = new FileStream(ImageOf(volume), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        image.Position = offset;
        image.Write(bytes);
    }

    public byte[] BytesOfVolume(string volume) => ReadAll(Engine.OpenVolume(volume));

    public byte[] BytesOfSnapshot(string snapshot) => ReadAll(Engine.OpenSnapshot(snapshot));

    /// <summary>What the pool takes on the disk, its volumes left out.</summary>
    public long StoredBytes() =>
        Directory.EnumerateFiles(Path.Combine(Folder, "segments")).Sum(file => Libc.Stat(file)!.Value.AllocatedBytes);

    public async Task ShouldBeCleanAsync() =>
        (await Engine.CheckAsync(repair: false, null, CancellationToken.None)).ShouldBeEmpty();

    /// <summary>Bytes that do not compress; the same for the same seed.</summary>
    public static byte[] Noise(int length, int seed)
    {
        var state = (ulong)seed * 0x9E3779B97F4A7C15 + 1;
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes[i] = (byte)(state >> 32);
        }
        return bytes;
    }

    static byte[] ReadAll(Stream stream)
    {
        using (stream)
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            stream.ReadByte().ShouldBe(-1);
            return bytes;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
