using System.Text.Json.Nodes;

namespace Octavo.Tests.Server;

/// <summary>A snapshot of the own pool of which a stored block is damaged, as users see it.</summary>
public sealed class DamagedSnapshotTests
{
    [Fact]
    public async Task It_stays_completed_and_says_which_volume_and_byte_until_it_is_repaired()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.ImportAsync([.. Enumerable.Range(0, 600_064).Select(i => (byte)(i * i / 77))]);
        var snapshot = await host.SnapshotAsync(volume);
        await using (var segment = new FileStream(Path.Combine(host.Pool, "segments", "00000001"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            segment.Position = 500;
            segment.Write([.. Enumerable.Repeat((byte)0x55, 100)]);
        }

        var found = await CheckAsync(host, repair: false);
        await host.ReconcileAsync();
        var told = (await host.V2Async("GET", $"/v2/snapshots/{snapshot["id"]}")).Json;

        found.ShouldBe([("damaged-block", false)]);
        ((string)told["state"]!).ShouldBe("completed");
        ((string)told["state_reason"]!).ShouldMatch($"^1 of the snapshot's blocks cannot be read, the first at byte (0|524288) of volume {told["provider_volume_id"]}: ");
        MetricsTests.Value(await MetricsTests.PageAsync(host), "octavo_engine_blocks_bad").ShouldBe(1);

        (await CheckAsync(host, repair: true)).ShouldBe([("damaged-block", true)]);
        await host.ReconcileAsync();
        (await host.V2Async("GET", $"/v2/snapshots/{snapshot["id"]}")).Json["state_reason"].ShouldBeNull();
        (await CheckAsync(host, repair: false)).ShouldBeEmpty();
    }

    static async Task<List<(string, bool)>> CheckAsync(ServerHost host, bool repair)
    {
        var asked = await host.V2Async("POST", "/v2/fsck", new JsonObject { ["repair"] = repair });
        asked.Status.ShouldBe(202, asked.Body);
        var ended = await host.EndAsync(asked.Json["operation"] ?? asked.Json);
        return [.. ended["findings"]!.AsArray().Select(finding => ((string)finding!["kind"]!, (bool)finding["is_repaired"]!))];
    }
}
