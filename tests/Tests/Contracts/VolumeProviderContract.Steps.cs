using Octavo.Core;

namespace Octavo.Tests.Contracts;

/// <summary>The steps that the contract's tests are made of.</summary>
public abstract partial class VolumeProviderContract
{
    static readonly ProviderVolumeId NoVolume = new("vol-00000000000000000");
    static readonly ProviderSnapshotId NoSnapshot = new("snap-00000000000000000");

    protected async Task<ProviderVolume> CreateAsync(OperationId? operation = null, ByteSize? size = null) =>
        await WholeAsync(await Provider.CreateVolumeAsync(
            Cell, new VolumeSpec(size ?? Size, Zone, null), operation ?? OperationId.New(), Cancellation));

    protected async Task<ProviderSnapshot> SnapshotAsync(ProviderVolumeId volume, OperationId? operation = null) =>
        await WholeAsync(await TakeAsync(volume, operation));

    /// <summary>Asks for a snapshot as the operation runner does: where the provider asks to wait, it comes back.</summary>
    protected async Task<ProviderSnapshot> TakeAsync(ProviderVolumeId volume, OperationId? operation = null)
    {
        var id = operation ?? OperationId.New();
        while (true)
        {
            try
            {
                return await Provider.CreateSnapshotAsync(Cell, volume, id, mayBeTaken: operation is not null, Cancellation);
            }
            catch (VolumeException e) when (e.RetryAfter is { } wait)
            {
                await Task.Delay(wait, Subject.Time, Cancellation);
            }
        }
    }

    /// <summary>Deletes a volume and follows it to its end.</summary>
    protected async Task DeleteAsync(ProviderVolumeId volume)
    {
        var operation = OperationId.New();
        await UntilAsync(() => Provider.DeleteVolumeAsync(Cell, volume, operation, Cancellation), isGone => isGone);
    }

    protected async Task<ProviderVolume> RestoreAsync(
        ProviderSnapshotId snapshot, ByteSize? size = null, OperationId? operation = null) =>
        await WholeAsync(await Provider.CreateVolumeAsync(
            Cell, new VolumeSpec(size, Zone, snapshot), operation ?? OperationId.New(), Cancellation));

    Task<ProviderVolume> WholeAsync(ProviderVolume made) =>
        UntilAsync(() => Provider.GetVolumeAsync(Cell, made.Id, Cancellation), v => v.State != VolumeState.Creating);

    Task<ProviderSnapshot> WholeAsync(ProviderSnapshot taken) =>
        UntilAsync(() => Provider.GetSnapshotAsync(Cell, taken.Id, Cancellation), s => s.State != SnapshotState.Pending);

    protected Task<List<ProviderVolume>> VolumesAsync(int pageSize = 1000, string? from = null) =>
        AllAsync(page => Provider.ListVolumesAsync(Cell, page, Cancellation), pageSize, from);

    protected Task<List<ProviderSnapshot>> SnapshotsAsync(int pageSize = 1000) =>
        AllAsync(page => Provider.ListSnapshotsAsync(Cell, page, Cancellation), pageSize);

    protected static async Task<VolumeException> ShouldFailAsync(ErrorCode code, Task call)
    {
        var failure = await Should.ThrowAsync<VolumeException>(call);
        failure.Code.ShouldBe(code, failure.Message);
        return failure;
    }

    protected static async Task<List<T>> TenTimesAsync<T>(Func<Task<T>> call)
    {
        var results = new List<T>();
        for (var i = 0; i < Repeats; i++) results.Add(await call());
        return results;
    }

    static async Task<List<T>> AllAsync<T>(
        Func<PageRequest, Task<ProviderPage<T>>> list, int pageSize, string? from = null)
    {
        var all = new List<T>();
        var token = from;
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

    protected async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> isDone)
    {
        var began = Subject.Time.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (isDone(answer)) return answer;
            Subject.Time.GetElapsedTime(began).ShouldBeLessThan(Patience, $"still {answer}");
            await Task.Delay(Provider.Capabilities.LongestPoll / 50, Subject.Time, Cancellation);
        }
    }
}
