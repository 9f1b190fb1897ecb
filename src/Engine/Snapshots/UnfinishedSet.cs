using System.Text.Json;

namespace Octavo.Engine.Snapshots;

/// <summary>
/// <c>snapshots/ID.set</c>: snapshots that are to begin together, there from before the first of their pending records until behind the last. Where an opening finds it,
/// nobody was told of any of them: it takes back all.
/// </summary>
/// <param name="Snapshots">Their ids; the file has the name of the first.</param>
sealed record UnfinishedSet(IReadOnlyList<string> Snapshots)
{
    public const string Suffix = ".set";

    /// <summary>The file of a set.</summary>
    /// <param name="id">Its first snapshot.</param>
    public static string PathOf(string id) => Manifest.PathOf(id) + Suffix;

    /// <summary>The file's content.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, EngineJson.Default.UnfinishedSet);

    /// <summary>The set in these bytes; null where they are none.</summary>
    public static UnfinishedSet? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, EngineJson.Default.UnfinishedSet) is { Snapshots: not null } set ? set : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
