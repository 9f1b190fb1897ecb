using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Octavo.Tests.Support;

namespace Octavo.Tests.Server;

/// <summary>Holds answers against <c>api/openapi.json</c>, and more strictly than JSON Schema does: what is not described must not be there.</summary>
static class Describing
{
    /// <summary>The document.</summary>
    public static JsonNode Document { get; } = JsonNode.Parse(Repository.Read("api/openapi.json"))!;

    /// <summary>Every call that it describes.</summary>
    public static IReadOnlyList<Operation> Operations { get; } =
    [
        .. from path in Document["paths"]!.AsObject()
           from method in path.Value!.AsObject()
           select new Operation(method.Key.ToUpperInvariant(), path.Key, method.Value!),
    ];

    internal sealed record Operation(string Method, string Path, JsonNode Node)
    {
        public string[] Parts { get; } = Path.Split('/');
    }

    static readonly Lock reading = new();

    /// <summary>Fails where an answer of any test is not as the description says; what is asked of no call's address is not looked at.</summary>
    public static void ShouldHold(string method, string address, Reply reply)
    {
        var parts = address.Split('?')[0].Split('/');
        var faults = new List<string>();
        // The document's nodes are made as they are looked at.
        lock (reading)
        {
            var operation = Operations
                .Where(one => one.Method == method && one.Parts.Length == parts.Length)
                .Where(one => one.Parts.Zip(parts).All(part => part.First == part.Second || (part.First.StartsWith('{') && part.Second.Length > 0)))
                .MinBy(one => one.Parts.Count(part => part.StartsWith('{')));
            if (operation is not null) Check(operation, reply, faults);
        }
        faults.ShouldBeEmpty();
    }

    /// <summary>Tells what of an answer is not as the call's description says.</summary>
    public static void Check(Operation operation, Reply reply, List<string> faults)
    {
        var where = $"{operation.Method} {operation.Path} {reply.Status}";
        // The one for every other failure does not count: a status that comes is one that is named.
        if (operation.Node["responses"]![reply.Status.ToString(CultureInfo.InvariantCulture)] is not { } response)
        {
            faults.Add($"{where} is not described: {reply.Body}");
            return;
        }
        response = Resolve(response);
        foreach (var header in new[] { "ETag", "Location", "Retry-After", "Idempotency-Replayed" })
            if (reply.Header(header) is not null && response["headers"]?[header] is null) faults.Add($"{where}: the header {header} is not described");
        var type = reply.Type?.Split(';')[0];
        var content = response["content"]?.AsObject().Single();
        if (type != content?.Key) faults.Add($"{where}: {type ?? "nothing"} instead of {content?.Key ?? "nothing"}");
        else if (type?.EndsWith("json", StringComparison.Ordinal) == true && type != "application/x-ndjson")
            Check(where, reply.Json, content!.Value.Value!["schema"]!, faults);
    }

    /// <summary>Tells what of a body that was taken is not as the call's description says.</summary>
    public static void CheckBody(Operation operation, JsonNode? body, List<string> faults) => Check(
        $"{operation.Method} {operation.Path} body", body, operation.Node["requestBody"]!["content"]!["application/json"]!["schema"]!, faults);

    static void Check(string where, JsonNode? value, JsonNode schema, List<string> faults)
    {
        schema = Resolve(schema);
        if (schema["oneOf"] is JsonArray choices)
        {
            var fitting = choices.Count(choice =>
            {
                var found = new List<string>();
                Check(where, value, choice!, found);
                return found.Count == 0;
            });
            if (fitting != 1) faults.Add($"{where}: {fitting} of {choices.Count} shapes fit {value?.ToJsonString()}");
            return;
        }
        var type = TypeOf(value);
        var types = schema["type"] is JsonArray several ? several.Select(one => (string)one!).ToArray() : [(string)schema["type"]!];
        if (!types.Contains(type)) faults.Add($"{where} is {type} instead of {string.Join(" or ", types)}");
        if (schema["enum"] is JsonArray words && !words.Any(word => JsonNode.DeepEquals(word, value))) faults.Add($"{where} is {value}, no word of its");
        if (type == "string" && (string?)schema["format"] == "date-time" && !DateTimeOffset.TryParse((string)value!, CultureInfo.InvariantCulture, out _))
            faults.Add($"{where} is {value}, no time");
        if (value is JsonArray items)
            foreach (var item in items) Check(where + "[]", item, schema["items"]!, faults);
        if (value is not JsonObject fields || schema["properties"] is null && schema["additionalProperties"] is null) return;
        foreach (var name in schema["required"]?.AsArray() ?? [])
            if (!fields.ContainsKey((string)name!)) faults.Add($"{where} has no {name}");
        foreach (var (name, field) in fields)
        {
            if ((schema["properties"]?[name] ?? schema["additionalProperties"]) is JsonObject described) Check($"{where}.{name}", field, described, faults);
            else faults.Add($"{where}.{name} is not described");
        }
    }

    static JsonNode Resolve(JsonNode node)
    {
        while ((string?)node["$ref"] is { } reference)
        {
            node = Document;
            foreach (var part in reference.Split('/').Skip(1)) node = node[part]!;
        }
        return node;
    }

    static string TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => value.ToJsonString().All(c => c is '-' or (>= '0' and <= '9')) ? "integer" : "number",
        JsonValueKind.String => "string",
        JsonValueKind.Array => "array",
        _ => "object",
    };
}
