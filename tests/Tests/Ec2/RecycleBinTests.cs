using Amazon.EC2;
using Amazon.EC2.Model;
using Microsoft.Extensions.Time.Testing;
using Octavo.Ec2;

namespace Octavo.Tests.Ec2;

public class RecycleBinTests
{
    static CancellationToken Cancellation => Ec2Fixture.Cancellation;

    [Fact]
    public async Task A_deleted_volume_that_a_rule_covers_is_in_the_bin_until_its_time_and_comes_back_as_it_was()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 2, time: time);
        ec2.Switches.ChecksSignatures = false;
        ec2.Home.RetentionRules = [new Ec2RetentionRule("rule1", 2), new Ec2RetentionRule("rule2", 5), new Ec2RetentionRule("rule3", 1)];
        var (first, second) = (ec2.Home.Volumes[0], ec2.Home.Volumes[1]);
        var client = ec2.Client();
        foreach (var volume in new[] { first, second })
            await client.DeleteVolumeAsync(new DeleteVolumeRequest(volume.Id), Cancellation);

        var binned = (await client.ListVolumesInRecycleBinAsync(new() { VolumeIds = [first.Id] }, Cancellation)).Volumes.ShouldHaveSingleItem();
        (binned.VolumeId, binned.Size, binned.VolumeType.Value).ShouldBe((first.Id, first.SizeGib, first.Type));
        binned.RecycleBinEnterTime!.Value.ShouldBe(time.GetUtcNow().UtcDateTime, TimeSpan.FromMilliseconds(1));
        (binned.RecycleBinExitTime - binned.RecycleBinEnterTime).ShouldBe(TimeSpan.FromDays(5));
        ec2.Home.Volumes.ShouldBeEmpty();

        (await client.RestoreVolumeFromRecycleBinAsync(new() { VolumeId = first.Id }, Cancellation)).Return.ShouldBe(true);
        ec2.Home.Volumes.ShouldHaveSingleItem().ShouldBe(first);
        await Ec2Fixture.ShouldFailAsync("IncorrectState", 400, RestoreAsync(client, first.Id));
        time.Advance(TimeSpan.FromDays(5));
        await Ec2Fixture.ShouldFailAsync("InvalidVolume.NotFound", 400, RestoreAsync(client, second.Id));
        (await client.ListVolumesInRecycleBinAsync(new(), Cancellation)).Volumes.ShouldBeNull();
        ec2.Home.RecycleBin.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_what_a_rule_covers_is_kept()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        (Ec2Tag keep, Ec2Tag drop) = (new("keep", "yes"), new("drop", "yes"));
        async Task<bool> IsKeptAsync(Ec2RetentionRule rule, Ec2Volume volume)
        {
            ec2.Home.RetentionRules = [rule];
            ec2.Home.Put(volume);
            await ec2.Client().DeleteVolumeAsync(new DeleteVolumeRequest(volume.Id), Cancellation);
            return ec2.Home.RecycleBin.Any(b => b.Volume.Id == volume.Id);
        }

        Ec2Volume Volume(params IReadOnlyList<Ec2Tag> tags) => new() { Id = ec2.Endpoint.Cloud.NewId("vol"), Zone = "us-east-1a", Tags = tags };
        var (all, tagged) = (new Ec2RetentionRule("rule1", 1) { ExcludedTags = [drop] }, new Ec2RetentionRule("rule2", 1) { Tags = [keep] });

        (await IsKeptAsync(all, Volume())).ShouldBeTrue();
        (await IsKeptAsync(all, Volume(keep))).ShouldBeTrue();
        (await IsKeptAsync(all, Volume(keep, drop))).ShouldBeFalse();
        (await IsKeptAsync(tagged, Volume(drop, keep))).ShouldBeTrue();
        (await IsKeptAsync(tagged, Volume(keep with { Value = "no" }))).ShouldBeFalse();
        (await IsKeptAsync(all with { Status = "pending" }, Volume())).ShouldBeFalse();
        (await IsKeptAsync(all with { ResourceType = "EBS_SNAPSHOT" }, Volume())).ShouldBeFalse();
        (await IsKeptAsync(all, Volume() with { Status = "error" })).ShouldBeFalse();
    }

    [Fact]
    public async Task The_bin_is_listed_in_pages_and_its_volumes_can_be_tagged()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 12);
        ec2.Home.RetentionRules = [new Ec2RetentionRule("rule1", 7)];
        var client = ec2.Client();
        var ids = ec2.Home.Volumes.Select(v => v.Id).ToList();
        foreach (var id in ids) await client.DeleteVolumeAsync(new DeleteVolumeRequest(id), Cancellation);

        var listed = new List<string>();
        string? token = null;
        do
        {
            var page = await client.ListVolumesInRecycleBinAsync(new() { MaxResults = 5, NextToken = token }, Cancellation);
            page.Volumes.Count.ShouldBeLessThanOrEqualTo(5);
            listed.AddRange(page.Volumes.Select(v => v.VolumeId));
            token = page.NextToken;
        } while (token is not null);
        await client.CreateTagsAsync(new CreateTagsRequest([ids[0]], [new Tag("late", "1")]), Cancellation);
        await RestoreAsync(client, ids[0]);

        listed.ShouldBe(ids, ignoreOrder: true);
        ec2.Home.Volumes.ShouldHaveSingleItem().Tag("late").ShouldBe("1");
    }

    static Task<RestoreVolumeFromRecycleBinResponse> RestoreAsync(AmazonEC2Client client, string id) =>
        client.RestoreVolumeFromRecycleBinAsync(new() { VolumeId = id }, Cancellation);
}
