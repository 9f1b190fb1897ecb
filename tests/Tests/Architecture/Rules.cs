using ArchUnitNET.Domain.Extensions;
using ArchUnitNET.Fluent;
using ArchUnitNET.Loader;
using Octavo.Core;
using static ArchUnitNET.Fluent.ArchRuleDefinition;
using Assembly = System.Reflection.Assembly;
using AssemblyName = System.Reflection.AssemblyName;
using LoadedArchitecture = ArchUnitNET.Domain.Architecture;

namespace Octavo.Tests.Architecture;

/// <summary>The rules of ARCHITECTURE.md that a compiler does not hold.</summary>
static class Rules
{
    /// <summary>Endpoints with the closures and state machines inside them.</summary>
    const string Endpoints = @"^Octavo\..*Endpoints(\+.*)?$";

    const string Files = @"^System\.IO\.(File|FileInfo|FileStream|Directory|DirectoryInfo|DriveInfo|FileSystemWatcher|RandomAccess)$";

    static readonly Assembly[] Own =
    [
        Load("Octavo.Core"), Load("Octavo.Engine"), Load("Octavo.Providers"), Load("Octavo.Api"), Load("octavo-server"), Load("octavo"),
    ];

    /// <summary>All that is shipped.</summary>
    public static LoadedArchitecture Shipped { get; } = new ArchLoader().LoadAssemblies(Own).Build();

    /// <summary>This test assembly, for planted violations.</summary>
    public static LoadedArchitecture Planted { get; } = new ArchLoader().LoadAssemblies(typeof(Rules).Assembly).Build();

    /// <summary>One of our assemblies, by name.</summary>
    public static Assembly Load(string name) => Assembly.Load(new AssemblyName(name));

    public static IArchRule EngineOnlyInTheLocalProvider { get; } =
        Types().That().DoNotResideInNamespaceMatching(@"^Octavo\.(Engine|Providers\.Local|Server\.Nbd)(\..*)?$").Should()
            .NotDependOnAny(Types(true).That().ResideInNamespaceMatching(@"^Octavo\.Engine(\..*)?$"))
            .Because("callers go through the port, so that another provider can take the engine's place");

    public static IArchRule AmazonOnlyInTheEbsProvider { get; } =
        Types().That().DoNotResideInNamespaceMatching(@"^Octavo\.Providers\.Ebs(\..*)?$").Should()
            .NotDependOnAny(Types(true).That().ResideInNamespaceMatching(@"^Amazon(\..*)?$"))
            .Because("another cloud must be one folder's work")
            .WithoutRequiringPositiveResults();

    public static IArchRule EndpointsDoNotKnowProviders { get; } =
        Types().That().HaveFullNameMatching(Endpoints).Should()
            .NotDependOnAny(Types(true).That().HaveFullName(typeof(IVolumeProvider).FullName))
            .Because("no request may wait for a provider while it holds anything");

    public static IArchRule EndpointsStartNoTasks { get; } =
        Types().That().HaveFullNameMatching(Endpoints).Should()
            .FollowCustomCondition(type => !type.GetCalledMethods().Any(StartsTask), "start no task", "starts a task")
            .Because("work that outlives a request is an operation");

    public static IArchRule SqliteOnlyInDatabase { get; } =
        Types().That().DoNotResideInNamespace("Octavo.Server.Database").Should()
            .NotDependOnAny(Types(true).That().ResideInNamespaceMatching(@"^Microsoft\.Data\.Sqlite(\..*)?$"))
            .Because("another database must be one folder's work");

    public static IArchRule OpenTelemetryOnlyInTelemetry { get; } =
        Types().That().DoNotResideInNamespace("Octavo.Server.Telemetry").Should()
            .NotDependOnAny(Types(true).That().ResideInNamespaceMatching(@"^OpenTelemetry(\..*)?$"))
            .Because("what measures uses the base library, and who listens is one folder's work");

    public static IArchRule FilesOnlyInIoAndDatabase { get; } =
        Types().That().DoNotResideInNamespaceMatching(@"^Octavo\.(Engine\.Io|Server\.Database|Cli)$").Should()
            .NotDependOnAny(Types(true).That().HaveFullNameMatching(Files))
            .Because("what is written must be written where its durability is thought of");

    public static IArchRule PortsAreImplementedInternally { get; } =
        Classes().That().AreAssignableTo(typeof(IVolumeProvider)).Should().BeInternal().AndShould().BeSealed()
            .Because("callers know the port, not who implements it");

    public static IArchRule ProvidersShowRegistrationAndOptionsOnly { get; } =
        Types().That().ResideInAssembly(Load("Octavo.Providers")).And().ArePublic().Should()
            .HaveNameMatching("^(ProviderRegistration|[A-Z][A-Za-z]*Options)$")
            .Because("callers know the port, not who implements it");

    /// <remarks>HeaderLimit answers before any route is known, in the dialect of the path.</remarks>
    public static IArchRule OnlyTheServersRootKnowsTheScalariumDialect { get; } =
        Types().That().ResideInAssembly(Load("octavo-server"))
            .And().DoNotResideInNamespace("Octavo.Server.Scalarium")
            .And().DoNotHaveFullNameMatching(@"^Octavo\.Server\.(OctavoServer|Http\.HeaderLimit)(\+.*)?$")
            .Should().NotDependOnAny(Types(true).That().ResideInNamespace("Octavo.Server.Scalarium"))
            .Because("the dialect of 2011 must not shape the service");

    static bool StartsTask(ArchUnitNET.Domain.MethodMember called) =>
        called.DeclaringType.FullName is "System.Threading.Tasks.Task" or "System.Threading.Tasks.TaskFactory"
        && (called.Name.StartsWith("Run", StringComparison.Ordinal) || called.Name.StartsWith("StartNew", StringComparison.Ordinal));

    /// <summary>What breaks a rule, one line each.</summary>
    public static IReadOnlyList<string> Violations(IArchRule rule, LoadedArchitecture architecture) =>
        [.. rule.Evaluate(architecture).Where(r => !r.Passed).Select(r => r.Description)];
}
