using System.Text.Json.Nodes;
using Octavo.Ec2;

namespace Octavo.Tests.Server;

/// <summary>Where a rule of AWS's Recycle Bin covers a volume, the plan says so, and the deleted volume can be brought back.</summary>
public sealed class RecycleBinTests
{
    static readonly DateTimeOffset Long = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    static async Task<(AwsHost Aws, string Covered, string Bare)> StartAsync()
    {
        var aws = await AwsHost.StartAsync((_, region) =>
        {
            region.RetentionRules = [new Ec2RetentionRule("rule1000001", 7) { Tags = [new("keep", "yes")] }];
            region.Put(new Ec2Volume { Id = "vol-0000000000000000a", Zone = "eu-west-1a", CreatedAt = Long, Tags = [new("keep", "yes")] });
            region.Put(new Ec2Volume { Id = "vol-0000000000000000b", Zone = "eu-west-1a", CreatedAt = Long });
        });
        var volumes = (await aws.Server.ItemsAsync("/v2/volumes")).ToDictionary(v => (string)v["provider_volume_id"]!, v => (string)v["id"]!);
        return (aws, volumes["vol-0000000000000000a"], volumes["vol-0000000000000000b"]);
    }

    [Fact]
    public async Task The_plan_names_the_rule_and_the_day_and_tells_what_would_be_gone_at_once()
    {
        var (aws, covered, bare) = await StartAsync();
        await using var _ = aws;

        var plan = await aws.Server.V2Async("POST", "/v2/volumes/delete", new JsonObject { ["volume_ids"] = new JsonArray(covered, bare) });

        plan.Status.ShouldBe(200, plan.Body);
        var told = plan.Json["volumes"]!.AsArray().ToDictionary(v => (string)v!["volume"]!["id"]!);
        ((string?)told[covered]!["retention_rule"]).ShouldBe("rule1000001");
        told[covered]!["restorable_until"]!.GetValue<DateTimeOffset>()
            .ShouldBe(TimeProvider.System.GetUtcNow().AddDays(7), TimeSpan.FromMinutes(2));
        told[bare]!["retention_rule"].ShouldBeNull();
        told[bare]!["restorable_until"].ShouldBeNull();
    }

    [Fact]
    public async Task A_volume_in_the_bin_is_shown_with_its_time_and_comes_back()
    {
        var (aws, covered, bare) = await StartAsync();
        await using var _ = aws;
        ((string?)(await aws.Server.DeleteAsync(covered))["state"]).ShouldBe("succeeded");
        ((string?)(await aws.Server.DeleteAsync(bare))["state"]).ShouldBe("succeeded");

        aws.Region.RecycleBin.ShouldHaveSingleItem().Volume.Id.ShouldBe("vol-0000000000000000a");
        var deleted = (await aws.Server.ItemsAsync("/v2/volumes?state=deleted")).ToDictionary(v => (string)v["id"]!);
        deleted[covered]["restorable_until"]!.GetValue<DateTimeOffset>().ShouldBe(aws.Region.RecycleBin[0].ExitsAt, TimeSpan.FromSeconds(1));
        if (deleted.TryGetValue(bare, out var gone)) gone["restorable_until"].ShouldBeNull();

        (await aws.Server.V2Async("POST", $"/v2/volumes/{bare}/undelete")).Status.ShouldBeOneOf(404, 409);
        var back = await aws.Server.V2Async("POST", $"/v2/volumes/{covered}/undelete?wait=30");

        back.Status.ShouldBe(200, back.Body);
        aws.Region.RecycleBin.ShouldBeEmpty();
        aws.Region.Volumes.ShouldHaveSingleItem().Id.ShouldBe("vol-0000000000000000a");
        var listed = (await aws.Server.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem();
        ((string?)listed["id"]).ShouldBe(covered);
        ((string?)listed["state"]).ShouldBe("available");
    }
}
