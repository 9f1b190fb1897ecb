using ArchUnitNET.Fluent;
using Octavo.Core;

namespace Octavo.Tests.Architecture;

/// <summary>Proves that the rules can fail: each finds what was planted for it, inside async methods and closures too.</summary>
public class PlantedViolationTests
{
    [Fact]
    public void An_endpoint_that_awaits_a_provider_is_found() =>
        ShouldFind(Rules.EndpointsDoNotKnowProviders, nameof(PlantedEndpoints));

    [Fact]
    public void An_endpoint_that_starts_a_task_is_found() => ShouldFind(Rules.EndpointsStartNoTasks, nameof(PlantedEndpoints));

    [Fact]
    public void A_file_read_in_an_async_method_is_found() => ShouldFind(Rules.FilesOnlyInIoAndDatabase, nameof(PlantedFileReader));

    [Fact]
    public void SQLite_used_elsewhere_is_found() => ShouldFind(Rules.SqliteOnlyInDatabase, nameof(PlantedQuery));

    [Fact]
    public void The_engine_used_elsewhere_is_found() => ShouldFind(Rules.EngineOnlyInTheLocalProvider, nameof(PlantedEngineUser));

    [Fact]
    public void Amazon_used_elsewhere_is_found() => ShouldFind(Rules.AmazonOnlyInTheEbsProvider, nameof(PlantedAmazonUser));

    static void ShouldFind(IArchRule rule, string type) =>
        Rules.Violations(rule, Rules.Planted).ShouldContain(v => v.Contains(type, StringComparison.Ordinal));

    sealed class PlantedEndpoints
    {
        public static async Task<string> ShowAsync(IServiceProvider services)
        {
            await Task.Yield();
            return ((IVolumeProvider?)services.GetService(typeof(IVolumeProvider)))?.Kind ?? "";
        }

        public static async Task<int> CountAsync(int[] numbers) => await Task.Run(() => numbers.Length);
    }

    sealed class PlantedFileReader
    {
        public static async Task<string> ReadAsync(string path)
        {
            await Task.Yield();
            return await File.ReadAllTextAsync(path);
        }
    }

    sealed class PlantedQuery
    {
        public static string Text() => new Microsoft.Data.Sqlite.SqliteConnection("Data Source=:memory:").ConnectionString;
    }

    sealed class PlantedEngineUser
    {
        public static string Name() => typeof(Octavo.Engine.BlockEngine).Name;
    }

    sealed class PlantedAmazonUser
    {
        public static string Name() => typeof(Amazon.EC2.AmazonEC2Client).Name;
    }
}
