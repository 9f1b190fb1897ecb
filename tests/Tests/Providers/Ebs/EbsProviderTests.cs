using Octavo.Tests.Contracts;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>The contract for EBS, with snapshots that take their time and volumes that linger.</summary>
public class EbsProviderTests : VolumeProviderContract
{
    protected override async Task<ProviderUnderTest> StartAsync()
    {
        var subject = await EbsUnderTest.StartAsync();
        subject.Endpoint.Switches.CreateLag = TimeSpan.FromSeconds(2);
        subject.Endpoint.Switches.DeleteLag = TimeSpan.FromSeconds(2);
        subject.Endpoint.Switches.SnapshotPending = TimeSpan.FromSeconds(4);
        return subject;
    }
}

/// <summary>The contract again where EC2 shows things late, cuts pages short and sends empty ones.</summary>
public class EbsProviderBehindLagTests : VolumeProviderContract
{
    protected override async Task<ProviderUnderTest> StartAsync()
    {
        var subject = await EbsUnderTest.StartAsync();
        subject.Endpoint.Switches.EmptyPageChance = 0.2;
        subject.Endpoint.Switches.ShortPageChance = 0.2;
        subject.Endpoint.Switches.HtmlErrorChance = 0.05;
        subject.Endpoint.Switches.FaultyActions = ["DescribeVolumes", "DescribeSnapshots"];
        return subject;
    }
}
