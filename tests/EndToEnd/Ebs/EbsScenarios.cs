using Octavo.Api;
using Octavo.EndToEnd.Kills;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Ebs;

/// <summary>One snapshot for a request that was acknowledged, one or none for another, and the volume stays what it was.</summary>
sealed class EbsSnapshotScenario(EbsKillSite site) : KillScenario
{
    Volume volume = null!;

    public override async Task PrepareAsync(NativeClient client) => volume = await site.VolumeAsync(client);

    public override async Task<Operation> ActAsync(NativeClient client) => (await client.SnapshotAsync(volume.Id)).Operation;

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        var snapshot = OneIf(isAcknowledged, await client.SnapshotsAsync());
        var taken = site.Region.Snapshots.Where(s => s.VolumeId == volume.ProviderVolumeId).ToList();
        site.Done("CreateSnapshot", volume.ProviderVolumeId!).ShouldBe(snapshot is null ? 0 : 1, "snapshots taken at AWS");
        snapshot?.State.ShouldBe("completed", snapshot.StateReason);
        snapshot?.ProviderSnapshotId.ShouldBe(taken.ShouldHaveSingleItem().Id);
        (await client.VolumesAsync()).ShouldContain(v => v.Id == volume.Id && v.State == "available");
        site.Region.Volumes.ShouldContain(v => v.Id == volume.ProviderVolumeId);
    }
}

/// <summary>Gone here and there, or here and there still; and no operation calls failed what happened.</summary>
sealed class EbsDeleteScenario(EbsKillSite site) : KillScenario
{
    Volume volume = null!, neighbour = null!;

    public override async Task PrepareAsync(NativeClient client)
    {
        volume = await site.VolumeAsync(client);
        neighbour = await site.VolumeAsync(client);
    }

    public override async Task<Operation> ActAsync(NativeClient client) => (await client.DeleteVolumeAsync(volume.Id)).Operation;

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        var left = await client.VolumesAsync();
        var isListed = left.Any(v => v.Id == volume.Id);
        if (isAcknowledged) isListed.ShouldBeFalse("what was acknowledged as deleted is gone");
        site.Region.Volumes.Any(v => v.Id == volume.ProviderVolumeId).ShouldBe(isListed, "it is at AWS where it is listed and only there");
        site.Done("DeleteVolume", volume.ProviderVolumeId!).ShouldBe(isListed ? 0 : 1, "deletions at AWS");
        var operations = await client.Api.ListOperationsAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        operations.Where(o => o.VolumeId == volume.Id).ShouldAllBe(o => o.State == "succeeded");
        left.ShouldContain(v => v.Id == neighbour.Id && v.State == "available");
        site.Region.Volumes.ShouldContain(v => v.Id == neighbour.ProviderVolumeId);
    }
}
