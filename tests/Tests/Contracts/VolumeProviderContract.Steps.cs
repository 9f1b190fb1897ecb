using Octavo.Core;

namespace Octavo.Tests.Contracts;

/// <summary>The steps that the contract's tests are made of.</summary>
public abstract partial class VolumeProviderContract
{
    static readonly ProviderVolumeId NoVolume = new("vol-00000000000000000");
    static readonly ProviderSnapshotId NoSnapshot = new("snap-00000000000000000");

    /// <summary>A disk image of <see cref="Size"/> that differs by seed: blocks of noise, of one byte and of zeros.</summary>
    protected static byte[] Bytes(int seed)
    {
        const int block = 64 << 10;
        var bytes = new byte[Size.Bytes];
#pragma warning disable RS0030 // The seed is named.
        var random = new Random(seed);
#pragma warning restore RS0030
        for (var start = 0; start < bytes.Length; start += block)
            switch (random.Next(3))
            {
                case 0:
                    random.NextBytes(bytes.AsSpan(start, block));
                    break;
                case 1:
                    bytes.AsSpan(start, block).Fill((byte)random.Next(1, 256));
                    break;
            }
        return bytes;
    }

    protected async Task<ProviderVolume> CreateAsync(OperationId? operation = null, ByteSize? size = null) =>
        await WholeAsync(await Provider.CreateVolumeAsync(
            Cell, new VolumeSpec(size ?? Size, Zone, null), operation ?? OperationId.New(), Cancellation));

    protected async Task<ProviderVolume> ImportAsync(byte[] image, OperationId? operation = null) =>
        await Provider.ImportVolumeAsync(Cell, new ImageSource.Upload(new MemoryStream(image), image.Length),
            operation ?? OperationId.New(), new Progress<double>(), Cancellation);

    protected async Task<ProviderSnapshot> SnapshotAsync(ProviderVolumeId volume, OperationId? operation = null)
    {
        var taken = await Provider.CreateSnapshotAsync(Cell, volume, operation ?? OperationId.New(), mayBeTaken: true, Cancellation);
        return await UntilAsync(() => Provider.GetSnapshotAsync(Cell, taken.Id, Cancellation), s => s.State != SnapshotState.Pending);
    }

    protected async Task<ProviderVolume> RestoreAsync(
        ProviderSnapshotId snapshot, ByteSize? size = null, OperationId? operation = null) =>
        await WholeAsync(await Provider.CreateVolumeAsync(
            Cell, new VolumeSpec(size, Zone, snapshot), operation ?? OperationId.New(), Cancellation));

    Task<ProviderVolume> WholeAsync(ProviderVolume made) =>
        UntilAsync(() => Provider.GetVolumeAsync(Cell, made.Id, Cancellation), v => v.State != VolumeState.Creating);

    protected async Task<byte[]> ExportAsync(ProviderVolumeId volume) =>
        await ReadAsync(await Provider.ExportVolumeAsync(Cell, volume, Cancellation));

    protected Task<List<ProviderVolume>> VolumesAsync(int pageSize = 1000) =>
        AllAsync(page => Provider.ListVolumesAsync(Cell, page, Cancellation), pageSize);

    protected Task<List<ProviderSnapshot>> SnapshotsAsync(int pageSize = 1000) =>
        AllAsync(page => Provider.ListSnapshotsAsync(Cell, page, Cancellation), pageSize);

    protected static async Task<VolumeException> ShouldFailAsync(ErrorCode code, Task call)
    {
        var failure = await Should.ThrowAsync<VolumeException>(call);
        failure.Code.ShouldBe(code, failure.Message);
        return failure;
    }

    static async Task<byte[]> ReadAsync(Stream stream)
    {
        await using (stream)
        {
            var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, Cancellation);
            bytes.Length.ShouldBe(stream.Length);
            return bytes.ToArray();
        }
    }

    static async Task<List<T>> TenTimesAsync<T>(Func<Task<T>> call)
    {
        var results = new List<T>();
        for (var i = 0; i < Repeats; i++) results.Add(await call());
        return results;
    }

    static async Task<List<T>> AllAsync<T>(Func<PageRequest, Task<ProviderPage<T>>> list, int pageSize)
    {
        var all = new List<T>();
        string? token = null;
        do
        {
            var page = await list(new PageRequest(pageSize, token));
            page.Items.Count.ShouldBeLessThanOrEqualTo(pageSize);
            all.AddRange(page.Items);
            all.Count.ShouldBeLessThan(10_000, "the pages do not end");
            token = page.NextToken;
        }
        while (token is not null);
        return all;
    }

    static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> isDone)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isDone(answer)) return answer;
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Patience, $"still {answer}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }
    }
}
