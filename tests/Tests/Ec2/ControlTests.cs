using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Amazon.EC2.Model;

namespace Octavo.Tests.Ec2;

public class ControlTests
{
    static CancellationToken Cancellation => Ec2Fixture.Cancellation;

    [Fact]
    public async Task Switches_are_set_over_HTTP_all_or_none()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        using var http = new HttpClient { BaseAddress = ec2.Endpoint.Address };

        var reply = await PostAsync(http, "switches",
            """{"answerDelay": 0.5, "lostReplyChance": 0.25, "faultyActions": ["DeleteVolume"], "pageSizeCap": 7, "actionDelays": {"CreateVolume": 2}}""");
        (await PostAsync(http, "switches", """{"throttling": true, "colour": "red"}""", HttpStatusCode.BadRequest))["error"]!
            .ToString().ShouldContain("colour");

        reply["answerDelay"]!.GetValue<double>().ShouldBe(0.5);
        ec2.Switches.ShouldSatisfyAllConditions(
            s => s.AnswerDelay.ShouldBe(TimeSpan.FromMilliseconds(500)), s => s.LostReplyChance.ShouldBe(0.25),
            s => s.FaultyActions.ShouldBe(["DeleteVolume"]), s => s.PageSizeCap.ShouldBe(7),
            s => s.ActionDelays["CreateVolume"].ShouldBe(TimeSpan.FromSeconds(2)), s => s.Throttling.ShouldBeFalse());
    }

    [Fact]
    public async Task An_accounts_switches_are_set_apart()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        using var http = new HttpClient { BaseAddress = ec2.Endpoint.Address };

        await PostAsync(http, $"switches?account={Ec2Fixture.Account}", """{"throttling": true}""");

        ec2.Switches.Throttling.ShouldBeFalse();
        ec2.Endpoint.Cloud.Account(Ec2Fixture.Account).Switches!.Throttling.ShouldBeTrue();
    }

    [Fact]
    public async Task Keys_accounts_failures_and_volumes_are_changed_over_HTTP()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        using var http = new HttpClient { BaseAddress = ec2.Endpoint.Address };
        var client = ec2.Client();
        Task<DescribeVolumesResponse> List() => client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation);

        await PostAsync(http, "volume", $$"""
            {"account": "{{Ec2Fixture.Account}}", "region": "us-east-1",
             "volume": {"id": "vol-0a", "type": "gp9", "instanceId": "i-1", "tags": {"Name": "x"} } }
            """);
        await PostAsync(http, "fail", """{"action": "DescribeVolumes", "count": 1, "code": "InternalError", "status": 500}""");
        await Ec2Fixture.ShouldFailAsync("InternalError", 500, List());
        (await List()).Volumes.ShouldHaveSingleItem().Attachments.ShouldHaveSingleItem().InstanceId.ShouldBe("i-1");
        (await PostAsync(http, "remove", $$"""{"account": "{{Ec2Fixture.Account}}", "region": "us-east-1", "id": "vol-0a"}"""))["removed"]!
            .GetValue<bool>().ShouldBeTrue();
        (await List()).Volumes.ShouldBeNull();
        await PostAsync(http, "account", $$"""{"account": "{{Ec2Fixture.Account}}", "regions": ["eu-west-1"]}""");
        await Ec2Fixture.ShouldFailAsync("AuthFailure", 401, List());
        await PostAsync(http, "account", $$"""{"account": "{{Ec2Fixture.Account}}", "regions": ["us-east-1"]}""");
        await List();
        await PostAsync(http, "key", $$"""{"accessKeyId": "{{ec2.Key.Id}}", "revoked": true}""");
        await Ec2Fixture.ShouldFailAsync("AuthFailure", 401, List());
    }

    [Fact]
    public async Task The_state_tells_what_is_there_and_what_was_called()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 3);
        using var http = new HttpClient { BaseAddress = ec2.Endpoint.Address };
        var volume = ec2.Home.Volumes[0].Id;
        await ec2.Client().CreateSnapshotAsync(new CreateSnapshotRequest
        {
            VolumeId = volume,
            TagSpecifications = [new TagSpecification { ResourceType = Amazon.EC2.ResourceType.Snapshot, Tags = [new Tag("job", "7")] }],
        }, Cancellation);

        var state = (await http.GetFromJsonAsync<JsonObject>($"/_control/state?account={Ec2Fixture.Account}", Cancellation))!;
        var mutations = (await http.GetFromJsonAsync<JsonArray>("/_control/mutations?action=CreateSnapshot", Cancellation))!;

        (state["volumes"]!.GetValue<int>(), state["snapshots"]!.GetValue<int>()).ShouldBe((6, 1));
        state["actions"]!["CreateSnapshot"]!["done"]!.GetValue<int>().ShouldBe(1);
        var home = state["regions"]!.AsArray().Single(r => r!["region"]!.ToString() == "us-east-1")!;
        home["snapshots"]!.AsArray().ShouldHaveSingleItem()!["volumeId"]!.ToString().ShouldBe(volume);
        var made = mutations.ShouldHaveSingleItem()!;
        (made["source"]!.ToString(), made["tags"]![0]!["value"]!.ToString()).ShouldBe((volume, "7"));
    }

    [Fact]
    public async Task The_rules_of_a_recycle_bin_are_set_over_HTTP_and_the_state_tells_what_is_in_it()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 2);
        using var http = new HttpClient { BaseAddress = ec2.Endpoint.Address };
        var volume = ec2.Home.Volumes[0].Id;

        await PostAsync(http, "rules", $$"""
            {"account": "{{Ec2Fixture.Account}}", "region": "us-east-1",
             "rules": [{"id": "rule1", "days": 3}, {"id": "rule2", "days": 7, "tags": {"env": "live"}, "excludedTags": {"a": "b"} }] }
            """);
        await ec2.Client().DeleteVolumeAsync(new DeleteVolumeRequest(volume), Cancellation);
        var state = (await http.GetFromJsonAsync<JsonObject>($"/_control/state?account={Ec2Fixture.Account}&region=us-east-1", Cancellation))!;

        ec2.Home.RetentionRules[1].ShouldSatisfyAllConditions(
            r => r.Days.ShouldBe(7), r => r.Tags.ShouldBe([new("env", "live")]), r => r.ExcludedTags.ShouldBe([new("a", "b")]));
        var binned = state["regions"]![0]!["recycleBin"]!.AsArray().ShouldHaveSingleItem()!;
        binned["volume"]!["id"]!.ToString().ShouldBe(volume);
        (binned["exitsAt"]!.GetValue<DateTimeOffset>() - binned["enteredAt"]!.GetValue<DateTimeOffset>()).ShouldBe(TimeSpan.FromDays(3));
    }

    static async Task<JsonNode> PostAsync(HttpClient http, string path, string json, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var reply = await http.PostAsync($"/_control/{path}", content, Cancellation);
        var text = await reply.Content.ReadAsStringAsync(Cancellation);
        reply.StatusCode.ShouldBe(expected, text);
        return JsonNode.Parse(text)!;
    }
}
