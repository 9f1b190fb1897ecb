using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Octavo.Core;

namespace Octavo.Tests.Server;

/// <summary>Spans, as whoever listens gets them.</summary>
public sealed class TraceTests : IDisposable
{
    readonly ConcurrentBag<Activity> ended = [];
    readonly ActivityListener listener;

    public TraceTests()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is Instrumentation.Name or "Microsoft.AspNetCore",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);
    }

    public void Dispose() => listener.Dispose();

    [Fact]
    public async Task An_operation_is_a_span_with_its_steps_that_is_linked_to_the_request_that_asked()
    {
        await using var host = await ServerHost.StartAsync();
        var made = await host.V2Async("POST", "/v2/volumes", new JsonObject { ["name"] = "traced-secret-name", ["size_gib"] = 1 });
        await host.EndAsync(made.Json["operation"]!);

        var run = await SpanAsync(span => (string?)span.GetTagItem("octavo.operation.id") == (string?)made.Json["operation"]!["id"]);
        run.OperationName.ShouldBe("create-volume");
        run.Events.Select(e => e.Name).ShouldContain("creating");
        var asked = await SpanAsync(span => span.SpanId == run.Links.Single().Context.SpanId);
        asked.Source.Name.ShouldBe("Microsoft.AspNetCore");
        var call = await SpanAsync(span => span.ParentSpanId == run.SpanId && span.OperationName == "CreateVolumeAsync");
        foreach (var span in ended.Where(span => span.TraceId == run.TraceId).Append(call))
            span.TagObjects.Select(tag => $"{tag.Value}").ShouldNotContain(text => text.Contains("secret", StringComparison.Ordinal) || text.Contains(host.Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pass_over_a_cell_is_a_span_with_its_calls_to_the_provider()
    {
        await using var host = await ServerHost.StartAsync();
        var cell = (await host.ItemsAsync("/v2/credentials")).Single();
        await host.ReconcileAsync();

        var pass = await SpanAsync(span => span.OperationName == "cell pass" && (string?)span.GetTagItem("octavo.credential.id") == (string?)cell["id"]);
        await SpanAsync(span => span.ParentSpanId == pass.SpanId && span.OperationName == "ListVolumesAsync");
    }

    Task<Activity> SpanAsync(Func<Activity, bool> isIt) =>
        ServerHost.EventuallyAsync(() => Task.FromResult(ended.FirstOrDefault(isIt)!), found => found is not null);
}
