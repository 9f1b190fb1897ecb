using System.Text.Json.Nodes;

namespace Octavo.Tests.Server;

public sealed class GrowVolumeTests
{
    [Fact]
    public async Task A_volume_grows_also_while_it_is_attached_and_its_snapshots_keep_their_size()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();
        var snapshot = (string)(await host.SnapshotAsync(id))["id"]!;
        await host.V2Async("POST", $"/v2/volumes/{id}/attachments?wait=30", new JsonObject { ["client"] = "db-1" });

        var grown = await host.V2Async("POST", $"/v2/volumes/{id}/grow?wait=30", new JsonObject { ["size_gib"] = 3 });

        grown.Status.ShouldBe(200, grown.Body);
        ((string?)grown.Json["operation"]!["state"]).ShouldBe("succeeded", grown.Body);
        ((long)grown.Json["volume"]!["size_bytes"]!).ShouldBe(3L << 30);
        ((string?)grown.Json["volume"]!["state"]).ShouldBe("in-use");
        ((long)(await host.V2Async("GET", $"/v2/snapshots/{snapshot}")).Json["volume_size_bytes"]!).ShouldBe(1L << 30);
        ((long)JsonNode.Parse((await host.V1Async("GET", $"/api/volumes/{id}")).Body)!["size"]!).ShouldBe(3);
        await host.ReconcileAsync();
        ((long)(await host.V2Async("GET", $"/v2/volumes/{id}")).Json["size_gib"]!).ShouldBe(3);
        ((string?)(await host.ItemsAsync("/v2/audit")).First(e => (string)e["action"]! == "GrowVolume")["detail"]).ShouldBe("1 GiB to 3 GiB");
    }

    [Theory]
    [InlineData("""{}""", 400)]
    [InlineData("""{"size_gib":1}""", 400)]
    [InlineData("""{"size_gib":0}""", 400)]
    [InlineData("""{"size_gib":65537}""", 400)]
    [InlineData("""{"size_gib":65536}""", 422)]
    public async Task A_size_that_is_not_larger_or_does_not_fit_is_refused_by_name(string body, int status)
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();

        var refused = await host.V2Async("POST", $"/v2/volumes/{id}/grow", JsonNode.Parse(body));

        refused.Status.ShouldBe(status, refused.Body);
        ((long)(await host.V2Async("GET", $"/v2/volumes/{id}")).Json["size_gib"]!).ShouldBe(1);
    }
}
