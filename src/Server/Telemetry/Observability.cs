using System.Diagnostics.Metrics;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Health;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Octavo.Server.Telemetry;

/// <summary>
/// OpenTelemetry: what is measured goes to <c>/metrics</c>, from the first time that it is asked for; with <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> metrics and
/// spans are also sent there. Without either, nobody listens, and nothing is spent on it.
/// </summary>
static class Observability
{
    /// <summary>The page for Prometheus.</summary>
    public const string Page = "/metrics";

    /// <summary>The framework's own meter of requests.</summary>
    const string Hosting = "Microsoft.AspNetCore.Hosting";

    /// <summary>How long they take, by route and status.</summary>
    const string Requests = "http.server.request.duration";

    /// <summary>
    /// Series of one metric, past which the rest are summed up as one. Room for all of them is taken at once, some 100 bytes each: AWS's limits of 20 accounts
    /// are 2,700 series with 17 regions and 8 actions each, and 340 cells.
    /// </summary>
    static readonly (string Prefix, int Series)[] MostSeries =
    [
        ("octavo.ebs.", 4000), ("octavo.cell.", 2000), ("octavo.engine.", 1000), (Requests, 1000), ("", 100),
    ];

    /// <summary>Seconds. From a list out of memory to the bars of lists, and on to waits of a minute.</summary>
    static readonly double[] RequestSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 10, 60];

    /// <summary>Seconds. From a row that is written to a snapshot of a day.</summary>
    static readonly double[] WorkSeconds = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 86_400];

    static readonly string[] RequestTags = ["http.request.method", "http.route", "http.response.status_code"];

    /// <summary>Adds what measures, and what sends where that is asked for.</summary>
    public static void AddObservability(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton<OperationMetrics>().AddSingleton<CellMetrics>().AddSingleton<ServiceMetrics>();
        services.AddSingleton(provider => new Lazy<MeterProvider>(() =>
            Sdk.CreateMeterProviderBuilder().Measure(provider.GetRequiredService<IMeterFactory>()).AddPrometheusExporter().Build()));
        if (!options.HasOtlp) return;
        services.AddOpenTelemetry()
            .ConfigureResource(Describe)
            .WithMetrics(metrics => metrics.Measure(null).AddOtlpExporter())
            .WithTracing(traces => traces
                .AddSource(Instrumentation.Name)
                .AddAspNetCoreInstrumentation(web =>
                {
                    // Those who ask every few seconds, and a stream of events, which has no end.
                    web.Filter = context => !context.Request.Path.StartsWithSegments(HealthEndpoints.Base, StringComparison.Ordinal)
                        && context.Request.Path.Value is not (Page or "/v2/events");
                    web.EnrichWithHttpRequest = (span, request) => span.SetTag("octavo.request.id", request.HttpContext.TraceIdentifier);
                })
                .AddOtlpExporter());
    }

    /// <summary>Begins to measure, and maps <see cref="Page"/>, for the service's operator: it names accounts.</summary>
    public static void Map(WebApplication app)
    {
        _ = app.Services.GetRequiredService<OperationMetrics>();
        _ = app.Services.GetRequiredService<CellMetrics>();
        _ = app.Services.GetRequiredService<ServiceMetrics>();
        var page = new Lazy<RequestDelegate>(() => ((IApplicationBuilder)app).New()
            .UseOpenTelemetryPrometheusScrapingEndpoint(app.Services.GetRequiredService<Lazy<MeterProvider>>().Value, _ => true, null, null, null).Build());
        app.MapGet(Page, (Watcher caller, HttpContext context) => page.Value(context)).WithName("ShowMetrics").ExcludeFromDescription();
    }

    /// <summary>What is measured, in which steps.</summary>
    /// <param name="own">Only what is of this service, where several are in one process; null for all.</param>
    static MeterProviderBuilder Measure(this MeterProviderBuilder metrics, IMeterFactory? own) => metrics
        .ConfigureResource(Describe)
        .AddMeter(Instrumentation.Name, Hosting, "System.Runtime")
        .AddView(instrument => IsTold(instrument, own) ? View(instrument) : MetricStreamConfiguration.Drop);

    /// <summary>
    /// Of what the framework measures of requests, only how long they take: everything else would cost each of them as much again. Of the runtime, nothing
    /// whose name ends as Prometheus ends the names of histograms' counts.
    /// </summary>
    static bool IsTold(Instrument instrument, IMeterFactory? own) =>
        (own is null || instrument.Meter.Scope is null || instrument.Meter.Scope == own)
        && (instrument.Meter.Name != Hosting || instrument.Name == Requests)
        && !instrument.Name.EndsWith(".count", StringComparison.Ordinal);

    static MetricStreamConfiguration View(Instrument instrument)
    {
        var series = MostSeries.First(most => instrument.Name.StartsWith(most.Prefix, StringComparison.Ordinal)).Series;
        if (instrument is not Histogram<double>) return new MetricStreamConfiguration { CardinalityLimit = series };
        return instrument.Name == Requests
            ? new ExplicitBucketHistogramConfiguration { Boundaries = RequestSeconds, TagKeys = RequestTags, CardinalityLimit = series }
            : new ExplicitBucketHistogramConfiguration { Boundaries = WorkSeconds, CardinalityLimit = series };
    }

    static void Describe(ResourceBuilder resource) =>
        resource.AddService("octavo", serviceVersion: typeof(Observability).Assembly.GetName().Version!.ToString(3), autoGenerateServiceInstanceId: false);
}
