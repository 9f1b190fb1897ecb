using Amazon.EC2.Model;
using Amazon.Runtime;
using Microsoft.Extensions.Time.Testing;

namespace Octavo.Tests.Ec2;

public class FaultTests
{
    static CancellationToken Cancellation => Ec2Fixture.Cancellation;

    [Fact]
    public async Task A_lost_reply_is_of_a_call_that_was_done()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 40);
        (ec2.Switches.LostReplyChance, ec2.Switches.Seed) = (0.3, 5);
        var client = ec2.Client();
        var ids = ec2.Home.Volumes.Select(v => v.Id).ToList();

        var lost = 0;
        foreach (var id in ids)
            try
            {
                await client.CreateSnapshotAsync(new CreateSnapshotRequest { VolumeId = id }, Cancellation);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                lost++;
            }

        lost.ShouldBeInRange(4, 24);
        ec2.Endpoint.Journal["CreateSnapshot"].ShouldSatisfyAllConditions(
            f => f.LostReplies.ShouldBe(lost), f => f.Calls.ShouldBe(40), f => f.Done.ShouldBe(40));
        ec2.Home.Snapshots.Select(s => s.VolumeId).ShouldBe(ids);
        ec2.Endpoint.Journal.Mutations.Select(m => m.Source).ShouldBe(ids);
    }

    [Fact]
    public async Task A_lost_request_is_of_a_call_that_was_not_done()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1);
        ec2.Switches.LostRequestChance = 1;
        ec2.Switches.FaultyActions = ["DeleteVolume"];
        var client = ec2.Client();
        await client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation);

        await Should.ThrowAsync<IOException>(client.DeleteVolumeAsync(new DeleteVolumeRequest(ec2.Home.Volumes[0].Id), Cancellation));

        ec2.Home.VolumeCount.ShouldBe(1);
        ec2.Endpoint.Journal["DeleteVolume"].LostRequests.ShouldBe(1);
    }

    /// <summary>A fact about the SDK that costs snapshots: MaxErrorRetry does not reach it, MaxStaleConnectionRetries does.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 11)]
    public async Task The_SDK_repeats_a_call_on_a_broken_connection_although_it_may_retry_nothing(int staleConnectionRetries, int calls)
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1);
        (ec2.Switches.LostReplyChance, ec2.Switches.SnapshotSpacing, ec2.Switches.SnapshotPending) = (1, TimeSpan.Zero, TimeSpan.Zero);

        await Should.ThrowAsync<IOException>(ec2.Client(staleConnectionRetries: staleConnectionRetries)
            .CreateSnapshotAsync(new CreateSnapshotRequest { VolumeId = ec2.Home.Volumes[0].Id }, Cancellation));

        ec2.Home.Snapshots.Count.ShouldBe(calls);
    }

    [Fact]
    public async Task A_500_of_HTML_reaches_the_client_as_a_500_and_nothing_is_done()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1);
        ec2.Switches.HtmlErrorChance = 1;

        var failure = await Should.ThrowAsync<AmazonServiceException>(
            ec2.Client().DeleteVolumeAsync(new DeleteVolumeRequest(ec2.Home.Volumes[0].Id), Cancellation));

        ((int)failure.StatusCode).ShouldBe(500);
        ec2.Home.VolumeCount.ShouldBe(1);
    }

    [Fact]
    public async Task Buckets_are_AWSs_for_each_action_and_region()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var ec2 = await Ec2Fixture.StartAsync(time: time);
        ec2.Switches.Throttling = true;
        var client = ec2.Client();
        Task Paged() => client.DescribeVolumesAsync(new DescribeVolumesRequest { MaxResults = 5 }, Cancellation);
        Task Whole() => client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation);

        for (var i = 0; i < 100; i++) await Paged();
        await Ec2Fixture.ShouldFailAsync("RequestLimitExceeded", 503, Paged());
        await ec2.Client("eu-west-1").DescribeVolumesAsync(new DescribeVolumesRequest { MaxResults = 5 }, Cancellation);
        for (var i = 0; i < 50; i++) await Whole();
        await Ec2Fixture.ShouldFailAsync("RequestLimitExceeded", 503, Whole());
        time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 20; i++) await Paged();
        await Ec2Fixture.ShouldFailAsync("RequestLimitExceeded", 503, Paged());

        ec2.Endpoint.Journal["DescribeVolumes"].Throttled.ShouldBe(3);
        ec2.Home.Throttled.ShouldBe(3);
    }

    [Fact]
    public async Task Planned_answers_come_in_their_order_and_then_no_more()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1);
        ec2.Switches.FailNext("DeleteVolume", 2, "InternalError", 500);
        ec2.Switches.FailNext("DeleteVolume", 1, "Unavailable", 503);
        var client = ec2.Client();
        var id = ec2.Home.Volumes[0].Id;
        Task Delete() => client.DeleteVolumeAsync(new DeleteVolumeRequest(id), Cancellation);

        await Ec2Fixture.ShouldFailAsync("InternalError", 500, Delete());
        await client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation);
        await Ec2Fixture.ShouldFailAsync("InternalError", 500, Delete());
        await Ec2Fixture.ShouldFailAsync("Unavailable", 503, Delete());
        await Delete();

        ec2.Endpoint.Journal["DeleteVolume"].Errors.ShouldBe(
            new Dictionary<string, long> { ["InternalError"] = 2, ["Unavailable"] = 1 }, ignoreOrder: true);
    }

    [Fact]
    public async Task Delayed_answers_wait_for_the_clock_and_are_counted_as_under_way()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var ec2 = await Ec2Fixture.StartAsync(time: time);
        ec2.Switches.ActionDelays = new Dictionary<string, TimeSpan> { ["DescribeVolumes"] = TimeSpan.FromSeconds(3) };
        var client = ec2.Client();

        var calls = Enumerable.Range(0, 3).Select(_ => client.DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation)).ToList();
        await client.DescribeSnapshotsAsync(new DescribeSnapshotsRequest(), Cancellation);
        while (ec2.Endpoint.Journal["DescribeVolumes"].MostAtOnce < 3) await Task.Yield();
        calls.ShouldAllBe(call => !call.IsCompleted);
        while (!calls.TrueForAll(call => call.IsCompleted))
        {
            time.Advance(TimeSpan.FromSeconds(3));
            await Task.Yield();
        }

        await Task.WhenAll(calls);
        ec2.Endpoint.Journal["DescribeVolumes"].MostAtOnce.ShouldBe(3);
    }

    [Fact]
    public async Task An_accounts_own_switches_are_for_it_alone()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        var other = ec2.Endpoint.Cloud.AddAccount("222222222222", [Ec2Fixture.Region]);
        var key = ec2.Endpoint.Cloud.AddKey(other.Id);
        other.Switches = ec2.Switches.Copy();
        other.Switches.FailNext("*", 1, "PendingVerification", 400);
        Task Ask(AWSCredentials? credentials = null) =>
            ec2.Client(credentials: credentials).DescribeVolumesAsync(new DescribeVolumesRequest(), Cancellation);

        await Ask();
        await Ec2Fixture.ShouldFailAsync("PendingVerification", 400, Ask(new BasicAWSCredentials(key.Id, key.Secret)));
    }
}
