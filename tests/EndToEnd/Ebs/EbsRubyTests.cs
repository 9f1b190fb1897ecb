using System.Text.Json;
using Octavo.Ec2;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Ebs;

/// <summary>The client of 2011 on volumes of AWS.</summary>
public class EbsRubyTests
{
    [Fact]
    public async Task RestClient_does_the_whole_round_trip_of_v1_on_a_volume_of_AWS()
    {
        await using var stage = await EbsStage.StartAsync(new Ec2Seed { Volumes = 12, Attached = 5 });
        stage.Endpoint.Switches.SnapshotPending = TimeSpan.FromSeconds(4);
        var (_, volumes) = await stage.AddFirstAsync();
        var free = volumes.First(v => v.State == "available");
        var attached = volumes.First(v => v.State == "in-use");

        var saw = await RunAsync(stage, free.Id, attached.Id);

        saw.GetProperty("listed").GetInt32().ShouldBe(12);
        saw.GetProperty("show").GetProperty("volume_id").GetString().ShouldBe(free.ProviderVolumeId);
        saw.GetProperty("before").GetArrayLength().ShouldBe(0);
        var region = stage.Region("us-east-1");
        var taken = region.Snapshots.ShouldHaveSingleItem();
        var seen = saw.GetProperty("seen").EnumerateArray().ToList();
        seen.ShouldAllBe(s => s.GetProperty("id").GetString() == taken.Id && s.GetProperty("volume_id").GetString() == free.ProviderVolumeId);
        ShouldRise([.. seen.Select(s => (Percent(s), s.GetProperty("status").GetString()!))]);
        var refused = saw.GetProperty("refused");
        refused.GetProperty("error").GetString().ShouldBe("RestClient::PreconditionFailed");
        refused.GetProperty("errors").EnumerateArray().ShouldHaveSingleItem().GetString()!.ShouldContain(attached.Attachment!.InstanceId!);
        saw.GetProperty("deleted").GetProperty("body").GetString().ShouldBe("{}");
        saw.GetProperty("left").GetInt32().ShouldBe(11);
        region.Volumes.ShouldNotContain(v => v.Id == free.ProviderVolumeId);
        region.Volumes.ShouldContain(v => v.Id == attached.ProviderVolumeId);
    }

    static void ShouldRise(List<(int Percent, string Status)> seen)
    {
        EbsStage.Say($"A snapshot of 4 s was seen at {string.Join(", ", seen.Select(s => $"{s.Percent} % {s.Status}"))}.");
        seen.Select(s => s.Percent).ShouldBe(seen.Select(s => s.Percent).Order(), "progress never falls");
        seen[0].Status.ShouldBe("pending");
        seen[^1].ShouldBe((100, "completed"));
        seen.Select(s => s.Percent).Where(p => p is > 0 and < 100).Distinct().Count().ShouldBeGreaterThanOrEqualTo(2, "progress was seen on its way");
    }

    static int Percent(JsonElement snapshot) =>
        int.Parse(snapshot.GetProperty("progress").GetString()!.TrimEnd('%'), System.Globalization.CultureInfo.InvariantCulture);

    static async Task<JsonElement> RunAsync(EbsStage stage, string free, string attached)
    {
        var result = await Shell.RunAsync(
            "ruby", [Path.Combine(Build.Root, "tests", "EndToEnd", "Ruby", "ebs.rb")],
            new Dictionary<string, string>
            {
                ["OCTAVO_URL"] = stage.Server.Address.AbsoluteUri,
                ["OCTAVO_TOKEN"] = stage.Server.Token,
                ["OCTAVO_VOLUME"] = free,
                ["OCTAVO_ATTACHED"] = attached,
            });
        using var document = JsonDocument.Parse(result.Succeeded());
        return document.RootElement.Clone();
    }
}
