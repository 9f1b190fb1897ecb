using Amazon.EC2.Model;
using Octavo.Ec2;

namespace Octavo.Tests.Ec2;

public class FilterTests
{
    static CancellationToken Cancellation => Ec2Fixture.Cancellation;

    [Theory]
    [InlineData("volume-id", "vol-0000000000000000b")]
    [InlineData("snapshot-id", "snap-b")]
    [InlineData("status", "in-use")]
    [InlineData("availability-zone", "us-east-1b")]
    [InlineData("tag:Name", "b*")]
    [InlineData("tag-key", "Only")]
    [InlineData("volume-type", "io2")]
    [InlineData("attachment.instance-id", "i-b")]
    [InlineData("attachment.status", "attached")]
    [InlineData("size", "77")]
    [InlineData("encrypted", "true")]
    [InlineData("operator.managed", "true")]
    public async Task A_filter_finds_the_one_that_it_means(string name, string value)
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 20);
        ec2.Home.Put(new Ec2Volume
        {
            Id = "vol-0000000000000000b",
            Zone = "us-east-1b",
            SizeGib = 77,
            Type = "io2",
            Status = "in-use",
            Encrypted = true,
            SnapshotId = "snap-b",
            ManagedBy = "b",
            Tags = [new Ec2Tag("Name", "b1"), new Ec2Tag("Only", "")],
            Attachments = [new Ec2Attachment { InstanceId = "i-b", Device = "/dev/sdf" }],
        });
        foreach (var volume in ec2.Home.Volumes.SkipLast(1))
            ec2.Home.Put(volume with { Zone = "us-east-1a", Type = "gp3", Encrypted = false });

        (await Ec2Fixture.PagesAsync(ec2.Client(), 500, new Filter(name, [value]))).ShouldHaveSingleItem()
            .ShouldBe(["vol-0000000000000000b"]);
    }

    [Fact]
    public async Task Ids_in_a_filter_that_are_not_there_are_simply_absent_and_the_rest_is_paged()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 30);
        var wanted = ec2.Home.Volumes.Skip(3).Take(12).Select(v => v.Id).ToList();

        var pages = await Ec2Fixture.PagesAsync(ec2.Client(), 5, new Filter("volume-id", [.. wanted, "vol-0deadbeefdeadbeef"]));

        pages.Select(p => p.Count).ShouldBe([5, 5, 2]);
        pages.SelectMany(p => p).ShouldBe(wanted);
    }

    [Fact]
    public async Task An_unknown_filter_and_too_many_values_are_refused()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 1);
        var client = ec2.Client();

        await Ec2Fixture.ShouldFailAsync("InvalidParameterValue", 400, Ec2Fixture.PagesAsync(client, 500, new Filter("colour", ["red"])));
        await Ec2Fixture.PagesAsync(client, 500, new Filter("volume-id", [.. Enumerable.Range(0, 200).Select(i => $"vol-{i}")]));
        await Ec2Fixture.ShouldFailAsync("FilterLimitExceeded", 400,
            Ec2Fixture.PagesAsync(client, 500, new Filter("volume-id", [.. Enumerable.Range(0, 201).Select(i => $"vol-{i}")])));
    }

    [Fact]
    public async Task Snapshots_are_found_by_owner_volume_and_tag()
    {
        await using var ec2 = await Ec2Fixture.StartAsync(volumes: 3, snapshots: 3);
        ec2.Home.Put(new Ec2Snapshot { Id = "snap-0other", VolumeId = "vol-ffffffff", OwnerId = "999999999999" });
        var volume = ec2.Home.Volumes[1].Id;
        ec2.Home.Put(ec2.Home.Snapshots[0] with { Tags = [new Ec2Tag("job", "7")] });
        var client = ec2.Client();

        async Task<int> CountAsync(DescribeSnapshotsRequest request) =>
            (await client.DescribeSnapshotsAsync(request, Cancellation)).Snapshots?.Count ?? 0;

        (await CountAsync(new DescribeSnapshotsRequest())).ShouldBe(4);
        (await CountAsync(new DescribeSnapshotsRequest { OwnerIds = ["self"] })).ShouldBe(3);
        (await CountAsync(new DescribeSnapshotsRequest { Filters = [new Filter("volume-id", [volume])] })).ShouldBe(1);
        (await CountAsync(new DescribeSnapshotsRequest { Filters = [new Filter("tag:job", ["7"])] })).ShouldBe(1);
        (await CountAsync(new DescribeSnapshotsRequest { Filters = [new Filter("tag:job", ["8"])] })).ShouldBe(0);
    }
}
