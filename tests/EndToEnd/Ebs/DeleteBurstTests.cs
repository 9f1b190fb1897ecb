using Octavo.Ec2;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Ebs;

/// <summary>Many deletions in one region under AWS's own request limits: slow, and never an error.</summary>
public class DeleteBurstTests
{
    static readonly int[] Sizes = Build.IsLong ? [200, 1000] : [200];

    public static TheoryData<int> Counts => [.. Sizes];

    [Theory]
    [MemberData(nameof(Counts))]
    public async Task Under_AWSs_request_limits_no_error_of_a_burst_of_deletions_reaches_the_caller(int count)
    {
        await using var stage = await EbsStage.StartAsync(new Ec2Seed { Volumes = count });
        stage.Endpoint.Switches.Throttling = true;
        stage.Endpoint.Switches.DeleteLag = TimeSpan.FromSeconds(2);
        var (_, volumes) = await stage.AddFirstAsync();
        var began = TimeProvider.System.GetTimestamp();

        var accepted = await Task.WhenAll(volumes.Select(v => stage.Client.DeleteVolumeAsync(v.Id)));

        await Eventually.GetAsync("the last volume's end", () => Task.FromResult(stage.Truth.Count == 0 ? "" : null), TimeSpan.FromMinutes(5));
        var gone = TimeProvider.System.GetElapsedTime(began);
        await stage.Client.AllFinishedAsync();
        var took = TimeProvider.System.GetElapsedTime(began);
        foreach (var one in accepted) await stage.Client.SucceededAsync(one.Operation);
        var figures = stage.Endpoint.Journal["DeleteVolume"];
        EbsStage.Say($"{count} volumes were gone after {gone.TotalSeconds:0.0} s and their operations over after {took.TotalSeconds:0.0} s; "
            + $"{figures.Calls} calls of DeleteVolume, {figures.Throttled} throttled, {stage.Endpoint.Journal["DescribeVolumes"].Calls} of DescribeVolumes.");
        figures.Done.ShouldBe(count);
        figures.Calls.ShouldBeLessThan(count + count / 10, "a deletion that AWS accepted is not asked for again: each request costs 0.2 s");
        (await stage.Client.VolumesAsync()).ShouldBeEmpty();
    }
}
