using System.Text.RegularExpressions;
using Octavo.Ec2;

namespace Octavo.EndToEnd.Ebs;

/// <summary>Snapshots of everything that a filter finds: each volume has its own outcome, and only what failed is asked for again.</summary>
public class SelectionTests
{
    const string Code = "SnapshotLimitExceeded";
    const int Selected = 12;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_a_selection_the_one_that_failed_is_named_with_AWSs_words_and_alone_repeated()
    {
        await using var stage = await EbsStage.StartAsync(
            new Ec2Seed { Regions = ["us-east-1", "eu-west-1"], Volumes = 60, Attached = 2 * Selected });
        stage.Endpoint.Switches.SnapshotPending = TimeSpan.FromSeconds(1);
        await stage.AddFirstAsync();
        stage.Endpoint.Switches.FailNext("CreateSnapshot", 1, Code, 400, "The limit of this account is reached.");
        var selected = stage.Region("us-east-1").Volumes.Where(v => v.Attachments.Count > 0).Select(v => v.Id).ToList();
        selected.Count.ShouldBe(Selected);

        var asked = await stage.Cli.RunAsync(
            "snapshots", "create", "--filter", "region=us-east-1", "--filter", "attached=yes", "--wait");

        asked.ExitCode.ShouldBe(1);
        asked.Error.ShouldContain($"1 of {Selected}");
        var taken = stage.Region("us-east-1").Snapshots.Select(s => s.VolumeId).ToList();
        taken.Count.ShouldBe(Selected - 1);
        taken.Distinct().Count().ShouldBe(Selected - 1);
        stage.Region("eu-west-1").Snapshots.ShouldBeEmpty();
        var failed = selected.Except(taken).ShouldHaveSingleItem();
        var operation = await OperationAsync(stage, "failed");
        await ShouldTellItemsAsync(stage, operation, failed);

        (await stage.Cli.RunAsync("operations", "retry", operation, "--wait")).Succeeded();

        stage.Region("us-east-1").Snapshots.Select(s => s.VolumeId).ShouldBe(selected, ignoreOrder: true);
        var again = (await stage.Client.Api.ListItemsAsync(await OperationAsync(stage, "succeeded"), Cancellation).ToListAsync(Cancellation))
            .ShouldHaveSingleItem();
        (again.ProviderVolumeId, again.State).ShouldBe((failed, "succeeded"));
        var nothing = await stage.Cli.RunAsync("operations", "retry", (await OperationAsync(stage, "succeeded")), "--wait");
        nothing.ExitCode.ShouldNotBe(0, "nothing failed there");
    }

    static async Task ShouldTellItemsAsync(EbsStage stage, string operation, string failed)
    {
        var table = (await stage.Cli.RunAsync("operations", "items", operation)).Succeeded();
        table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1 + Selected);
        table.ShouldMatch($"{failed} .*failed.*{Code} .*{Regex.Escape("The limit of this account is reached")}");
        Regex.Count(table, " succeeded ").ShouldBe(Selected - 1);
        var items = await stage.Cli.JsonAsync("operations", "items", operation);
        var item = items.EnumerateArray().Single(i => i.GetProperty("state").GetString() == "failed");
        item.GetProperty("provider_volume_id").GetString().ShouldBe(failed);
        item.GetProperty("provider_code").GetString().ShouldBe(Code);
        item.GetProperty("provider_request_id").GetString()!.ShouldStartWith("00000000-0000-4000-8000-");
        items.EnumerateArray().Where(i => i.GetProperty("state").GetString() == "succeeded")
            .ShouldAllBe(i => i.GetProperty("provider_snapshot_id").GetString()!.StartsWith("snap-") && i.GetProperty("progress_percent").GetInt32() == 100);
    }

    static async Task<string> OperationAsync(EbsStage stage, string state) =>
        (await stage.Client.Api.ListOperationsAsync(Cancellation).ToListAsync(Cancellation))
            .Single(o => o.Kind == "create-snapshots" && o.State == state).Id;
}
