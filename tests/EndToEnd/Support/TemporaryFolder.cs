namespace Octavo.EndToEnd.Support;

/// <summary>A folder that is gone after the test, with what is in it.</summary>
sealed class TemporaryFolder : IDisposable
{
    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("octavo-end-to-end-").FullName;

    /// <summary>The path of something in it.</summary>
    public string this[params ReadOnlySpan<string> names] => System.IO.Path.Combine([Path, .. names]);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>The bytes that a folder takes on the disk: blocks, not lengths; its holes take none.</summary>
    public static async Task<long> UsageAsync(string folder)
    {
        var line = (await Shell.RunAsync("du", "-s", "--block-size=1", folder)).Succeeded();
        return long.Parse(line.AsSpan(0, line.IndexOf('\t')), System.Globalization.CultureInfo.InvariantCulture);
    }
}
