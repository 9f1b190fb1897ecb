using Octavo.Ec2;

namespace Octavo.EndToEnd.Ebs;

/// <summary>The service by its command, credentials by the command line, and one list that is the endpoint's own truth.</summary>
public class EbsInventoryTests
{
    static readonly TimeSpan Seconds = TimeSpan.FromSeconds(30);

    static readonly Ec2Seed TwoAccounts = new()
    {
        Accounts = 2,
        Regions = ["us-east-1", "eu-west-1", "us-west-2"],
        Volumes = 2000,
        Attached = 600,
    };

    [Fact]
    public async Task Two_credentials_over_three_regions_list_every_volume_as_AWS_has_it_within_seconds()
    {
        await using var stage = await EbsStage.StartAsync(TwoAccounts);
        var credentials = new Dictionary<string, string>();
        foreach (var key in stage.Endpoint.Cloud.Keys) credentials[key.Account] = (await stage.AddAsync(key)).Id;
        var began = TimeProvider.System.GetTimestamp();

        var listed = await stage.ListedAsync(TwoAccounts.Volumes);

        var took = TimeProvider.System.GetElapsedTime(began);
        EbsStage.Say($"2,000 volumes were listed {took.TotalSeconds:0.0} s after the second credential was added.");
        took.ShouldBeLessThan(Seconds);
        listed.Count(v => v.GetProperty("aws_instance_id").GetString() is not null).ShouldBe(TwoAccounts.Attached);
        var truth = stage.Endpoint.Cloud.Accounts.SelectMany(a => a.Regions).SelectMany(r => r.Volumes, (r, v) => (Region: r, Volume: v))
            .ToDictionary(v => v.Volume.Id);
        foreach (var shown in listed)
        {
            var (region, volume) = truth[shown.GetProperty("volume_id").GetString()!];
            shown.GetRawText().ShouldBe(EbsTruth.V1Json(volume, credentials[region.Account], shown));
        }
        var native = await stage.Client.VolumesAsync();
        native.Select(v => v.ProviderVolumeId!).ShouldBe(truth.Keys, ignoreOrder: true);
        foreach (var shown in native) shown.ShouldBe(truth[shown.ProviderVolumeId!].Volume, truth[shown.ProviderVolumeId!].Region.Name);
    }

    [Fact]
    public async Task A_refresh_shows_what_was_made_meanwhile_and_what_was_deleted_is_found_as_deleted_only()
    {
        await using var stage = await EbsStage.StartAsync(new Ec2Seed { Regions = ["us-east-1", "eu-west-1"], Volumes = 20, Attached = 6 });
        var (credential, before) = await stage.AddFirstAsync();
        var region = stage.Region("eu-west-1");
        var made = new Ec2Volume
        {
            Id = stage.Endpoint.Cloud.NewId("vol"),
            Zone = "eu-west-1c",
            SizeGib = 7,
            CreatedAt = TimeProvider.System.GetUtcNow(),
            Tags = [new Ec2Tag("Name", "made meanwhile")],
        };
        var goes = region.Volumes.First(v => v.Status == "available");
        region.Put(made);
        region.Remove(goes.Id).ShouldBeTrue();

        (await stage.Cli.RunAsync("credentials", "refresh", credential.Id, "--wait")).Succeeded();

        var listed = await stage.ListedAsync(20);
        listed.Select(v => v.GetProperty("volume_id").GetString()!).ShouldBe(stage.Truth.Select(v => v.Id), ignoreOrder: true);
        listed.Single(v => v.GetProperty("volume_id").GetString() == made.Id).GetProperty("name").GetString().ShouldBe("made meanwhile");
        var gone = (await stage.GetAsync("/v2/volumes?state=deleted")).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        gone.GetProperty("provider_volume_id").GetString().ShouldBe(goes.Id);
        var id = before.Single(v => v.ProviderVolumeId == goes.Id).Id;
        var shown = await stage.GetAsync($"/v2/volumes/{id}");
        shown.GetProperty("state").GetString().ShouldBe("deleted");
        shown.GetProperty("provider_volume_id").GetString().ShouldBe(goes.Id);
    }
}
