using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Telemetry;

/// <summary>What a real server sends to a collector that it is told of.</summary>
public class OtlpTests
{
    [Fact]
    public async Task Spans_and_metrics_reach_the_collector_with_the_ids_that_people_have_and_without_secrets()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var collector = Collector.Start();
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(
            folder.Path, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_METRIC_EXPORT_INTERVAL", "500"));
        using var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Token);

        using var body = new StringContent("""{"name":"payroll","size_gib":1}""", Encoding.UTF8, "application/json");
        var made = JsonNode.Parse(await (await http.PostAsync(new Uri("/v2/volumes", UriKind.Relative), body, cancellation)).Content.ReadAsStringAsync(cancellation))!;
        var refused = JsonNode.Parse(await (await http.GetAsync(new Uri("/v2/volumes?name_contains=hidden&nonsense=hidden", UriKind.Relative), cancellation))
            .Content.ReadAsStringAsync(cancellation))!;
        string[] expected =
        [
            (string)made["operation"]!["id"]!, "create-volume", "creating", "POST /v2/volumes", "CreateVolumeAsync", "cell pass", (string)refused["request_id"]!,
        ];

        var all = await Eventually.GetAsync("the spans and the metrics", () =>
        {
            var (traces, metrics) = (collector.Of("/v1/traces"), collector.Of("/v1/metrics"));
            return Task.FromResult(
                expected.All(traces.Contains) && metrics.Contains("octavo.cell.listing.age", StringComparison.Ordinal) ? traces + metrics : null);
        });
        foreach (var secret in new[] { server.Token, "payroll", "hidden" }) all.ShouldNotContain(secret);
    }
}
