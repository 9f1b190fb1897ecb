using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Engine.Attachments;
using Octavo.Engine.Io;
using Octavo.Engine.Scrubbing;
using Octavo.Engine.Snapshots;
using Octavo.Engine.Volumes;

namespace Octavo.Engine;

/// <summary>The constants of a pool, and <c>engine.json</c>, which names them; written once, when the pool is made.</summary>
static class PoolFormat
{
    /// <summary>The version of everything in a pool. A newer one is refused.</summary>
    public const int Version = 1;

    /// <summary>Bytes in a block, as in EBS's direct APIs; the last block of a volume may be shorter.</summary>
    public const int BlockBytes = 512 * 1024;

    const string File = "engine.json";

    static readonly PoolDescription Known = new(Version, BlockBytes, "sha-256", "zstd", "xxh3-64");

    /// <summary>Writes it where it is absent; checks it where it is there.</summary>
    /// <exception cref="EngineException">Invalid: a newer or unknown format. Damaged: it cannot be read.</exception>
    public static void Ensure(IDisk disk)
    {
        if (disk.ReadAll(File, DiskExtensions.MaxRecordFile) is not { } content)
        {
            disk.WriteAtomically(File, JsonSerializer.SerializeToUtf8Bytes(Known, EngineJson.Default.PoolDescription));
            return;
        }
        PoolDescription? found;
        try
        {
            found = JsonSerializer.Deserialize(content, EngineJson.Default.PoolDescription);
        }
        catch (JsonException e)
        {
            throw new EngineException(EngineError.Damaged, "The pool's engine.json cannot be read.", e);
        }
        if (found is null or { Format: Version } && found != Known)
            throw new EngineException(EngineError.Damaged, "The pool's engine.json makes no sense.");
        if (found.Format != Version)
            throw new EngineException(EngineError.Invalid,
                $"The pool has format {found.Format}, but this engine knows only format {Version}. Use the newer version that wrote it.");
    }
}

/// <summary>The content of <c>engine.json</c>.</summary>
sealed record PoolDescription(int Format, int BlockBytes, string Hash, string Codec, string Check);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PoolDescription))]
[JsonSerializable(typeof(VolumeRecord))]
[JsonSerializable(typeof(PendingRecord))]
[JsonSerializable(typeof(AttachmentRecord))]
[JsonSerializable(typeof(UnfinishedSet))]
[JsonSerializable(typeof(ScrubRecord))]
sealed partial class EngineJson : JsonSerializerContext;
