using System.Text.Json;
using Octavo.Ec2.Actions;

namespace Octavo.Ec2.Http;

/// <summary>The calls of the Recycle Bin's own service: REST with JSON, which every other one here does without.</summary>
static class RestCall
{
    const string Rules = "/rules/";

    /// <summary>Such a call as a form like all others; null for one of the Query protocol.</summary>
    public static Form? Read(HttpRequest request, ReadOnlySpan<byte> body) => (request.Method, request.Path.Value) switch
    {
        ("POST", "/list-rules") => Form.Of("ListRules", ActionTable.RecycleBinVersion, Fields(body)),
        ("GET", { } path) when path.StartsWith(Rules, StringComparison.Ordinal) =>
            Form.Of("GetRule", ActionTable.RecycleBinVersion, [new("Identifier", path[Rules.Length..])]),
        _ => null,
    };

    /// <summary>The simple fields of a JSON object; none where it is no such thing.</summary>
    static List<KeyValuePair<string, string>> Fields(ReadOnlySpan<byte> body)
    {
        try
        {
            var fields = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(body) ?? [];
            return [.. fields.Select(f => KeyValuePair.Create(f.Key, f.Value.ToString()))];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
