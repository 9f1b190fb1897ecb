using System.Diagnostics;
using System.Diagnostics.Metrics;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>What AWS's limits leave, and how its requests go. The limits are told where they were ever needed: by AWS account, region and action.</summary>
sealed class EbsMetrics
{
    readonly ApiBudget budget;
    readonly Counter<long> throttles;
    readonly Histogram<double> durations;

    public EbsMetrics(IMeterFactory meters, ApiBudget budget)
    {
        this.budget = budget;
        var meter = meters.Create(Instrumentation.Name);
        meter.CreateObservableGauge("octavo.ebs.tokens", () => Each(b => b.Tokens), "{request}", "Requests that AWS's limit leaves now.");
        meter.CreateObservableGauge("octavo.ebs.waiting", () => Each(b => (double)b.Waiting), "{request}", "Requests that wait for AWS's limit.");
        throttles = meter.CreateCounter<long>("octavo.ebs.throttles", "{request}", "Requests that AWS refused because there were too many.");
        durations = meter.CreateHistogram<double>("octavo.ebs.request.duration", "s", "One request to AWS, each try for itself.");
    }

    /// <summary>A request was answered, or was not.</summary>
    /// <param name="failure">Null where it was done.</param>
    public void Called(CallTarget target, EbsFailureKind? failure, TimeSpan took)
    {
        durations.Record(took.TotalSeconds, new("action", target.Action), new("outcome", failure switch
        {
            null => "done",
            EbsFailureKind.Throttled or EbsFailureKind.SnapshotPace => "throttled",
            EbsFailureKind.Unknown => "unanswered",
            _ => "refused",
        }));
        // Also where it is none: a series that begins with the first throttle would hide it from whoever watches for a rise.
        throttles.Add(failure == EbsFailureKind.Throttled ? 1 : 0, Of(target.Account, target.Region, target.Action));
    }

    IEnumerable<Measurement<double>> Each(Func<TokenBucket, double> of) =>
        budget.All.Select(b => new Measurement<double>(of(b.Bucket), Of(b.Account, b.Region, b.Action)));

    static TagList Of(string account, string region, string action) =>
        new() { { "aws_account", account }, { "region", region }, { "action", action } };
}
