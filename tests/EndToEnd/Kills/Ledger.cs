using System.Collections.Concurrent;
using System.Globalization;
using Octavo.Api;
using Octavo.EndToEnd.Support;
using Octavo.Tests.Support;

namespace Octavo.EndToEnd.Kills;

/// <summary>
/// Clients at work, and what they were told. A volume's name is its seed, so its bytes are known wherever it turns up. What was
/// never answered may have happened or not, but whole or not at all.
/// </summary>
sealed class Ledger
{
    const int ImageBytes = 2 << 20;

    readonly ConcurrentDictionary<string, int> volumes = new();
    readonly ConcurrentDictionary<string, int> snapshots = new();
    readonly ConcurrentDictionary<string, bool> asked = new();
    readonly ConcurrentDictionary<string, bool> deleted = new();
    int seeds;
    int acknowledged;

    /// <summary>Changes that were answered with success.</summary>
    public int Acknowledged => acknowledged;

    /// <summary>One client: imports, snapshots, restores and deletes until the server dies.</summary>
    public async Task WorkAsync(NativeClient client)
    {
        try
        {
            while (true)
            {
                var seed = Interlocked.Increment(ref seeds);
                var image = await DoneAsync(client.ImportAsync(Name(seed), Image.Make(seed, ImageBytes)), a => volumes[a.Volume.Id] = seed);
                await client.SucceededAsync(image.Operation);
                var snapshot = await DoneAsync(client.SnapshotAsync(image.Volume.Id), a => snapshots[a.Snapshot.Id] = seed);
                await client.SucceededAsync(snapshot.Operation);
                var restored = await DoneAsync(client.RestoreAsync(snapshot.Snapshot.Id, Name(seed)), a => volumes[a.Volume.Id] = seed);
                await DeleteAsync(image.Volume.Id, client.DeleteVolumeAsync);
                await client.SucceededAsync(restored.Operation);
                if (seed % 2 == 0) await DeleteAsync(snapshot.Snapshot.Id, client.DeleteSnapshotAsync);
                if (seed % 3 != 0) await DeleteAsync(restored.Volume.Id, client.DeleteVolumeAsync);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // It died.
        }
    }

    async Task<T> DoneAsync<T>(Task<T> call, Action<T> note)
    {
        var answer = await call;
        note(answer);
        Interlocked.Increment(ref acknowledged);
        return answer;
    }

    async Task DeleteAsync(string id, Func<string, Task<OperationAccepted>> delete)
    {
        asked[id] = true;
        await DoneAsync(delete(id), _ => deleted[id] = true);
    }

    /// <summary>Compares what is there with what was told.</summary>
    public async Task VerifyAsync(NativeClient client)
    {
        var listedVolumes = (await client.VolumesAsync()).ToDictionary(v => v.Id);
        var listedSnapshots = (await client.SnapshotsAsync()).ToDictionary(s => s.Id);
        volumes.Keys.Where(IsKept).Where(id => !listedVolumes.ContainsKey(id)).ShouldBeEmpty("volumes that were acknowledged are gone");
        snapshots.Keys.Where(IsKept).Where(id => !listedSnapshots.ContainsKey(id)).ShouldBeEmpty("snapshots that were acknowledged are gone");
        deleted.Keys.Where(id => listedVolumes.ContainsKey(id) || listedSnapshots.ContainsKey(id)).ShouldBeEmpty("deleted things are back");
        foreach (var volume in listedVolumes.Values)
        {
            volume.State.ShouldBe("available", volume.StateReason);
            (await client.ExportVolumeAsync(volume.Id)).ShouldBeBytes(Image.Make(SeedOf(volume.Name), ImageBytes));
        }
        foreach (var snapshot in listedSnapshots.Values)
        {
            snapshot.State.ShouldBe("completed", snapshot.StateReason);
            var bytes = await client.ExportSnapshotAsync(snapshot.Id);
            if (snapshots.TryGetValue(snapshot.Id, out var seed)) bytes.ShouldBeBytes(Image.Make(seed, ImageBytes));
        }
    }

    /// <summary>Everything was deleted by somebody else.</summary>
    public void AllDeleted()
    {
        foreach (var id in volumes.Keys.Concat(snapshots.Keys)) asked[id] = deleted[id] = true;
        volumes.Clear();
        snapshots.Clear();
    }

    bool IsKept(string id) => !asked.ContainsKey(id);

    static string Name(int seed) => seed.ToString(CultureInfo.InvariantCulture);

    static int SeedOf(string name) => int.Parse(name, CultureInfo.InvariantCulture);
}
