using Octavo.EndToEnd.Kills;

namespace Octavo.EndToEnd.Ebs;

/// <summary>The server dies at the durable steps of what it does at AWS, and the next one knows what became of it.</summary>
public class EbsKillTests : KillTests
{
    [Fact]
    public async Task A_snapshot_at_AWS_is_taken_once_whenever_the_server_dies()
    {
        await using var site = await EbsKillSite.StartAsync();
        await RunAsync(() => new EbsSnapshotScenario(site));
    }

    [Fact]
    public async Task A_deletion_at_AWS_is_never_called_failed_where_it_happened_whenever_the_server_dies()
    {
        await using var site = await EbsKillSite.StartAsync();
        await RunAsync(() => new EbsDeleteScenario(site));
    }
}
