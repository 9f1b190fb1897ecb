using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Octavo.Server.Description;

/// <summary>
/// The API's description as one HTML page, for people: every call with its parameters and answers, every record with its fields. No script, nothing from
/// elsewhere.
/// </summary>
sealed partial class ReferencePage
{
    /// <summary>Where its style is.</summary>
    public const string StyleAddress = "/docs/style.css";

    /// <summary>The page.</summary>
    public static byte[] Of(Stream description) => Encoding.UTF8.GetBytes(Page(JsonNode.Parse(description)!));

    static string Page(JsonNode document)
    {
        var page = new StringBuilder();
        var info = document["info"]!;
        page.Append($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(info["title"])} API reference</title>
            <link rel="stylesheet" href="{StyleAddress}">
            </head>
            <body>
            <a class="skip" href="#content">Skip to the content</a>
            <nav aria-label="Contents"><p class="title"><a href="#content">{Text(info["title"])} {Text(info["version"])}</a></p>

            """);
        var calls = Calls(document);
        foreach (var tag in document["tags"]!.AsArray())
        {
            page.Append($"<p><a href=\"#{Id(tag!["name"])}\">{Text(tag["name"])}</a></p>\n<ul>\n");
            foreach (var call in calls.Where(call => call.Tag == (string)tag["name"]!))
                page.Append($"<li><a href=\"#{call.Id}\">{call.Id}</a></li>\n");
            page.Append("</ul>\n");
        }
        page.Append("<p><a href=\"#records\">Records</a></p></nav>\n<main id=\"content\" tabindex=\"-1\">\n");
        page.Append($"<h1>{Text(info["title"])} API reference</h1>\n");
        foreach (var paragraph in ((string)info["description"]!).Split("\n\n")) page.Append($"<p>{Rich(paragraph)}</p>\n");
        page.Append($"<p>For programs: <a href=\"{ApiDescription.Address}\">{ApiDescription.Address}</a> (OpenAPI {Text(document["openapi"])}).</p>\n");
        foreach (var tag in document["tags"]!.AsArray())
        {
            page.Append($"<section aria-labelledby=\"{Id(tag!["name"])}\"><h2 id=\"{Id(tag["name"])}\">{Text(tag["name"])}</h2><p>{Rich(tag["description"])}</p>\n");
            foreach (var call in calls.Where(call => call.Tag == (string)tag["name"]!)) Append(page, call, document);
            page.Append("</section>\n");
        }
        page.Append("<section aria-labelledby=\"records\"><h2 id=\"records\">Records</h2>\n");
        foreach (var (name, schema) in document["components"]!["schemas"]!.AsObject()) Append(page, name, schema!);
        return page.Append("</section>\n</main>\n</body>\n</html>\n").ToString();
    }

    static void Append(StringBuilder page, Call call, JsonNode document)
    {
        page.Append($"<article id=\"{call.Id}\" aria-labelledby=\"{call.Id}-name\"><h3 id=\"{call.Id}-name\"><span class=\"method {call.Method}\">{call.Method.ToUpperInvariant()}</span> <code>{Text(call.Path)}</code></h3>\n");
        page.Append($"<p><strong>{Rich(call.Node["summary"])}</strong> {Rich(call.Node["description"])}</p>\n");
        if (call.Node["parameters"] is JsonArray { Count: > 0 } parameters)
        {
            page.Append("<table><caption>Parameters</caption><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">In</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead><tbody>\n");
            foreach (var one in parameters)
                page.Append($"<tr><th scope=\"row\"><code>{Text(one!["name"])}</code></th><td>{Text(one["in"])}</td><td>{Type(one["schema"])}</td><td>{Rich(one["description"])}</td></tr>\n");
            page.Append("</tbody></table>\n");
        }
        if (call.Node["requestBody"]?["content"] is JsonObject bodies)
            page.Append($"<p>Body: {string.Join("; or ", bodies.Select(body => $"{Type(body.Value!["schema"])} as <code>{Text(body.Key)}</code>"))}.</p>\n");
        page.Append("<table><caption>Answers</caption><thead><tr><th scope=\"col\">Status</th><th scope=\"col\">Body</th><th scope=\"col\">Meaning</th></tr></thead><tbody>\n");
        foreach (var (status, given) in call.Node["responses"]!.AsObject())
        {
            var answer = given!["$ref"] is { } reference ? document["components"]!["responses"]![Last(reference)]! : given;
            var shape = answer["content"]?.AsObject().First().Value!["schema"];
            var headers = answer["headers"] is JsonObject { Count: > 0 } named ? $" <span class=\"headers\">Headers: {Text(string.Join(", ", named.Select(header => header.Key)))}</span>" : "";
            page.Append($"<tr><th scope=\"row\">{Text(status)}</th><td>{Type(shape)}</td><td>{Rich(answer["description"])}{headers}</td></tr>\n");
        }
        page.Append("</tbody></table></article>\n");
    }

    static void Append(StringBuilder page, string name, JsonNode schema)
    {
        var required = schema["required"]?.AsArray().Select(field => (string)field!).ToHashSet() ?? [];
        page.Append($"<article id=\"{Text(name)}\" aria-labelledby=\"{Text(name)}-name\"><h3 id=\"{Text(name)}-name\"><code>{Text(name)}</code></h3>\n<p>{Rich(schema["description"])}</p>\n");
        page.Append("<table><caption>Fields</caption><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead><tbody>\n");
        foreach (var (field, type) in schema["properties"]?.AsObject() ?? [])
            page.Append($"<tr><th scope=\"row\"><code>{Text(field)}</code></th><td>{Type(type)}{(required.Contains(field) ? "" : ", optional")}</td><td>{Rich(type!["description"] ?? type["oneOf"]?[1]?["description"])}</td></tr>\n");
        page.Append("</tbody></table></article>\n");
    }

    /// <summary>A schema in a few words, with links to records.</summary>
    static string Type(JsonNode? schema)
    {
        if (schema is null) return "";
        if (schema["$ref"] is { } reference) return $"<a href=\"#{Last(reference)}\">{Last(reference)}</a>";
        if (schema["oneOf"] is JsonArray choices) return string.Join(" or ", choices.Select(Type));
        var text = Text(schema["type"] is JsonArray types
            ? string.Join(" or ", types.Select(type => (string)type!).OrderBy(type => type == "null"))
            : (string?)schema["type"] ?? "anything");
        if (schema["items"] is { } items) text = text.Replace("array", $"list of {Type(items)}", StringComparison.Ordinal);
        if (schema["format"] is { } format) text += $" <span class=\"format\">{Text(format)}</span>";
        if (schema["enum"] is JsonArray values)
            text += $": {string.Join(", ", values.Where(value => value is not null).Select(value => $"<code>{Text(value)}</code>"))}";
        return text;
    }

    static List<Call> Calls(JsonNode document) =>
    [
        .. from path in document["paths"]!.AsObject()
           from method in path.Value!.AsObject()
           select new Call((string)method.Value!["operationId"]!, (string)method.Value["tags"]![0]!, method.Key, path.Key, method.Value),
    ];

    static string Last(JsonNode reference) => ((string)reference!).Split('/')[^1];

    static string Id(JsonNode? name) => "slice-" + Text(name);

    static string Text(JsonNode? node) => Text((string?)node);

    static string Text(string? text) => HtmlEncoder.Default.Encode(text ?? "");

    static string Rich(JsonNode? node) => Rich((string?)node);

    /// <summary>The two marks that descriptions use: code and bold.</summary>
    static string Rich(string? text) => Bold().Replace(Code().Replace(Text(text), "<code>$1</code>"), "<strong>$1</strong>");

    [GeneratedRegex("`(.*?)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\*\*(.*?)\*\*")]
    private static partial Regex Bold();

    sealed record Call(string Id, string Tag, string Method, string Path, JsonNode Node);
}
