using System.Diagnostics.Metrics;
using Octavo.Core;
using Octavo.Server.Events;
using Octavo.Server.Health;

namespace Octavo.Server.Telemetry;

/// <summary>How the service itself is: the database, those who follow the events, and whether it is ready.</summary>
sealed class ServiceMetrics
{
    public ServiceMetrics(IMeterFactory meters, Database.Database database, Readiness readiness)
    {
        var meter = meters.Create(Instrumentation.Name);
        meter.CreateObservableGauge("octavo.database.size", () => database.FileBytes, "By", "The database's file.");
        meter.CreateObservableGauge("octavo.database.log.size", () => database.LogBytes, "By", "The database's log: what was committed and is not yet in its file.");
        meter.CreateObservableCounter("octavo.database.commits", () => database.Commits, "{transaction}", "Transactions that were committed.");
        meter.CreateObservableGauge("octavo.events.streams", () => EventEndpoints.Streams, "{stream}", "Clients that follow the events.");
        meter.CreateObservableGauge("octavo.ready", () =>
        {
            var failing = readiness.Failing;
            return Readiness.Checks.Select(check =>
                new Measurement<int>(failing.Contains(check) ? 0 : 1, new KeyValuePair<string, object?>("check", check)));
        }, null, "1 where a check of /health/ready passes.");
    }
}
