using Octavo.Ec2;

namespace Octavo.EndToEnd.Ebs;

/// <summary>Three replies in ten never arrive, whatever was done: what was asked is done once, and what was done is not called failed.</summary>
public class LostReplyTests
{
    const int Count = 40;

    [Fact]
    public async Task With_three_replies_in_ten_lost_each_snapshot_asked_for_exists_once()
    {
        await using var stage = await EbsStage.StartAsync(new Ec2Seed { Volumes = Count });
        var (_, volumes) = await stage.AddFirstAsync();
        stage.Endpoint.Switches.SnapshotPending = TimeSpan.FromSeconds(1);
        Lose(stage);

        var accepted = await Task.WhenAll(volumes.Select(v => stage.Client.SnapshotAsync(v.Id)));

        foreach (var one in accepted) await stage.Client.SucceededAsync(one.Operation);
        Told(stage, "CreateSnapshot");
        stage.Region("us-east-1").Snapshots.Select(s => s.VolumeId).ShouldBe(volumes.Select(v => v.ProviderVolumeId!), ignoreOrder: true);
        (await stage.Client.SnapshotsAsync()).Select(s => (s.ProviderSnapshotId, s.State))
            .ShouldBe(stage.Region("us-east-1").Snapshots.Select(s => ((string?)s.Id, "completed")), ignoreOrder: true);
    }

    [Fact]
    public async Task With_three_replies_in_ten_lost_no_deletion_that_happened_is_reported_as_failed()
    {
        await using var stage = await EbsStage.StartAsync(new Ec2Seed { Volumes = Count + 1, Attached = 1 });
        stage.Endpoint.Switches.DeleteLag = TimeSpan.FromSeconds(1);
        var (_, volumes) = await stage.AddFirstAsync();
        Lose(stage);

        var accepted = await Task.WhenAll(volumes.Where(v => v.State == "available").Select(v => stage.Client.DeleteVolumeAsync(v.Id)));

        foreach (var one in accepted) await stage.Client.SucceededAsync(one.Operation);
        Told(stage, "DeleteVolume");
        accepted.Length.ShouldBe(Count);
        var left = stage.Truth.ShouldHaveSingleItem();
        left.Status.ShouldBe("in-use");
        (await stage.ListedAsync(1)).ShouldHaveSingleItem().GetProperty("volume_id").GetString().ShouldBe(left.Id);
    }

    static void Lose(EbsStage stage)
    {
        stage.Endpoint.Journal.Clear();
        stage.Endpoint.Switches.LostReplyChance = 0.3;
    }

    /// <summary>The test is worth something where replies of this very action were lost.</summary>
    static void Told(EbsStage stage, string action)
    {
        var figures = stage.Endpoint.Journal[action];
        var all = stage.Endpoint.Journal.Total;
        EbsStage.Say($"{action}: {figures.Calls} calls, {figures.Done} done, {figures.LostReplies} replies lost; of all calls {all.LostReplies} of {all.Calls}. "
            + string.Join(", ", figures.Errors.Select(e => $"{e.Value} {e.Key}")));
        figures.LostReplies.ShouldBeGreaterThan(Count / 10);
        stage.Endpoint.Journal.Mutations.Count(m => m.Action == action).ShouldBe(Count);
    }
}
