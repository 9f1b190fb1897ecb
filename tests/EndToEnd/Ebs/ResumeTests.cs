using System.Globalization;
using System.Text.RegularExpressions;
using Octavo.Ec2;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Ebs;

/// <summary>The server dies in the middle of a large sync: the next one goes on behind the last page.</summary>
public partial class ResumeTests
{
    const int Volumes = 30_000, PageSize = 500, Pages = Volumes / PageSize;

    [Fact]
    public async Task A_sync_that_a_death_cut_short_goes_on_behind_the_pages_it_has_and_says_so()
    {
        await using var stage = await EbsStage.StartAsync(new Ec2Seed { Volumes = Volumes, Attached = 1000 });
        stage.Endpoint.Switches.AnswerDelay = TimeSpan.FromMilliseconds(100);
        await stage.AddAsync(stage.Endpoint.Cloud.Keys.First());
        await Eventually.GetAsync("a third of the pages", () => Task.FromResult(Calls(stage) > Pages / 3 ? "" : null));

        await stage.KillAndStartAsync();

        var before = Calls(stage);
        before.ShouldBeLessThan(Pages, "it died in the middle");
        stage.EarlierLogs.ShouldNotContain("is resumed behind");
        var listed = await stage.ListedAsync(Volumes);
        var after = Calls(stage) - before;
        var told = Resumed().Match(stage.Server.Log);
        told.Success.ShouldBeTrue(stage.Server.Log);
        var kept = int.Parse(told.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        EbsStage.Say($"Killed after {before} of {Pages} pages; resumed behind {kept}, {after} more were asked for.");
        kept.ShouldBeGreaterThan(Pages / 4);
        // One of the pages may be the one of snapshots, and the last one that was asked for before the death may not be written.
        after.ShouldBeInRange(Pages - kept, Pages - kept + 1);
        listed.Select(v => v.GetProperty("volume_id").GetString()!).ToHashSet().SetEquals(stage.Truth.Select(v => v.Id)).ShouldBeTrue();
    }

    static long Calls(EbsStage stage) => stage.Endpoint.Journal["DescribeVolumes"].Done;

    [GeneratedRegex("is resumed behind ([0-9]+) pages")]
    private static partial Regex Resumed();
}
