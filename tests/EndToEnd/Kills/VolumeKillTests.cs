namespace Octavo.EndToEnd.Kills;

public class VolumeKillTests : KillTests
{
    [Fact]
    public Task A_creation_survives_every_death() => RunAsync(() => new CreateScenario());

    [Fact]
    public Task An_import_survives_every_death() => RunAsync(() => new ImportScenario());

    [Fact]
    public Task A_volumes_deletion_survives_every_death() => RunAsync(() => new DeleteVolumeScenario());
}
