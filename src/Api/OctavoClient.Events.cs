using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Octavo.Api;

/// <summary>One message of the stream of events.</summary>
/// <param name="Change">What changed; null for a sign of life, and for a reset.</param>
/// <param name="IsReset">What was missed is not kept any more: everything has to be looked at anew.</param>
public sealed record EventMessage(ChangeEvent? Change, bool IsReset);

/// <content>Events.</content>
public sealed partial class OctavoClient
{
    /// <summary>The server gives a sign of life every 15 s; where three are missing, the connection is dead.</summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What changes, as it changes, each change once and in order: where the connection breaks, it is made anew and goes on behind what came last, until
    /// the caller ends it. The first message is a sign of life: from then on nothing is missed.
    /// </summary>
    /// <param name="kinds">volume, snapshot, operation and cell, with commas between; null for all.</param>
    /// <param name="after">Begin behind this event; 0 for all that are kept, null for what changes from now on.</param>
    /// <param name="time">The clock of the pauses between connections.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="HttpRequestException">Nothing answered at the first time.</exception>
    public async IAsyncEnumerable<EventMessage> FollowEventsAsync(
        string? kinds, long? after, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var position = after;
        var pause = FirstPause;
        var hasConnected = false;
        while (true)
        {
            await using var connection = ConnectAsync(kinds, position, time, cancellation).GetAsyncEnumerator(cancellation);
            while (await NextAsync(connection, hasConnected, cancellation) is { } message)
            {
                pause = FirstPause;
                hasConnected = true;
                if (message.Id is { } id) position = id;
                yield return new EventMessage(message.Change, message.IsReset);
            }
            await Task.Delay(pause, time, cancellation);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>The next message; null where a connection is gone that had come about before.</summary>
    static async Task<(long? Id, ChangeEvent? Change, bool IsReset)?> NextAsync(
        IAsyncEnumerator<(long? Id, ChangeEvent? Change, bool IsReset)> connection, bool hasConnected, CancellationToken cancellation)
    {
        try
        {
            return await connection.MoveNextAsync() ? connection.Current : null;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException or OctavoException { Status: >= 500 })
        {
            cancellation.ThrowIfCancellationRequested();
            if (!hasConnected) throw;
            return null;
        }
    }

    async IAsyncEnumerable<(long? Id, ChangeEvent? Change, bool IsReset)> ConnectAsync(
        string? kinds, long? position, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var silence = new CancellationTokenSource(Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellation);
        using var request = new HttpRequestMessage(
            HttpMethod.Get, First("/v2/events", Word("kinds", kinds) + Word("after", position?.ToString(CultureInfo.InvariantCulture))));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        if (!response.IsSuccessStatusCode) throw await FailureAsync(response, either.Token);
        var stream = await response.Content.ReadAsStreamAsync(either.Token);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(either.Token))
        {
            silence.CancelAfter(Silence);
            long? id = long.TryParse(item.EventId, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : null;
            yield return item.EventType switch
            {
                "ping" => (id, null, false),
                "reset" => (id, null, true),
                _ => (id, JsonSerializer.Deserialize(item.Data, ApiJson.Wire.ChangeEvent), false),
            };
        }
    }
}
