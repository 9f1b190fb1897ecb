using System.Reflection;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Octavo.Api;

namespace Octavo.Server.Description;

/// <summary>Tells of the records of <c>/v2</c> what their types alone do not.</summary>
sealed class SchemaDescriptions : IOpenApiSchemaTransformer
{
    /// <summary>What a request must have; the records leave it open so that its absence is answered with a sentence.</summary>
    static readonly Dictionary<Type, string[]> Needed = new()
    {
        [typeof(CreateAccountRequest)] = ["name"],
        [typeof(CreateUserRequest)] = ["name"],
        [typeof(CreateTokenRequest)] = ["name"],
        [typeof(CreateCredentialRequest)] = ["name"],
        [typeof(CreateVolumeRequest)] = ["name"],
        [typeof(ImportVolumeRequest)] = ["name", "path"],
        [typeof(RestoreSnapshotRequest)] = ["name"],
    };

    /// <inheritdoc/>
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonPropertyInfo is { AttributeProvider: PropertyInfo property }) DescribeProperty(schema, property);
        else if (schema.Properties is { Count: > 0 }) DescribeRecord(schema, context.JsonTypeInfo.Type);
        return Task.CompletedTask;
    }

    static void DescribeProperty(OpenApiSchema schema, PropertyInfo property)
    {
        if (ClosedWords.Of(property.DeclaringType!, property.Name) is { } words)
        {
            schema.Enum = ClosedWords.Nodes(words);
            if (schema.Type!.Value.HasFlag(JsonSchemaType.Null)) schema.Enum.Add(null!);
        }
        // The serializer does not know whether what a dictionary holds may be null.
        if (property.PropertyType == typeof(IReadOnlyDictionary<string, string>)
            && new NullabilityInfoContext().Create(property).GenericTypeArguments[1].ReadState == NullabilityState.Nullable)
            schema.AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Null };
    }

    static void DescribeRecord(OpenApiSchema schema, Type type)
    {
        if (type.Name.EndsWith("Request", StringComparison.Ordinal) || type.Name.EndsWith("Filter", StringComparison.Ordinal))
        {
            schema.Required = Needed.TryGetValue(type, out var needed) ? needed.ToHashSet() : null;
            foreach (var name in needed ?? []) ((OpenApiSchema)schema.Properties![name]).Type = JsonSchemaType.String;
            // What is not known is refused.
            schema.AdditionalPropertiesAllowed = false;
        }
        else
        {
            // Every key is always there.
            schema.Required = schema.Properties!.Keys.ToHashSet();
        }
    }
}
