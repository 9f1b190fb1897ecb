using System.Diagnostics;

namespace Octavo.Core;

/// <summary>
/// The one name under which Octavo measures and traces. Meters come from <see cref="System.Diagnostics.Metrics.IMeterFactory"/>, one for a
/// service; spans from <see cref="Source"/>, which makes none where nobody listens.
/// </summary>
public static class Instrumentation
{
    /// <summary>Of the meter and of the source of spans.</summary>
    public const string Name = "Octavo";

    /// <summary>Makes spans. Nothing secret goes into one: names, ids and codes only, no texts of requests or answers.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>Marks a span as failed, by the code of the failure and without its sentence.</summary>
    public static void Fail(this Activity span, Exception failure)
    {
        var code = failure is VolumeException known ? known.ProviderCode ?? known.Code.ToString() : failure.GetType().Name;
        span.SetTag("error.type", code);
        span.SetStatus(ActivityStatusCode.Error, code);
    }
}
