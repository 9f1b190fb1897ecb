using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Octavo.Ec2.Faults;

namespace Octavo.Ec2.Http;

/// <summary>The JSON of <c>/_control</c>: names in camelCase, times in seconds.</summary>
static class ControlJson
{
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>Sets those switches that a JSON object names; all of them, or none where one is not known or has no such value.</summary>
    /// <exception cref="JsonException">A name or a value makes no sense.</exception>
    public static void Set(Switches switches, JsonElement changes)
    {
        if (changes.ValueKind != JsonValueKind.Object) throw new JsonException("Switches are one JSON object.");
        var known = Options.GetTypeInfo(typeof(Switches)).Properties;
        List<(JsonPropertyInfo Property, object? Value)> planned = [];
        foreach (var change in changes.EnumerateObject())
        {
            var property = known.FirstOrDefault(p => p.Name == change.Name)
                ?? throw new JsonException($"There is no switch \"{change.Name}\".");
            planned.Add((property, change.Value.Deserialize(property.PropertyType, Options)));
        }
        foreach (var (property, value) in planned) property.Set!(switches, value);
    }

    static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
            // A secret's + stays a +, so that a shell script can cut it out.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        options.Converters.Add(new Seconds());
        options.MakeReadOnly();
        return options;
    }

    sealed class Seconds : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            TimeSpan.FromSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.TotalSeconds);
    }
}
