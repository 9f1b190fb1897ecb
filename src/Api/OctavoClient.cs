using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Octavo.Api;

/// <summary>
/// Calls <c>/v2</c>. Every method throws <see cref="OctavoException"/> where the server refuses and <see cref="HttpRequestException"/> where
/// it cannot be reached. Each change names an <c>Idempotency-Key</c> of its own, so that a request that is repeated does nothing twice.
/// </summary>
/// <param name="http">Has the server's address, and no timeout of its own: transfers take as long as they take.</param>
/// <param name="token">The token to sign in with.</param>
/// <param name="retries">
/// The clock for the pauses before a request is repeated whose connection was lost: after 0.5, 2 and 5 s, which outlasts a restart of the server. Null
/// for no repeating.
/// </param>
public sealed partial class OctavoClient(HttpClient http, string token, TimeProvider? retries = null)
{
    static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)];

    static readonly Func<HttpContent?> NoBody = () => null;

    IAsyncEnumerable<T> ListAsync<T>(string path, string filter, JsonTypeInfo<Page<T>> shape, CancellationToken cancellation) =>
        ListAsync(path, filter, shape, page => (page.Items, page.NextPageToken), cancellation);

    async IAsyncEnumerable<T> ListAsync<T, TPage>(
        string path, string filter, JsonTypeInfo<TPage> shape, Func<TPage, (IReadOnlyList<T> Items, string? Next)> open,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? page = null;
        do
        {
            var (items, next) = open(await GetAsync($"{path}?limit=1000{Word("page_token", page)}{filter}", shape, cancellation));
            foreach (var item in items) yield return item;
            page = next;
        }
        while (page is not null);
    }

    Task<T> GetAsync<T>(string path, JsonTypeInfo<T> shape, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, path, NoBody, shape, cancellation);

    async Task<T> SendAsync<T>(
        HttpMethod method, string path, Func<HttpContent?> body, JsonTypeInfo<T> shape, CancellationToken cancellation)
    {
        using var response = await SendAsync(method, path, body, HttpCompletionOption.ResponseContentRead, mayRepeat: true, cancellation);
        return await ReadAsync(response, shape, cancellation);
    }

    static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> shape, CancellationToken cancellation) =>
        await response.Content.ReadFromJsonAsync(shape, cancellation)
            ?? throw new OctavoException((int)response.StatusCode, "unknown", "The server answered nothing.", null);

    async Task DeleteAsync(string path, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            HttpMethod.Delete, path, NoBody, HttpCompletionOption.ResponseContentRead, mayRepeat: true, cancellation);
    }

    async Task<(Stream, long)> DownloadAsync(string path, CancellationToken cancellation)
    {
        var response = await SendAsync(HttpMethod.Get, path, NoBody, HttpCompletionOption.ResponseHeadersRead, mayRepeat: true, cancellation);
        return (await response.Content.ReadAsStreamAsync(cancellation),
            response.Content.Headers.ContentLength
                ?? throw new OctavoException((int)response.StatusCode, "unknown", "The server did not say how long the image is.", null));
    }

    /// <param name="body">Makes the body, anew for each time that the request is sent.</param>
    async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, Func<HttpContent?> body, HttpCompletionOption completion, bool mayRepeat, CancellationToken cancellation)
    {
        var key = method == HttpMethod.Get ? null : RandomNumberGenerator.GetHexString(32, lowercase: true);
        for (var sent = 0; ; sent++)
        {
            try
            {
                using var request = new HttpRequestMessage(method, path) { Content = body() };
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                if (key is not null) request.Headers.Add("Idempotency-Key", key);
                var response = await http.SendAsync(request, completion, cancellation);
                if (response.IsSuccessStatusCode) return response;
                using (response) throw await FailureAsync(response, cancellation);
            }
            // Where nothing listens from the start, nothing was asked and waiting is of no use.
            catch (HttpRequestException e) when (e.HttpRequestError != HttpRequestError.ConnectionError || sent > 0)
            {
                if (retries is null || !mayRepeat || sent == Pauses.Length) throw Lost(e, isChange: key is not null);
                await Task.Delay(Pauses[sent], retries, cancellation);
            }
        }
    }

    static HttpRequestException Lost(HttpRequestException cause, bool isChange) => new(
        HttpRequestError.ResponseEnded,
        cause.Message + (isChange ? " Whether the change was made is not known; the audit log tells." : ""), cause);

    static async Task<OctavoException> FailureAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        try
        {
            if (await response.Content.ReadFromJsonAsync(ApiJson.Wire.Problem, cancellation) is { Detail: not null } problem)
                return new OctavoException(status, problem.Code, problem.Detail, problem.RequestId);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            // Something between us and the server answered in its own way.
        }
        return new OctavoException(status, "unknown", $"The server answered {status} {response.ReasonPhrase}.", null);
    }

    static string DeletionOf(string id, bool finalSnapshot, bool purge) =>
        $"/v2/volumes/{Escape(id)}?final_snapshot={(finalSnapshot ? "true" : "false")}&purge={(purge ? "true" : "false")}";

    static Func<HttpContent?> Json<T>(T value, JsonTypeInfo<T> shape) => () => JsonContent.Create(value, shape);

    /// <summary>The fields of a filter as they stand behind the question mark, each with an ampersand before it.</summary>
    static string Words<T>(T filter, JsonTypeInfo<T> shape)
    {
        var words = new StringBuilder();
        foreach (var (name, value) in JsonSerializer.SerializeToElement(filter, shape).EnumerateObject().Select(field => (field.Name, field.Value)))
        {
            if (value.ValueKind == JsonValueKind.Object)
                foreach (var tag in value.EnumerateObject()) words.Append(Word("tag." + Uri.EscapeDataString(tag.Name), tag.Value.GetString()));
            else if (value.ValueKind != JsonValueKind.Null)
                words.Append(Word(name, value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()));
        }
        return words.ToString();
    }

    static string Word(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";

    static string First(string path, string words) => words.Length == 0 ? path : $"{path}?{words[1..]}";

    static string? Time(DateTimeOffset? time) => time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    // As a part of a path these would name another address: the list, or what is above it.
    static string Escape(string text) => text is "" or "." or ".."
        ? throw new OctavoException(404, "not_found", $"\"{text}\" is no id and no name.", null)
        : Uri.EscapeDataString(text);
}
