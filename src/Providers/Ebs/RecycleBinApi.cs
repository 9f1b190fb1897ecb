using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// The two calls of the Recycle Bin's own service that tell its rules: REST with JSON, signed for <c>rbin</c>. The packages of the SDK that are
/// used here have no client for it. It throws what the HTTP client and the JSON reader throw.
/// </summary>
sealed class RecycleBinApi(EbsSessions sessions, EbsEndpoints endpoints, TimeProvider time) : IDisposable
{
    const string Service = "rbin";
    const string Volumes = "EBS_VOLUME";
    const string Days = "DAYS";
    const string Available = "available";

    /// <summary>AWS's quota of rules is 250 in a region, some hundred bytes each.</summary>
    const int LargestAnswer = 1 << 20;

    readonly HttpClient http = new(new SocketsHttpHandler
    {
        // What is signed for one host is for no other.
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        MaxResponseContentBufferSize = LargestAnswer,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>A page of the ids of the rules for volumes.</summary>
    public async Task<(IEnumerable<string> Ids, string? NextToken)> ListRulesAsync(Cell cell, string? token, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new ListRules(Volumes, token), RecycleBinJson.Default.ListRules);
        var page = await CallAsync(cell, HttpMethod.Post, "list-rules", body, RecycleBinJson.Default.RulePage, cancellation);
        // An id is a part of an address; one that is none would lead elsewhere.
        return ((page?.Rules ?? []).Select(r => r.Identifier).OfType<string>().Where(id => id.Length > 0 && id.All(char.IsAsciiLetterOrDigit)),
            page?.NextToken);
    }

    /// <summary>A rule; null where it is gone, keeps nothing yet, or counts in something else than days.</summary>
    public async Task<RetentionRule?> GetRuleAsync(Cell cell, string id, CancellationToken cancellation)
    {
        var rule = await CallAsync(cell, HttpMethod.Get, "rules/" + id, [], RecycleBinJson.Default.Rule, cancellation);
        return rule is { Status: null or Available, RetentionPeriod: { RetentionPeriodUnit: Days, RetentionPeriodValue: { } days } }
            ? new RetentionRule(id, days, Tags(rule.ResourceTags), Tags(rule.ExcludeResourceTags))
            : null;
    }

    public void Dispose() => http.Dispose();

    async Task<T?> CallAsync<T>(
        Cell cell, HttpMethod method, string path, byte[] body, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class
    {
        var (access, signer) = await sessions.SignerAsync(cell, cancellation);
        using var request = new HttpRequestMessage(method, endpoints.RecycleBin(access, cell.Region, path));
        if (body.Length > 0) request.Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        SignatureV4.Sign(request, body, signer, cell.Region, Service, time.GetUtcNow());
        using var answer = await http.SendAsync(request, cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        if (answer.StatusCode != HttpStatusCode.OK)
            throw new HttpRequestException($"{request.RequestUri!.Authority} answered HTTP {(int)answer.StatusCode} to {method} {path}.");
        return JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(cancellation), type);
    }

    static ValueList<ProviderTag> Tags(IReadOnlyList<RuleTag>? tags) =>
    [
        .. (tags ?? []).Where(t => t.ResourceTagKey is not null).Select(t => new ProviderTag(t.ResourceTagKey!, t.ResourceTagValue ?? "")),
    ];
}

/// <summary>The request for a page of rules.</summary>
sealed record ListRules(string ResourceType, string? NextToken);

/// <summary>A page of rules.</summary>
sealed record RulePage(IReadOnlyList<Rule>? Rules, string? NextToken);

/// <summary>A rule; in a page it has neither tags nor status.</summary>
sealed record Rule(
    string? Identifier, RetentionPeriod? RetentionPeriod, IReadOnlyList<RuleTag>? ResourceTags, IReadOnlyList<RuleTag>? ExcludeResourceTags,
    string? Status);

/// <summary>How long a rule keeps what it covers.</summary>
sealed record RetentionPeriod(int? RetentionPeriodValue, string? RetentionPeriodUnit);

/// <summary>A tag that a rule looks for.</summary>
sealed record RuleTag(string? ResourceTagKey, string? ResourceTagValue);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ListRules))]
[JsonSerializable(typeof(RulePage))]
sealed partial class RecycleBinJson : JsonSerializerContext;
