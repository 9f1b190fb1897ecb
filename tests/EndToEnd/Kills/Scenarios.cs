using Octavo.Api;
using Octavo.EndToEnd.Attached;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Kills;

sealed class CreateScenario : KillScenario
{
    const long SizeGib = 1;

    public override async Task<Operation> ActAsync(NativeClient client) => (await client.CreateAsync("made", SizeGib)).Operation;

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        if (OneIf(isAcknowledged, await client.VolumesAsync()) is not { } volume) return;
        volume.Name.ShouldBe("made");
        volume.State.ShouldBe("available", volume.StateReason);
        volume.SizeBytes.ShouldBe(SizeGib << 30);
        var data = new FileInfo(Path.Combine(server.Pool, "volumes", volume.ProviderVolumeId!, "data"));
        data.Length.ShouldBe(SizeGib << 30);
    }
}

sealed class ImportScenario : KillScenario
{
    const int Seed = 11;

    public override async Task<Operation> ActAsync(NativeClient client) =>
        (await client.ImportAsync("imported", Image.Make(Seed, ImageBytes))).Operation;

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        if (OneIf(isAcknowledged, await client.VolumesAsync()) is { } volume) await ShouldBeWholeAsync(client, volume, Seed);
    }
}

sealed class SnapshotScenario : KillScenario
{
    const int Seed = 21;
    Volume volume = null!;

    public override async Task PrepareAsync(NativeClient client) => volume = await ImportAsync(client, Seed);

    public override async Task<Operation> ActAsync(NativeClient client) => (await client.SnapshotAsync(volume.Id)).Operation;

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        if (OneIf(isAcknowledged, await client.SnapshotsAsync()) is { } snapshot) await ShouldBeWholeAsync(client, snapshot, Seed);
        await ShouldBeWholeAsync(client, (await client.VolumesAsync()).ShouldHaveSingleItem(), Seed);
    }
}

sealed class SnapshotSetScenario : KillScenario
{
    const int Seed = 26;
    readonly List<Volume> volumes = [];
    NbdClient writer = null!;

    public override async Task PrepareAsync(NativeClient client)
    {
        for (var i = 0; i < 3; i++) volumes.Add(await ImportAsync(client, Seed + i));
        // One that the engine writes, beside two that it does not.
        writer = await NbdClient.ConnectAsync(await client.AttachedAsync(volumes[0].Id));
        await writer.WriteAsync(Image.Make(Seed, ImageBytes).AsMemory(0, 4096), 0, isForced: false);
    }

    public override async Task<Operation> ActAsync(NativeClient client) => await client.SnapshotTogetherAsync([.. volumes.Select(v => v.Id)]);

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        var found = await client.SnapshotsAsync();
        if (isAcknowledged) found.Count.ShouldBe(3, "what was acknowledged is there");
        else found.Count.ShouldBeOneOf(0, 3);
        found.Select(s => s.StartedAt).Distinct().Count().ShouldBeLessThanOrEqualTo(1);
        for (var i = 0; i < found.Count; i++)
            await ShouldBeWholeAsync(client, found.Single(s => s.ProviderVolumeId == volumes[i].ProviderVolumeId), Seed + i);
        await writer.DisposeAsync();
        await client.DetachAllAsync();
    }
}

sealed class RestoreScenario : KillScenario
{
    const int Seed = 31;
    Snapshot snapshot = null!;

    public override async Task PrepareAsync(NativeClient client) =>
        snapshot = await client.SnapshottedAsync((await ImportAsync(client, Seed)).Id);

    public override async Task<Operation> ActAsync(NativeClient client) => (await client.RestoreAsync(snapshot.Id, "restored")).Operation;

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        if (OneIf(isAcknowledged, (await client.VolumesAsync()).Where(v => v.Name == "restored")) is { } restored)
            await ShouldBeWholeAsync(client, restored, Seed);
        await ShouldBeWholeAsync(client, (await client.SnapshotsAsync()).ShouldHaveSingleItem(), Seed);
    }
}

sealed class DeleteVolumeScenario : KillScenario
{
    const int Seed = 41;
    Volume volume = null!;

    public override async Task PrepareAsync(NativeClient client)
    {
        volume = await ImportAsync(client, Seed);
        await client.SnapshottedAsync(volume.Id);
    }

    public override async Task<Operation> ActAsync(NativeClient client) => (await client.DeleteVolumeAsync(volume.Id)).Operation;

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        var left = await client.VolumesAsync();
        if (isAcknowledged) left.ShouldBeEmpty("what was acknowledged as deleted is gone");
        foreach (var still in left) await ShouldBeWholeAsync(client, still, Seed);
        await ShouldBeWholeAsync(client, (await client.SnapshotsAsync()).ShouldHaveSingleItem(), Seed);
    }
}

/// <summary>The volume goes only when its own snapshot is whole.</summary>
sealed class FinalSnapshotScenario : KillScenario
{
    const int Seed = 61;
    Volume volume = null!;

    public override async Task PrepareAsync(NativeClient client) => volume = await ImportAsync(client, Seed);

    public override async Task<Operation> ActAsync(NativeClient client) =>
        (await client.Api.DeleteVolumeAsync(volume.Id, finalSnapshot: true, purge: true, TestContext.Current.CancellationToken)).Operation;

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        var left = await client.VolumesAsync();
        if (isAcknowledged) left.ShouldBeEmpty("what was acknowledged as deleted is gone");
        foreach (var still in left) await ShouldBeWholeAsync(client, still, Seed);
        var snapshot = OneIf(left.Count == 0, await client.SnapshotsAsync());
        if (snapshot is not null) await ShouldBeWholeAsync(client, snapshot, Seed);
    }
}

/// <summary>A volume that was deleted is brought back.</summary>
sealed class UndeleteScenario : KillScenario
{
    const int Seed = 71;
    Volume volume = null!;

    public override async Task PrepareAsync(NativeClient client)
    {
        volume = await ImportAsync(client, Seed);
        var deletion = await client.Api.DeleteVolumeAsync(volume.Id, finalSnapshot: false, purge: false, TestContext.Current.CancellationToken);
        await client.SucceededAsync(deletion.Operation);
    }

    public override async Task<Operation> ActAsync(NativeClient client) =>
        (await client.Api.UndeleteVolumeAsync(volume.Id, TestContext.Current.CancellationToken)).Operation;

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        if (OneIf(isAcknowledged, await client.VolumesAsync()) is null)
        {
            (await client.Api.GetVolumeAsync(volume.Id, TestContext.Current.CancellationToken)).RestorableUntil.ShouldNotBeNull();
            await client.SucceededAsync(await ActAsync(client));
        }
        await ShouldBeWholeAsync(client, (await client.VolumesAsync()).ShouldHaveSingleItem(), Seed);
    }
}

/// <summary>The snapshot that stays shares half of its blocks with the one that goes.</summary>
sealed class DeleteSnapshotScenario : KillScenario
{
    const int Goes = 51, Stays = 52;
    Snapshot goes = null!, stays = null!;

    public override async Task PrepareAsync(NativeClient client)
    {
        goes = await client.SnapshottedAsync((await ImportAsync(client, Goes)).Id);
        stays = await client.SnapshottedAsync((await ImportAsync(client, Stays)).Id);
    }

    public override async Task<Operation> ActAsync(NativeClient client) => (await client.DeleteSnapshotAsync(goes.Id)).Operation;

    public override async Task VerifyAsync(ServerProcess server, NativeClient client, bool isAcknowledged)
    {
        var left = await client.SnapshotsAsync();
        if (isAcknowledged) left.ShouldNotContain(s => s.Id == goes.Id, "what was acknowledged as deleted is gone");
        foreach (var still in left.Where(s => s.Id == goes.Id)) await ShouldBeWholeAsync(client, still, Goes);
        await ShouldBeWholeAsync(client, left.Single(s => s.Id == stays.Id), Stays);
    }
}
