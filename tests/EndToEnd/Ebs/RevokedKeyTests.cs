using System.Text.RegularExpressions;
using Octavo.Api;
using Octavo.Ec2;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Ebs;

/// <summary>A key is revoked in the middle of a sync: its rows stay and say why they may be old, and everything else goes on.</summary>
public class RevokedKeyTests
{
    const int Volumes = 300, Regions = 3;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_revoked_in_the_middle_of_a_sync_leaves_its_volumes_stale_with_the_reason_and_the_others_fresh()
    {
        await using var stage = await EbsStage.StartAsync(
            new Ec2Seed { Accounts = 2, Regions = ["us-east-1", "eu-west-1", "us-west-2"], Volumes = Volumes, Attached = 30 },
            null, ("OCTAVO_SYNC_SECONDS", "5"));
        var (stays, goes) = (stage.Endpoint.Cloud.Keys.First(), stage.Endpoint.Cloud.Keys.Last());
        var (fresh, revoked) = (await stage.AddAsync(stays), await stage.AddAsync(goes));
        await stage.ListedAsync(Volumes);
        stage.Endpoint.Switches.PageSizeCap = 10;
        stage.Endpoint.Switches.AnswerDelay = TimeSpan.FromMilliseconds(300);
        await Eventually.GetAsync("a pass in its midst", async () =>
            (await CellsAsync(stage, revoked)).Any(c => c.Sync is { Volumes: > 0 and < 40 }) ? "" : null);

        goes.IsRevoked = true;

        var at = TimeProvider.System.GetUtcNow();
        var stale = await Eventually.GetAsync("every cell of the revoked key as stale", async () =>
            await CellsAsync(stage, revoked) is var cells && cells.All(c => c.StaleSince is not null) ? cells : null);
        stale.Count.ShouldBe(Regions);
        stale.ShouldAllBe(c => c.FailureCode == "AuthFailure" && c.Failure!.Contains("the key is wrong") && c.VolumeCount == Volumes / 2 / Regions);
        await Eventually.GetAsync("passes over the other cells after it", async () =>
            (await CellsAsync(stage, fresh)).All(c => c.ObservedAt > at && c.StaleSince is null && c.Failure is null) ? "" : null);
        var volumes = await stage.Client.VolumesAsync();
        volumes.Count.ShouldBe(Volumes, "rows of a cell that fails stay");
        volumes.Where(v => v.CredentialId == fresh.Id).ShouldAllBe(v => v.Stale == null);
        foreach (var volume in volumes.Where(v => v.CredentialId == revoked.Id))
        {
            var cell = stale.Single(c => c.Region == volume.Region);
            volume.Stale.ShouldNotBeNull();
            (volume.Stale.Code, volume.Stale.Since).ShouldBe((cell.FailureCode, cell.StaleSince!.Value));
            // Which of a pass's requests fails first is chance, and the sentence names it.
            volume.Stale.Message.ShouldContain("the key is wrong");
        }
        await ShouldTellInCliAsync(stage, revoked, stale);
        await ShouldTellOnceInLogAsync(stage, revoked);
    }

    static async Task ShouldTellInCliAsync(EbsStage stage, Credential revoked, IReadOnlyList<CellStatus> stale)
    {
        var list = await stage.Cli.RunAsync("volumes", "list");
        Regex.Count(list.Succeeded(), ", stale ").ShouldBe(Volumes / 2);
        foreach (var cell in stale) list.Error.ShouldMatch($"Stale since .*: {cell.Region}\\. AuthFailure .*the key is wrong");
        var shown = (await stage.Cli.RunAsync("credentials", "show", revoked.Id)).Succeeded();
        foreach (var cell in stale) shown.ShouldMatch($"{cell.Region} .*50 volumes.*STALE since .*: AuthFailure .*the key is wrong");
    }

    /// <summary>Each cell tells it when it begins, and not at every pass that fails the same way.</summary>
    static async Task ShouldTellOnceInLogAsync(EbsStage stage, Credential revoked)
    {
        var first = await CellsAsync(stage, revoked);
        await Eventually.GetAsync("another failure of every cell", async () =>
            (await CellsAsync(stage, revoked)).All(c => c.FailedAt > first.Single(f => f.Region == c.Region).FailedAt) ? "" : null);
        foreach (var cell in await CellsAsync(stage, revoked))
        {
            cell.StaleSince.ShouldBe(first.Single(f => f.Region == cell.Region).StaleSince, "since when it is stale does not move");
            var told = stage.Server.Log.Split('\n').Where(line => line.Contains($"The pass over ebs {cell.Region} ") && line.Contains("are stale")).ToList();
            told.ShouldHaveSingleItem().ShouldContain("its 50 volumes are stale: AuthFailure");
        }
    }

    static async Task<IReadOnlyList<CellStatus>> CellsAsync(EbsStage stage, Credential credential) =>
        (await stage.Client.Api.GetCredentialAsync(credential.Id, Cancellation)).Cells!;
}
