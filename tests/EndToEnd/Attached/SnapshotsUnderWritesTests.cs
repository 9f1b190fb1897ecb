using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Attached;

/// <summary>Snapshots of volumes while clients write them, and the service dying in the midst of it: every byte is accounted for.</summary>
public sealed class SnapshotsUnderWritesTests
{
    const int VolumeBytes = 64 << 20;
    const int Blocks = VolumeBytes / 2 / StampedBlocks.Bytes;
    const int Connections = 4;

    static int Snapshots => Support.Build.IsLong ? 100 : 12;

    static int Deaths => Support.Build.IsLong ? 100 : 6;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_snapshot_is_exactly_of_one_instant_of_its_call_while_fio_and_others_write()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"]);
        using var client = new NativeClient(server);
        var volume = await client.ImportedAsync("busy", new byte[VolumeBytes]);
        var export = await client.AttachedAsync(volume.Id);
        var blocks = new StampedBlocks(VolumeBytes / 2, Blocks);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var writing = blocks.WriteAsync(export, Connections, seed: 1, stop.Token);
        var verifying = Shell.RunAsync(
            "fio", "--name=verified", "--ioengine=nbd", $"--uri={export}", "--rw=randwrite", "--bs=4k-64k", "--iodepth=16", $"--size={VolumeBytes / 2}",
            "--verify=crc32c", "--verify_backlog=256", "--loops=100000", "--verify_fatal=1", "--time_based", $"--runtime={(Support.Build.IsLong ? 180 : 8)}");

        var taken = new List<Taken>();
        for (var number = 0; number < Snapshots; number++)
        {
            taken.Add(await TakeAsync(client, volume.Id));
            await Task.Delay(TimeSpan.FromMilliseconds(number * 7919 % 97), TimeProvider.System, Cancellation);
        }
        foreach (var snapshot in taken) await ShouldBeExactAsync(client, blocks, snapshot);
        (await verifying).Succeeded();
        await stop.CancelAsync();
        (await writing).ShouldBeGreaterThan(1000);
        await blocks.ShouldSurviveAsync(export);
        (await client.CheckAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task No_answered_write_and_no_acknowledged_snapshot_is_lost_when_the_service_is_killed_again_and_again()
    {
        using var folder = new TemporaryFolder();
        var server = await ServerProcess.StartAsync(folder["data"]);
        var client = new NativeClient(server);
        try
        {
            var volume = await client.ImportedAsync("killed", new byte[VolumeBytes]);
            var export = await client.AttachedAsync(volume.Id);
            var blocks = new StampedBlocks(VolumeBytes / 2, Blocks);
            for (var death = 0; death < Deaths; death++)
            {
                var writing = blocks.WriteAsync(export, Connections, seed: 100 + death, Cancellation);
                var taken = new List<Taken>();
                for (var number = 0; number < 1 + death % 3; number++)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20 + death * 7919 % 211), TimeProvider.System, Cancellation);
                    var begun = TimeProvider.System.GetTimestamp();
                    taken.Add(new Taken((await client.SnapshotAsync(volume.Id)).Snapshot.Id, begun, long.MaxValue));
                }
                await Task.Delay(TimeSpan.FromMilliseconds(death * 104_729 % 307), TimeProvider.System, Cancellation);
                await server.Kill9Async();
                await writing;

                client.Dispose();
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(folder["data"]);
                client = new NativeClient(server);
                // The attachment is served again, by the same token.
                await blocks.ShouldSurviveAsync(export);
                foreach (var snapshot in taken) await ShouldBeExactAsync(client, blocks, snapshot);
                foreach (var snapshot in taken) await client.DeleteSnapshotAsync(snapshot.Id);
                await client.AllFinishedAsync();
            }
            (await client.CheckAsync()).ShouldBeEmpty();
        }
        finally
        {
            client.Dispose();
            await server.DisposeAsync();
        }
    }

    /// <summary>Asks for a snapshot, and waits until its instant is known to be fixed.</summary>
    static async Task<Taken> TakeAsync(NativeClient client, string volume)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var id = (await client.SnapshotAsync(volume)).Snapshot.Id;
        await Eventually.GetAsync("the snapshot's instant", async () => (await client.Api.GetSnapshotAsync(id, Cancellation)).ProviderSnapshotId);
        return new Taken(id, begun, TimeProvider.System.GetTimestamp());
    }

    static async Task ShouldBeExactAsync(NativeClient client, StampedBlocks blocks, Taken taken)
    {
        var snapshot = await Eventually.GetAsync("the snapshot's end", async () =>
            await client.Api.GetSnapshotAsync(taken.Id, Cancellation) is { State: not "pending" } ended ? ended : null);
        snapshot.State.ShouldBe("completed", snapshot.StateReason);
        blocks.ShouldBeOfOneInstant(await client.ExportSnapshotAsync(taken.Id), taken.NotBefore, taken.NotAfter);
    }

    /// <summary>A snapshot that was asked for, and between which moments its instant lies.</summary>
    sealed record Taken(string Id, long NotBefore, long NotAfter);
}
