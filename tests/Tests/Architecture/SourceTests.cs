using System.Xml.Linq;
using Octavo.Tests.Support;

namespace Octavo.Tests.Architecture;

/// <summary>What the source itself must look like.</summary>
public class SourceTests
{
    const int MaxLines = 700;

    [Theory]
    [InlineData("Core", "")]
    [InlineData("Engine", "")]
    [InlineData("Api", "")]
    [InlineData("Providers", "Core Engine")]
    [InlineData("Server", "Api Core Engine Providers")]
    [InlineData("Cli", "Api")]
    public void A_project_references_what_the_table_allows_it(string project, string allowed) =>
        Includes(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension).Order().ShouldBe(Words(allowed));

    [Theory]
    [InlineData("Core", "")]
    [InlineData("Engine", "System.IO.Hashing ZstdSharp.Port")]
    [InlineData("Api", "")]
    [InlineData("Providers", "AWSSDK.EC2 AWSSDK.SecurityToken")]
    [InlineData("Server", "Microsoft.AspNetCore.OpenApi Microsoft.Data.Sqlite OpenTelemetry.Exporter.OpenTelemetryProtocol OpenTelemetry.Exporter.Prometheus.AspNetCore "
        + "OpenTelemetry.Extensions.Hosting OpenTelemetry.Instrumentation.AspNetCore")]
    [InlineData("Cli", "Spectre.Console System.CommandLine")]
    public void A_project_uses_the_packages_that_the_table_allows_it(string project, string allowed) =>
        Includes(project, "PackageReference").Order().ShouldBe(Words(allowed));

    [Fact]
    public void Every_project_is_in_the_table() =>
        Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName).Order()
            .ShouldBe(["Api", "Cli", "Core", "Engine", "Providers", "Server"]);

    /// <summary>The newest packages of that name are for the next framework; some of them install here without a word.</summary>
    [Fact]
    public void No_framework_package_is_of_the_next_framework() =>
        XDocument.Parse(Repository.Read("Directory.Packages.props")).Descendants("PackageVersion")
            .Where(p => p.Attribute("Include")!.Value is var name
                && (name.StartsWith("Microsoft.", StringComparison.Ordinal) || name.StartsWith("System.", StringComparison.Ordinal))
                && p.Attribute("Version")!.Value.StartsWith("11.", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Fact]
    public void No_source_file_is_longer_than_anybody_reads() =>
        Repository.Files("*.cs").Where(file => Repository.Read(file).AsSpan().Count('\n') > MaxLines).ShouldBeEmpty();

    static IEnumerable<string> Includes(string project, string element) =>
        XDocument.Parse(Repository.Read($"src/{project}/{project}.csproj")).Descendants(element).Select(e => e.Attribute("Include")!.Value);

    static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
