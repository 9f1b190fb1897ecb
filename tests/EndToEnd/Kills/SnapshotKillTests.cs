namespace Octavo.EndToEnd.Kills;

public class SnapshotKillTests : KillTests
{
    [Fact]
    public Task A_snapshot_survives_every_death() => RunAsync(() => new SnapshotScenario());

    [Fact]
    public Task Snapshots_of_several_volumes_survive_every_death_all_or_none() => RunAsync(() => new SnapshotSetScenario());

    [Fact]
    public Task A_restore_survives_every_death() => RunAsync(() => new RestoreScenario());

    [Fact]
    public Task A_snapshots_deletion_survives_every_death() => RunAsync(() => new DeleteSnapshotScenario());
}
