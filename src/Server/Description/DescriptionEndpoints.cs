using Microsoft.AspNetCore.Http.HttpResults;

namespace Octavo.Server.Description;

/// <summary>The API's description for programs, <c>/v2/openapi.json</c>, and for people, <c>/docs</c>. For anybody: they tell no more than the source does.</summary>
static class DescriptionEndpoints
{
    /// <summary>The page needs its own style and nothing else.</summary>
    const string Policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    static readonly Lazy<byte[]> Page = new(() =>
    {
        using var description = Resource("openapi.json");
        return ReferencePage.Of(description);
    });

    public static void Map(WebApplication app)
    {
        app.MapGet(ApiDescription.Address, Show).WithName("ShowDescription").ExcludeFromDescription();
        app.MapGet("/docs", ShowPage).WithName("ShowReference").ExcludeFromDescription();
        app.MapGet(ReferencePage.StyleAddress, ShowStyle).WithName("ShowReferenceStyle").ExcludeFromDescription();
    }

    static FileStreamHttpResult Show() => TypedResults.Stream(Resource("openapi.json"), "application/json");

    static FileContentHttpResult ShowPage(HttpContext context)
    {
        Guard(context.Response.Headers);
        return TypedResults.Bytes(Page.Value, "text/html; charset=utf-8");
    }

    static FileStreamHttpResult ShowStyle(HttpContext context)
    {
        Guard(context.Response.Headers);
        return TypedResults.Stream(Resource("docs.css"), "text/css; charset=utf-8");
    }

    static void Guard(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
    }

    static Stream Resource(string name) => typeof(DescriptionEndpoints).Assembly.GetManifestResourceStream("Octavo.Server.Description." + name)!;
}
