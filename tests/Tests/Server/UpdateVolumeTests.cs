using System.Text.Json.Nodes;
using Octavo.Ec2;

namespace Octavo.Tests.Server;

/// <summary>What people give a volume is kept where it belongs: names and tags at the cloud, where it keeps them; all else in the inventory.</summary>
public sealed class UpdateVolumeTests
{
    static readonly DateTimeOffset Long = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_local_volume_is_renamed_tagged_and_mounted_at_once_and_v1_shows_it()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync("old");

        var changed = await host.V2Async("PATCH", $"/v2/volumes/{id}", new JsonObject
        {
            ["name"] = "new",
            ["mount_point"] = "/vol/mysql",
            ["tags"] = new JsonObject { ["team"] = "storage", ["stage"] = "test" },
        });
        await host.V2Async("PATCH", $"/v2/volumes/{id}", new JsonObject { ["tags"] = new JsonObject { ["stage"] = null } });

        changed.Status.ShouldBe(200, changed.Body);
        changed.Json["operation"].ShouldBeNull();
        await host.ReconcileAsync();
        var volume = (await host.ItemsAsync("/v2/volumes?tag.team=storage")).ShouldHaveSingleItem();
        ((string?)volume["name"]).ShouldBe("new");
        volume["tags"]!.ToJsonString().ShouldBe("""{"team":"storage"}""");
        var v1 = JsonNode.Parse((await host.V1Async("GET", $"/api/volumes/{id}")).Body)!;
        ((string?)v1["mount_point"]).ShouldBe("/vol/mysql");
        ((string?)v1["name"]).ShouldBe("new");

        await host.V2Async("PATCH", $"/v2/volumes/{id}", new JsonObject { ["mount_point"] = "" });
        JsonNode.Parse((await host.V1Async("GET", $"/api/volumes/{id}")).Body)!["mount_point"].ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":"two\nlines"}""", "name")]
    [InlineData("""{"mount_point":"not/absolute"}""", "mount")]
    [InlineData("""{"tags":{"":"x"}}""", "tag")]
    [InlineData("""{"colour":"red"}""", "colour")]
    public async Task What_makes_no_sense_is_refused_by_name_and_changes_nothing(string body, string named)
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();
        var before = await host.V2Async("GET", $"/v2/volumes/{id}");

        var refused = await host.V2Async("PATCH", $"/v2/volumes/{id}", JsonNode.Parse(body));

        refused.Status.ShouldBe(400, refused.Body);
        ((string)refused.Json["detail"]!).ShouldContain(named, Case.Insensitive);
        (await host.V2Async("GET", $"/v2/volumes/{id}")).Body.ShouldBe(before.Body);
    }

    [Fact]
    public async Task The_name_and_the_tags_of_an_ebs_volume_are_changed_at_aws_and_only_then_shown()
    {
        await using var aws = await AwsHost.StartAsync((_, region) => region.Put(new Ec2Volume
        {
            Id = "vol-0000000000000000a",
            Zone = "eu-west-1a",
            CreatedAt = Long,
            Tags = [new("Name", "before"), new("gone", "1"), new("kept", "2")],
        }));
        var id = (string)(await aws.Server.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem()["id"]!;

        var accepted = await aws.Server.V2Async("PATCH", $"/v2/volumes/{id}?wait=30", new JsonObject
        {
            ["name"] = "after",
            ["mount_point"] = "/vol/a",
            ["tags"] = new JsonObject { ["gone"] = null, ["added"] = "3" },
        });

        accepted.Status.ShouldBe(200, accepted.Body);
        ((string?)accepted.Json["operation"]!["state"]).ShouldBe("succeeded", accepted.Body);
        var there = aws.Region.Volumes.ShouldHaveSingleItem();
        there.Tags.ToDictionary(t => t.Key, t => t.Value)
            .ShouldBe(new Dictionary<string, string> { ["Name"] = "after", ["kept"] = "2", ["added"] = "3" }, ignoreOrder: true);
        ((string?)accepted.Json["volume"]!["name"]).ShouldBe("after");
        ((string?)accepted.Json["volume"]!["mount_point"]).ShouldBe("/vol/a");
        accepted.Json["volume"]!["tags"]!.AsObject().Select(t => t.Key).ShouldBe(["Name", "added", "kept"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_aws_refuses_leaves_the_name_as_it_is_there_and_tells_why()
    {
        await using var aws = await AwsHost.StartAsync((_, region) => region.Put(
            new Ec2Volume { Id = "vol-0000000000000000a", Zone = "eu-west-1a", CreatedAt = Long, Tags = [new("Name", "before")] }));
        aws.Ec2.Switches.FailNext("CreateTags", 1, "UnauthorizedOperation", 403);
        var id = (string)(await aws.Server.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem()["id"]!;

        var accepted = await aws.Server.V2Async("PATCH", $"/v2/volumes/{id}?wait=30", new JsonObject { ["name"] = "after" });

        ((string?)accepted.Json["operation"]!["state"]).ShouldBe("failed", accepted.Body);
        ((string)accepted.Json["operation"]!["error"]!["message"]!).ShouldContain("ec2:CreateTags");
        ((string?)(await aws.Server.V2Async("GET", $"/v2/volumes/{id}")).Json["name"]).ShouldBe("before");
    }

    [Fact]
    public async Task A_volume_is_made_at_aws_with_everything_that_was_asked_for()
    {
        await using var aws = await AwsHost.StartAsync();

        var made = await aws.Server.V2Async("POST", "/v2/volumes?wait=30", new JsonObject
        {
            ["name"] = "data",
            ["size_gib"] = 100,
            ["credential_id"] = aws.Credential,
            ["availability_zone"] = "eu-west-1b",
            ["volume_type"] = "gp3",
            ["iops"] = 4000,
            ["throughput_mibps"] = 250,
            ["encrypted"] = true,
            ["mount_point"] = "/vol/data",
            ["protected"] = true,
            ["tags"] = new JsonObject { ["team"] = "storage" },
        });

        made.Status.ShouldBe(200, made.Body);
        var there = aws.Region.Volumes.ShouldHaveSingleItem();
        (there.SizeGib, there.Zone, there.Type, there.Iops, there.Throughput, there.Encrypted).ShouldBe((100, "eu-west-1b", "gp3", 4000, 250, true));
        (there.Tag("Name"), there.Tag("team")).ShouldBe(("data", "storage"));
        var volume = made.Json["volume"]!;
        ((string?)volume["provider_volume_id"]).ShouldBe(there.Id);
        ((int?)volume["iops"]).ShouldBe(4000);
        ((bool)volume["is_encrypted"]!).ShouldBeTrue();
        ((bool)volume["is_protected"]!).ShouldBeTrue();
        ((string?)volume["mount_point"]).ShouldBe("/vol/data");
    }

    [Fact]
    public async Task The_record_of_the_provider_itself_is_told_as_it_is_now()
    {
        await using var aws = await AwsHost.StartAsync((_, region) => region.Put(
            new Ec2Volume { Id = "vol-0000000000000000a", Zone = "eu-west-1a", CreatedAt = Long, Iops = 3000, SizeGib = 7 }));
        var id = (string)(await aws.Server.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem()["id"]!;
        aws.Region.Put(aws.Region.Volumes.Single() with { Iops = 5000 });

        var raw = await aws.Server.V2Async("GET", $"/v2/volumes/{id}/raw");

        raw.Status.ShouldBe(200, raw.Body);
        raw.Json.ToJsonString().ShouldContain("vol-0000000000000000a");
        raw.Json.ToJsonString().ShouldContain("5000");
        aws.Region.Remove("vol-0000000000000000a");
        (await aws.Server.V2Async("GET", $"/v2/volumes/{id}/raw")).Status.ShouldBe(404);
    }
}
