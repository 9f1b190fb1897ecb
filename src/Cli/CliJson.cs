using System.Text.Json.Serialization;

namespace Octavo.Cli;

/// <summary>What an export prints.</summary>
/// <param name="Id">The volume or snapshot.</param>
/// <param name="File">As given.</param>
/// <param name="SizeBytes">Its length.</param>
sealed record Exported(string Id, string File, long SizeBytes);

/// <summary>How many there are.</summary>
sealed record Counted(long Count);

/// <summary>What is told of a profile: all but its token.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Server">The address.</param>
/// <param name="IsInUse">Whether it is taken where none is named.</param>
sealed record ShownProfile(string Name, string Server, bool IsInUse);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Exported))]
[JsonSerializable(typeof(Counted))]
[JsonSerializable(typeof(ShownProfile))]
[JsonSerializable(typeof(ProfileSet))]
sealed partial class CliJson : JsonSerializerContext;
