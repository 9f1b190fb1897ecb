using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Amazon.EC2.Model;
using Amazon.Runtime;

namespace Octavo.Providers.Ebs;

/// <summary>
/// EC2's record of a volume as JSON, under the names of its API. By reflection over the SDK's type, so that a field which AWS adds is there with the
/// package that knows it.
/// </summary>
static class EbsRecord
{
    static readonly JsonSerializerOptions Options = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutEmptyLists } },
        Converters = { new Word() },
        // Text beyond ASCII is written as it is.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>One JSON object; what EC2 did not send is left out.</summary>
    public static string Text(Volume volume) => JsonSerializer.Serialize(volume, Options);

    static void LeaveOutEmptyLists(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
            if (property.PropertyType.IsAssignableTo(typeof(ICollection)))
                property.ShouldSerialize = (_, value) => value is ICollection { Count: > 0 };
    }

    /// <summary>The SDK wraps each set of words, as the states, in a type of its own.</summary>
    sealed class Word : JsonConverter<ConstantClass>
    {
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsAssignableTo(typeof(ConstantClass));

        public override ConstantClass Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, ConstantClass value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Value);
    }
}
