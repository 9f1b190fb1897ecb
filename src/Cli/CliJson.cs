using System.Text.Json.Serialization;

namespace Octavo.Cli;

/// <summary>What an export prints.</summary>
/// <param name="Id">The volume or snapshot.</param>
/// <param name="File">As given.</param>
/// <param name="SizeBytes">Its length.</param>
sealed record Exported(string Id, string File, long SizeBytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Exported))]
sealed partial class CliJson : JsonSerializerContext;
