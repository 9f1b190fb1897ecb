using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Octavo.Core;
using Octavo.Engine;

namespace Octavo.Providers.Local;

/// <summary>What the engine knows of a volume, as JSON. Paths are relative to the pool: where that lies is nobody's business outside.</summary>
sealed record LocalRecord(
    string Id, string? Tag, string State, string? Reason, long SizeBytes, long? AllocatedBytes, string? SnapshotId, string Path,
    DateTimeOffset CreatedAt, DateTimeOffset? InUseSince, IReadOnlyList<string>? Attachments, double? HydratedFraction)
{
    /// <summary>One JSON object; what is not known is left out.</summary>
    public static string Text(EngineVolume volume) => JsonSerializer.Serialize(
        new LocalRecord(
            volume.Id, volume.Tag, States.Text(Translation.State(volume.State)), volume.Reason, volume.SizeBytes, volume.AllocatedBytes,
            volume.SnapshotId, volume.Path, volume.CreatedAt, volume.InUseSince,
            volume.Attachments.Count > 0 ? [.. volume.Attachments.Select(a => a.Id)] : null,
            volume.HydratedFraction < 1 ? volume.HydratedFraction : null),
        LocalJson.Relaxed.LocalRecord);
}

[JsonSerializable(typeof(LocalRecord))]
sealed partial class LocalJson : JsonSerializerContext
{
    /// <summary>The one configured instance: text beyond ASCII is written as it is.</summary>
    public static LocalJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
