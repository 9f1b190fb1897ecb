namespace Octavo.EndToEnd.Kills;

public class VolumeKillTests : KillTests
{
    [Fact]
    public Task A_creation_survives_every_death() => RunAsync(() => new CreateScenario());

    [Fact]
    public Task An_import_survives_every_death() => RunAsync(() => new ImportScenario());

    [Fact]
    public Task A_volumes_deletion_survives_every_death() => RunAsync(() => new DeleteVolumeScenario());

    [Fact]
    public Task A_deletion_with_a_final_snapshot_survives_every_death() => RunAsync(() => new FinalSnapshotScenario());

    [Fact]
    public Task A_volumes_return_survives_every_death() => RunAsync(() => new UndeleteScenario());
}
