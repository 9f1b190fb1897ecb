using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Octavo.Server.Database;

namespace Octavo.Tests.Server;

/// <summary>Whoever follows the events sees every change once, in order, however often the connection breaks.</summary>
public sealed class EventTests
{
    const int Changes = 100_000, RowsChanged = 500, Seed = 20_260_101;

    [Fact]
    public async Task A_client_that_is_cut_off_at_random_and_resumes_sees_each_of_100_000_changes_once_in_order()
    {
        await using var host = await ServerHost.StartAsync();
        await Rows.AddAsync(host, RowsChanged, seed: 1);
        var database = host.Services.GetRequiredService<Database>();
        var start = await LastAsync(database);
#pragma warning disable RS0030 // The seed is named.
        var random = new Random(Seed);
#pragma warning restore RS0030
        var changing = ChangeAsync(host);
        var seen = new List<long>();
        var connections = 0;
        var end = long.MaxValue;

        while (seen.Count == 0 || seen[^1] < end)
        {
            connections++;
            var left = random.Next(1, 6000);
            await foreach (var (id, kind, data) in EventsAsync(host, seen.Count == 0 ? start : seen[^1]))
            {
                if (changing.IsCompleted && end == long.MaxValue) end = await changing;
                if (kind == "volume")
                {
                    JsonNode.Parse(data)!["seq"]!.GetValue<long>().ShouldBe(id);
                    seen.Add(id);
                }
                if (--left == 0 || seen.Count > 0 && seen[^1] >= end) break;
            }
        }

        seen.Count.ShouldBe(Changes);
        var written = await database.QueryAsync(
            $"SELECT seq FROM changes WHERE seq > {start} AND kind = 'volume' ORDER BY seq", row => row.Number(0), TestContext.Current.CancellationToken);
        seen.ShouldBe(written);
        connections.ShouldBeGreaterThan(10, "it was cut off often");
    }

    [Fact]
    public async Task Each_kind_of_change_is_told_with_what_it_is_now()
    {
        await using var host = await ServerHost.StartAsync();
        var start = await LastAsync(host.Services.GetRequiredService<Database>());
        var volume = await host.VolumeAsync();
        var snapshot = (string)(await host.SnapshotAsync(volume))["id"]!;
        await host.EndAsync((await host.V2Async("DELETE", $"/v2/volumes/{volume}")).Json["operation"]!);

        var told = new List<JsonNode>();
        await foreach (var (_, kind, data) in EventsAsync(host, start))
        {
            if (kind == "ping") continue;
            told.Add(JsonNode.Parse(data)!);
            ((string)told[^1]["kind"]!).ShouldBe(kind);
            if ((string?)told[^1]["what"] == "deleted") break;
        }

        string[] Of(string kind, string id) => [.. told.Where(e => (string?)e["kind"] == kind && (string?)e["id"] == id).Select(e => $"{e["what"]} {e["state"]}").Distinct()];
        Of("volume", volume).ShouldBe(["created creating", "updated available", "deleted deleting"], Case.Sensitive);
        Of("snapshot", snapshot)[0].ShouldBe("created pending");
        Of("snapshot", snapshot)[^1].ShouldBe("updated completed");
        told.Where(e => (string?)e["kind"] == "operation").Select(e => $"{e["what"]} {e["state"]}").ShouldContain("updated succeeded");
    }

    [Fact]
    public async Task Only_the_kinds_that_were_asked_for_and_only_the_own_account()
    {
        await using var host = await ServerHost.StartAsync();
        var start = await LastAsync(host.Services.GetRequiredService<Database>());
        var stranger = await host.UserAsync("stranger", "other");
        await host.VolumeAsync(token: stranger);
        var mine = await host.VolumeAsync();

        await foreach (var (_, kind, data) in EventsAsync(host, start, "&kinds=volume"))
        {
            if (kind == "ping") continue;
            kind.ShouldBe("volume");
            ((string)JsonNode.Parse(data)!["id"]!).ShouldBe(mine);
            break;
        }
        (await host.V2Async("GET", "/v2/events?kinds=weather")).Status.ShouldBe(400);
        (await host.V2Async("GET", "/v2/events", headers: ("Last-Event-ID", "x"))).Status.ShouldBe(400);
    }

    [Fact]
    public async Task A_client_that_was_away_for_longer_than_changes_are_kept_is_told_to_look_at_everything()
    {
        await using var host = await ServerHost.StartAsync();
        await Rows.AddAsync(host, 10, seed: 1);
        await Rows.ChangeAsync(host, $"DELETE FROM changes WHERE seq < (SELECT max(seq) FROM changes)");

        var (id, kind, _) = await EventsAsync(host, 0).FirstAsync(TestContext.Current.CancellationToken);

        kind.ShouldBe("reset");
        id.ShouldBe(await LastAsync(host.Services.GetRequiredService<Database>()));
    }

    [Fact]
    public async Task A_stream_ends_when_its_token_is_revoked()
    {
        await using var host = await ServerHost.StartAsync();
        var token = (string)(await host.V2Async("POST", "/v2/user/tokens", new JsonObject { ["name"] = "stream" })).Json["token"]!;
        await using var events = EventsAsync(host, 0, token: token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        (await events.MoveNextAsync()).ShouldBeTrue();

        await host.V2Async("DELETE", "/v2/user/tokens/stream");

        while (await events.MoveNextAsync()) { }
    }

    /// <summary>Changes rows in transactions of one to a thousand; returns the number of the last change.</summary>
    static async Task<long> ChangeAsync(ServerHost host)
    {
        for (var (done, size) = (0, 1); done < Changes; size = size * 7 % 1001)
        {
            var now = Math.Min(Math.Min(size, RowsChanged), Changes - done);
            await Rows.ChangeAsync(host, $"UPDATE volumes SET updated_at = updated_at + 1 WHERE rowid IN (SELECT rowid FROM volumes LIMIT {now})");
            done += now;
        }
        return await LastAsync(host.Services.GetRequiredService<Database>());
    }

    static async Task<long> LastAsync(Database database) => await database.FindAsync(
        $"SELECT coalesce(max(seq), 0) FROM changes", row => row.Number(0), TestContext.Current.CancellationToken);

    static async IAsyncEnumerable<(long Id, string Kind, string Data)> EventsAsync(
        ServerHost host, long after, string query = "", string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/events?" + query.TrimStart('&'));
        request.Headers.Authorization = new("Bearer", token ?? host.Token);
        request.Headers.Add("Last-Event-ID", after.ToString(CultureInfo.InvariantCulture));
        using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        ((int)response.StatusCode).ShouldBe(200);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var (id, kind, data) = (0L, "", "");
        while (await lines.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) kind = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) data = line[6..];
            else if (line.StartsWith("id: ", StringComparison.Ordinal)) id = long.Parse(line[4..], CultureInfo.InvariantCulture);
            else if (line.Length == 0) yield return (id, kind, data);
        }
    }
}
