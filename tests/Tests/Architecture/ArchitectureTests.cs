using ArchUnitNET.Fluent;

namespace Octavo.Tests.Architecture;

public class ArchitectureTests
{
    [Fact]
    public void Only_the_local_provider_knows_the_engine() => ShouldHold(Rules.EngineOnlyInTheLocalProvider);

    [Fact]
    public void Only_the_EBS_provider_knows_Amazon() => ShouldHold(Rules.AmazonOnlyInTheEbsProvider);

    [Fact]
    public void No_endpoint_knows_a_provider() => ShouldHold(Rules.EndpointsDoNotKnowProviders);

    [Fact]
    public void No_endpoint_starts_a_task_of_its_own() => ShouldHold(Rules.EndpointsStartNoTasks);

    [Fact]
    public void Only_the_database_folder_knows_SQLite() => ShouldHold(Rules.SqliteOnlyInDatabase);

    [Fact]
    public void Only_the_telemetry_folder_knows_OpenTelemetry() => ShouldHold(Rules.OpenTelemetryOnlyInTelemetry);

    [Fact]
    public void Files_are_touched_only_where_durability_is_thought_of() => ShouldHold(Rules.FilesOnlyInIoAndDatabase);

    [Fact]
    public void What_implements_the_provider_port_is_internal_and_sealed() => ShouldHold(Rules.PortsAreImplementedInternally);

    [Fact]
    public void Providers_shows_its_registration_its_options_and_nothing_else() =>
        ShouldHold(Rules.ProvidersShowRegistrationAndOptionsOnly);

    [Fact]
    public void Nothing_but_the_servers_root_knows_the_Scalarium_dialect() => ShouldHold(Rules.OnlyTheServersRootKnowsTheScalariumDialect);

    static void ShouldHold(IArchRule rule) => Rules.Violations(rule, Rules.Shipped).ShouldBeEmpty(rule.Description);
}
