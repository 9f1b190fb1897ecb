using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;
using Octavo.Api;

namespace Octavo.Server.Description;

/// <summary>
/// The API's description, OpenAPI 3.1, made from the routes themselves. What is served is <c>api/openapi.json</c>, checked in and built in: making it takes
/// some 60 MiB, which a server would not give back. A test holds the file to the routes.
/// </summary>
static class ApiDescription
{
    /// <summary>Its address. Served without a token: it tells no more than the source does.</summary>
    public const string Address = "/v2/openapi.json";

    const string Name = "v2";

    const string Introduction = """
        Every block-storage volume that an account owns, and what can be done with it.

        **Signing in.** Each request carries a token, as `Authorization: Bearer TOKEN` or as `X-Scalarium-Token: TOKEN`.

        **Bodies** are JSON with names in snake_case, at most 64 KiB; a field or parameter that is not known is refused by name. In answers every key is
        always present. Times are RFC 3339 in UTC, sizes are bytes unless the name says GiB.

        **Work that takes time** is an operation: 202, with its address in `Location`. It is done whatever happens to the process. `wait` waits for it.

        **Changes** take an `Idempotency-Key`: sent again with it, a change is done once and answered the same.

        **Errors** are problem+json (RFC 9457): `detail` is a sentence for people, `code` a word for programs.
        """;

    static readonly (string Name, string Description)[] Slices =
    [
        ("Volumes", "Listing, making, changing, deleting and bringing back volumes."),
        ("Snapshots", "Taking, listing, restoring and deleting snapshots."),
        ("Attachments", "Using volumes and snapshots as block devices over NBD."),
        ("Operations", "Following what was asked for, stopping it, and repeating what failed."),
        ("Events", "What changes, as it changes."),
        ("Credentials", "What opens the providers' stores."),
        ("Accounts", "Accounts, their users, and the users' tokens."),
        ("Audit", "Who did what, when, from where, and what came of it."),
    ];

    /// <summary>Registers what makes it.</summary>
    public static void Add(IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IApiDescriptionProvider, BodyDescriptions>());
        services.AddOpenApi(Name, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.ShouldInclude = route => route.RelativePath!.StartsWith("v2/", StringComparison.Ordinal);
            options.AddSchemaTransformer<SchemaDescriptions>();
            options.AddOperationTransformer<OperationDescriptions>();
            options.AddDocumentTransformer(DescribeAsync);
        });
    }

    static async Task DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellation)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Octavo",
            Version = typeof(OctavoServer).Assembly.GetName().Version!.ToString(3),
            Description = Introduction,
            License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
        };
        document.Servers = [new OpenApiServer { Url = "/", Description = "The server that gave out this document." }];
        document.Tags = Slices.Select(slice => new OpenApiTag { Name = slice.Name, Description = slice.Description }).ToHashSet();
        document.AddComponent("Problem", await context.GetOrCreateSchemaAsync(typeof(Problem), null, cancellation));
        document.Components!.Responses = ProblemDescriptions.All(document);
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A user's token." },
            ["token"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "X-Scalarium-Token",
                Description = "The same token, bare.",
            },
        };
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("bearer", document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] },
        ];
        Unwrap(document);
    }

    /// <summary>Comments are wrapped and indented as the source is.</summary>
    static void Unwrap(OpenApiDocument document)
    {
        foreach (var schema in document.Components!.Schemas!.Values)
        {
            schema.Description = Line(schema.Description);
            foreach (var property in schema.Properties?.Values ?? []) property.Description = Line(property.Description);
        }
        foreach (var operation in document.Paths.Values.SelectMany(path => path.Operations!.Values)) operation.Description = Line(operation.Description);
    }

    static string? Line(string? text) => text is null ? null : string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The document of the routes as they are now.</summary>
    public static async Task<byte[]> MakeAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var document = await scope.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync();
        using var made = new MemoryStream();
        await document.SerializeAsJsonAsync(made, OpenApiSpecVersion.OpenApi3_1);
        made.WriteByte((byte)'\n');
        return made.ToArray();
    }
}
