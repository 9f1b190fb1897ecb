using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Playwright;

namespace Octavo.EndToEnd.Browser;

/// <summary>A form that changes something, as a page of the console has it.</summary>
/// <param name="Path">Where it is sent.</param>
/// <param name="Fields">What is sent, as the page fills it in.</param>
sealed record FormOnPage(
    [property: JsonPropertyName("path")] string Path, [property: JsonPropertyName("fields")] IReadOnlyList<FieldOnPage> Fields)
{
    const string Read = """
        () => JSON.stringify([...document.querySelectorAll('form')].filter(f => f.method === 'post').map(f => ({
            path: new URL(f.getAttribute('action') ?? location.href, location.href).pathname,
            fields: [...f.elements].filter(e => e.name).map(e => ({ name: e.name, value: e.value || (e.required ? 'x' : '') })),
        })).concat([...document.querySelectorAll('button[formaction]')].map(b => ({
            path: new URL(b.formAction).pathname,
            fields: [...b.form.elements].filter(e => e.name).map(e => ({ name: e.name, value: e.value || 'x' })),
        }))))
        """;

    /// <summary>All forms of a page that change something.</summary>
    public static async Task<IReadOnlyList<FormOnPage>> AllAsync(IPage page) =>
        JsonSerializer.Deserialize<FormOnPage[]>(await page.EvaluateAsync<string>(Read))!;

    /// <summary>The form without the fields that somebody else cannot know.</summary>
    public FormOnPage Forged() => this with { Fields = [.. Fields.Where(f => f.Name != "form_token")] };
}

/// <summary>A field of a form.</summary>
sealed record FieldOnPage([property: JsonPropertyName("name")] string Name, [property: JsonPropertyName("value")] string Value);
