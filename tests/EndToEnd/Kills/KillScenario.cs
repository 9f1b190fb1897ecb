using Octavo.Api;
using Octavo.EndToEnd.Support;
using Octavo.Tests.Support;

namespace Octavo.EndToEnd.Kills;

/// <summary>One call in whose midst the server dies, and what must hold afterwards. One instance for each death.</summary>
abstract class KillScenario
{
    protected const int ImageBytes = 4 << 20;

    /// <summary>Makes what the call needs.</summary>
    public virtual Task PrepareAsync(NativeClient client) => Task.CompletedTask;

    /// <summary>The call; ends when it is acknowledged.</summary>
    public abstract Task<Operation> ActAsync(NativeClient client);

    /// <summary>What must hold once the next process has finished what was begun.</summary>
    /// <param name="server">That process.</param>
    /// <param name="client">It, to be asked.</param>
    /// <param name="isAcknowledged">Whether the call was answered with success before the death.</param>
    public abstract Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged);

    protected static Task<Volume> ImportAsync(NativeClient client, int seed) =>
        client.ImportedAsync($"image-{seed}", Image.Make(seed, ImageBytes));

    /// <summary>There if it was acknowledged; not there or whole if it was not.</summary>
    protected static T? OneIf<T>(bool isAcknowledged, IEnumerable<T> found) where T : class
    {
        var all = found.ToList();
        all.Count.ShouldBeLessThanOrEqualTo(1);
        if (isAcknowledged) all.ShouldHaveSingleItem("what was acknowledged is there");
        return all.SingleOrDefault();
    }

    /// <summary>A listed volume has its bytes, all of them.</summary>
    protected static async Task ShouldBeWholeAsync(NativeClient client, Volume volume, int seed)
    {
        volume.State.ShouldBe("available", volume.StateReason);
        (await client.ExportVolumeAsync(volume.Id)).ShouldBeBytes(Image.Make(seed, ImageBytes));
    }

    /// <summary>A listed snapshot has its bytes, all of them: nothing wrote to its volume.</summary>
    protected static async Task ShouldBeWholeAsync(NativeClient client, Snapshot snapshot, int seed)
    {
        snapshot.State.ShouldBe("completed", snapshot.StateReason);
        (await client.ExportSnapshotAsync(snapshot.Id)).ShouldBeBytes(Image.Make(seed, ImageBytes));
    }
}
