using System.Diagnostics.Metrics;

namespace Octavo.Tests.Support;

/// <summary>Counts the requests of this process to one port that have no answer yet, by the measure that the HTTP client itself keeps.</summary>
sealed class RequestsUnderWay : IDisposable
{
    readonly MeterListener listener = new();
    readonly int port;
    long count;

    public RequestsUnderWay(int port)
    {
        this.port = port;
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument is { Name: "http.client.active_requests", Meter.Name: "System.Net.Http" }) l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, change, tags, _) => Add(change, tags));
        listener.Start();
    }

    public bool Any => Interlocked.Read(ref count) > 0;

    public void Dispose() => listener.Dispose();

    void Add(long change, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
            if (tag.Key == "server.port" && tag.Value is int of && of == port) Interlocked.Add(ref count, change);
    }
}
