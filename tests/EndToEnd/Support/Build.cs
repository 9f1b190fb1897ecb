namespace Octavo.EndToEnd.Support;

/// <summary>What was built beside these tests, in the same configuration.</summary>
static class Build
{
    static readonly string Own = AppContext.BaseDirectory;

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot(Own);

    /// <summary>The server's assembly.</summary>
    public static string Server { get; } = Of("Server", "octavo-server.dll");

    /// <summary>The command line's assembly.</summary>
    public static string Cli { get; } = Of("Cli", "octavo.dll");

    /// <summary>The program that runs assemblies: the one that runs this one.</summary>
    public static string DotNet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Whether there is time for every kill point and large images: <c>./test --long</c>.</summary>
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("OCTAVO_TEST_LONG") == "1";

    static string FindRoot(string folder)
    {
        while (!File.Exists(Path.Combine(folder, "Octavo.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException($"{Own} is not inside the repository.");
        return folder;
    }

    // …/tests/EndToEnd/bin/CONFIGURATION/FRAMEWORK/ beside …/src/PROJECT/bin/CONFIGURATION/FRAMEWORK/
    static string Of(string project, string file)
    {
        var output = Path.GetRelativePath(Path.Combine(Root, "tests", "EndToEnd"), Own);
        var path = Path.Combine(Root, "src", project, output, file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not built.");
    }
}
