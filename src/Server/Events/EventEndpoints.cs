using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Database;
using Octavo.Server.Http;

namespace Octavo.Server.Events;

/// <summary>
/// <c>GET /v2/events</c>: what changes in the account, as it changes, in the order of the commits; each change once. A client that comes back with
/// <c>Last-Event-ID</c> goes on behind it.
/// </summary>
static class EventEndpoints
{
    /// <summary>Streams at once: each is a connection and a query a commit.</summary>
    const int MaxStreams = 1000;

    /// <summary>Changes read at once.</summary>
    const int BatchSize = 1000;

    /// <summary>Proxies cut connections on which nothing comes for a minute; and a token that was revoked is found out so soon.</summary>
    static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);

    static int streams;

    /// <summary>Clients that follow the events now.</summary>
    public static int Streams => Volatile.Read(ref streams);

    public static void Map(RouteGroupBuilder v2) => v2.MapGet("/events", StreamAsync).WithName("StreamEvents").WithQuery(
        new QueryParameter("kinds", $"Only these, with commas between: {string.Join(", ", ChangedKind.All)}."),
        new QueryParameter("after", "Begin behind the event of this id, as the header Last-Event-ID does; 0 for all that are kept.", QueryForm.Number))
        .WithHeader("Last-Event-ID", "The id of the last event that was seen: go on behind it.")
        .Streams<ChangeEvent>("text/event-stream", "Server-sent events, the data of each a `ChangeEvent` as JSON.").Fails(ErrorCode.Unavailable);

    /// <summary>Streams what changes in the account, in order, each change once.</summary>
    /// <remarks>
    /// Server-sent events: the event's type is the kind (volume, snapshot, operation, cell, attachment), its id the number of the change, its data a
    /// <c>ChangeEvent</c> as JSON. A client that comes back with <c>Last-Event-ID</c> goes on behind it. <c>ping</c> comes at once and every 15 s;
    /// <c>reset</c> comes first where what was missed is not kept any more: look at everything anew. The stream ends when the token does.
    /// </remarks>
    public static IResult StreamAsync(
        Caller caller, Database.Database database, Callers callers, TimeProvider time, HttpContext context, CancellationToken cancellation)
    {
        var changes = database.Changes;
        var kinds = JsonSerializer.Serialize(Kinds(Query.Text(context, "kinds")));
        var after = Query.Number(context, "after") ?? LastEventId(context.Request) ?? changes.Of(caller.Account);
        if (Interlocked.Increment(ref streams) > MaxStreams)
        {
            Interlocked.Decrement(ref streams);
            throw new VolumeException(ErrorCode.Unavailable, $"{MaxStreams} clients follow the events already, the most that are served. Try again later.");
        }
        context.Response.OnCompleted(() =>
        {
            Interlocked.Decrement(ref streams);
            return Task.CompletedTask;
        });
        return TypedResults.ServerSentEvents(FollowAsync(changes, caller, callers, kinds, after, time, cancellation));
    }

    static async IAsyncEnumerable<SseItem<string>> FollowAsync(
        ChangeLog changes, Caller caller, Callers callers, string kinds, long after, TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (!await changes.HasAllBehindAsync(after, cancellation))
        {
            // What it missed is not kept any more: it has to look at everything anew.
            after = changes.Of(caller.Account);
            yield return new SseItem<string>("{}", "reset") { EventId = Text(after) };
        }
        // At once, so that the client knows that it is connected, and where to go on even if nothing comes before it is cut off.
        yield return Ping(after);
        var mayHaveEnded = true;
        while (true)
        {
            // Before looking: what changes from now on ends the wait.
            var (next, ended) = (changes.NextAsync(), callers.NextForgettingAsync());
            if (mayHaveEnded && !await callers.IsAliveAsync(caller, cancellation)) yield break;
            List<Changed> batch;
            do
            {
                batch = await changes.BehindAsync(caller.Account, after, kinds, BatchSize, cancellation);
                foreach (var one in batch)
                    yield return new SseItem<string>(
                        JsonSerializer.Serialize(new ChangeEvent(one.Seq, one.Kind, one.Id, one.What, one.State, one.At), ApiJson.Wire.ChangeEvent), one.Kind)
                    {
                        EventId = Text(one.Seq),
                    };
                if (batch.Count > 0) after = batch[^1].Seq;
            }
            while (batch.Count == BatchSize);
            var ping = Task.Delay(PingInterval, time, cancellation);
            var first = await Task.WhenAny(next, ended, ping);
            mayHaveEnded = first != next;
            if (first != ping) continue;
            await ping;
            yield return Ping(after);
        }
    }

    static string[] Kinds(string? given)
    {
        if (given is null) return [.. ChangedKind.All];
        var kinds = given.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return kinds.FirstOrDefault(kind => !ChangedKind.All.Contains(kind)) is { } unknown
            ? throw new VolumeException(ErrorCode.Invalid, $"kinds has \"{unknown}\"; there are {string.Join(", ", ChangedKind.All)}.")
            : kinds;
    }

    static long? LastEventId(HttpRequest request) => request.Headers["Last-Event-ID"].ToString() switch
    {
        "" => null,
        var given when long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) => seq,
        _ => throw new VolumeException(ErrorCode.Invalid, "Last-Event-ID is no id of an event; leave it out to begin with what changes from now on."),
    };

    static SseItem<string> Ping(long after) => new("{}", "ping") { EventId = Text(after) };

    static string Text(long seq) => seq.ToString(CultureInfo.InvariantCulture);
}
