using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using Octavo.Server.Http;

namespace Octavo.Server.Description;

/// <summary>Describes each route from what it declares: parameters, headers, what it answers and how it fails.</summary>
sealed class OperationDescriptions : IOpenApiOperationTransformer
{
    const string Json = "application/json";
    const string SameTag = "As it was given.";

    /// <inheritdoc/>
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var method = metadata.OfType<MethodInfo>().Single();
        // A slice is a folder, and so a namespace.
        operation.Tags = new HashSet<OpenApiTagReference> { new(method.DeclaringType!.Namespace!.Split('.')[^1], context.Document) };
        var isChange = method.GetParameters().Any(parameter => parameter.ParameterType == typeof(Change));

        var parameters = operation.Parameters ??= [];
        foreach (var parameter in parameters.OfType<OpenApiParameter>()) parameter.Description ??= "Its id.";
        foreach (var parameter in metadata.OfType<QueryParameters>().SelectMany(query => query.All)) parameters.Add(Of(parameter));
        if (isChange)
            parameters.Add(Of(new RequestHeader(
                KeptAnswers.Header, "1 to 255 visible ASCII characters of the client's choice. The same change sent again with it is done once and answered the same, for 7 days.")));
        foreach (var header in metadata.OfType<RequestHeader>()) parameters.Add(Of(header));

        if (metadata.OfType<TakesImage>().Any())
            operation.RequestBody!.Content!["application/octet-stream"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "The raw image; Content-Length is needed." },
            };
        Answer(operation, context, metadata, isChange);
        return Task.CompletedTask;
    }

    static void Answer(OpenApiOperation operation, OpenApiOperationTransformerContext context, IList<object> metadata, bool isChange)
    {
        var shapes = operation.Responses!.ToDictionary(
            response => response.Key, response => response.Value.Content?.Values.FirstOrDefault()?.Schema);
        operation.Responses!.Clear();
        // Missing only until a test has found it.
        if (metadata.OfType<DeclaredAnswer>().SingleOrDefault() is not { } answer) return;
        var isTagged = metadata.OfType<TaggedAnswer>().Any();
        // What was made and has an address, and what was changed in place, is shown with its tag.
        var showsTag = isTagged || answer is { HasLocation: true, Status: StatusCodes.Status201Created } || context.Description.HttpMethod == HttpMethods.Patch;
        var shape = shapes.GetValueOrDefault(Key(answer.Status));
        if (answer.Status == StatusCodes.Status202Accepted)
        {
            var ended = operation.Responses["200"] = Of(answer, answer.HasPlan
                ? new OpenApiSchema { OneOf = [shape!, shapes[Key(DeclaredAnswer.PlanStatus)]!] }
                : shape);
            ended.Description = answer.HasPlan
                ? "The plan, which has changed nothing; or as with 202, where the operation has ended."
                : "As with 202, where the operation has ended, or nothing was left to do.";
            AddHeaders(ended, answer, showsTag, isChange);
        }
        AddHeaders(operation.Responses[Key(answer.Status)] = Of(answer, shape), answer, showsTag && answer.Status != StatusCodes.Status202Accepted, isChange);
        if (isTagged)
        {
            var known = operation.Responses["304"] = new OpenApiResponse { Description = "The client has it." };
            AddHeader(known, "ETag", SameTag);
        }
        foreach (var status in Answering.FailureStatuses(metadata, context.Description.RelativePath!))
            operation.Responses[Key(status)] = new OpenApiResponseReference(ProblemDescriptions.Name(status), context.Document);
        operation.Responses["default"] = new OpenApiResponseReference(ProblemDescriptions.Default, context.Document);
    }

    static OpenApiResponse Of(DeclaredAnswer answer, IOpenApiSchema? shape)
    {
        var response = new OpenApiResponse { Description = answer.Text ?? ReasonPhrases.GetReasonPhrase(answer.Status) };
        if (answer.MediaType is not { } type) return response;
        response.Content = new Dictionary<string, OpenApiMediaType>
        {
            [type] = new OpenApiMediaType
            {
                Schema = (type, shape) switch
                {
                    (Json, not null) => shape,
                    (Json, _) => new OpenApiSchema { Type = JsonSchemaType.Object, Description = answer.Text },
                    ("application/octet-stream", _) => new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
                    _ => new OpenApiSchema { Type = JsonSchemaType.String, Description = answer.Text },
                },
            },
        };
        return response;
    }

    static void AddHeaders(IOpenApiResponse response, DeclaredAnswer answer, bool showsTag, bool isChange)
    {
        if (showsTag) AddHeader(response, "ETag", "What If-None-Match and If-Match take.");
        if (answer.HasLocation)
            AddHeader(response, "Location", answer.Status == StatusCodes.Status202Accepted ? "The operation's address." : "The address of what was made.");
        if (isChange) AddHeader(response, "Idempotency-Replayed", "true where this was answered before, to the same request.");
    }

    static void AddHeader(IOpenApiResponse response, string name, string description) =>
        (((OpenApiResponse)response).Headers ??= new Dictionary<string, IOpenApiHeader>())[name] = new OpenApiHeader
        {
            Description = description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        };

    static OpenApiParameter Of(RequestHeader header) => new()
    {
        Name = header.Name,
        In = ParameterLocation.Header,
        Description = header.Description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    static OpenApiParameter Of(QueryParameter parameter) => parameter.Name.EndsWith('.') ? OfBeginning(parameter) : new OpenApiParameter
    {
        Name = parameter.Name,
        In = ParameterLocation.Query,
        Description = parameter.Description,
        Schema = parameter.Form switch
        {
            QueryForm.Flag => new OpenApiSchema { Type = JsonSchemaType.Boolean },
            QueryForm.Number => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" },
            // No format: a date alone is understood, too.
            _ => new OpenApiSchema { Type = JsonSchemaType.String, Enum = parameter.Values is { } words ? ClosedWords.Nodes(words) : null },
        },
    };

    /// <summary>Names that begin alike are the keys of an object, each a parameter of its own.</summary>
    static OpenApiParameter OfBeginning(QueryParameter parameter) => new()
    {
        Name = parameter.Name.TrimEnd('.') + "s",
        In = ParameterLocation.Query,
        Description = parameter.Description,
        Style = ParameterStyle.Form,
        Explode = true,
        Schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String },
        },
    };

    static string Key(int status) => status.ToString(CultureInfo.InvariantCulture);
}
