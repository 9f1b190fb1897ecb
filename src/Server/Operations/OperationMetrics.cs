using System.Diagnostics.Metrics;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Operations;

/// <summary>
/// Operations by kind and state. What is under way is counted in the table, by an index that holds nothing else, as somebody asks; what ended is counted as
/// it ends.
/// </summary>
sealed class OperationMetrics
{
    readonly Histogram<double> durations;
    readonly Counter<long> retries;

    public OperationMetrics(IMeterFactory meters, Database.Database database)
    {
        var meter = meters.Create(Instrumentation.Name);
        meter.CreateObservableGauge("octavo.operations.unfinished", () => database.Query(
            $"SELECT kind, state, count(*) FROM operations WHERE state IN ('queued', 'running') GROUP BY kind, state", Read),
            "{operation}", "Operations that are queued or run.");
        durations = meter.CreateHistogram<double>(
            "octavo.operation.duration", "s", "From the request for an operation to its end; its count is the operations that ended.");
        retries = meter.CreateCounter<long>("octavo.operation.retries", "{attempt}", "Attempts that failed and are repeated.");
    }

    /// <summary>An operation ended.</summary>
    public void Ended(string kind, string state, TimeSpan took)
    {
        durations.Record(took.TotalSeconds, new("kind", kind), new("outcome", state));
        // A series that begins with the first retry would hide it from whoever watches for a rise.
        retries.Add(0, new KeyValuePair<string, object?>("kind", kind));
    }

    /// <summary>An attempt failed, and another one will follow.</summary>
    public void Retried(string kind) => retries.Add(1, new KeyValuePair<string, object?>("kind", kind));

    static Measurement<long> Read(Row row) => new(row.Number(2), new("kind", row.Text(0)), new("state", row.Text(1)));
}
