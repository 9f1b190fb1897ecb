using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Octavo.Server.Health;

/// <summary>
/// <c>/health/live</c> and <c>/health/ready</c>, for whoever starts the service and sends it requests. Without sign-in: they tell whether it is well, and
/// nothing else of it.
/// </summary>
static class HealthEndpoints
{
    /// <summary>Where they are.</summary>
    public const string Base = "/health";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(Base + "/live", Live).WithName("Live").ExcludeFromDescription();
        app.MapGet(Base + "/ready", Ready).WithName("Ready").ExcludeFromDescription();
    }

    /// <summary>The process answers; if it does not, start it anew.</summary>
    static JsonHttpResult<Health> Live() => Answer(new Health("live", []));

    /// <summary>It can do its work; if not, send requests elsewhere and read its log.</summary>
    static JsonHttpResult<Health> Ready(Readiness readiness) => readiness.Failing is { Count: > 0 } failing
        ? Answer(new Health("not_ready", [.. failing.Order(StringComparer.Ordinal)]), StatusCodes.Status503ServiceUnavailable)
        : Answer(new Health("ready", []));

    static JsonHttpResult<Health> Answer(Health health, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(health, (JsonTypeInfo<Health>)HealthJson.Default.Health, statusCode: status);
}

/// <summary>How the service is.</summary>
/// <param name="Status">live, ready or not_ready.</param>
/// <param name="Failing">The checks that fail, of <see cref="Readiness.Checks"/>.</param>
sealed record Health(string Status, IReadOnlyList<string> Failing);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Health))]
sealed partial class HealthJson : JsonSerializerContext;
