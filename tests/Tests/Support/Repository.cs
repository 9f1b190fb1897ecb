namespace Octavo.Tests.Support;

/// <summary>The repository that these tests were built in.</summary>
static class Repository
{
    /// <summary>Its root.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>The text of a file in it.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The paths of its own files of a kind, build output left out.</summary>
    public static IEnumerable<string> Files(string pattern) =>
        from top in new[] { "src", "tests", "bench" }
        let folder = Path.Combine(Root, top)
        where Directory.Exists(folder)
        from file in Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file)
        where !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj")
        select path;

    static string FindRoot(string folder)
    {
        while (!File.Exists(Path.Combine(folder, "Octavo.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("These tests are not inside the repository.");
        return folder;
    }
}
