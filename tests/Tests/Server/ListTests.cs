using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace Octavo.Tests.Server;

/// <summary>Lists of volumes and snapshots: whatever is asked, every one that fits is told once, in order, and no other.</summary>
public sealed class ListTests
{
    const int Volumes = 400;

    /// <summary>A question, as it stands behind the question mark, and the same in words of JSON.</summary>
    sealed record Filter(string Query, Func<JsonNode, bool> Fits);

    static readonly Filter[] VolumeFilters =
    [
        new("", _ => true),
        new("state=available", v => Text(v, "state") == "available"),
        new("provider=local", _ => false),
        new("provider=ebs", v => Text(v, "provider") == "ebs"),
        new("region=region-1", v => Text(v, "region") == "region-1"),
        new("availability_zone=region-21", v => Text(v, "availability_zone") == "region-21"),
        new("volume_type=io2", v => Text(v, "volume_type") == "io2"),
        new("size_gib_min=3&size_gib_max=6", v => (long)v["size_gib"]! is >= 3 and <= 6),
        new("attached=true", v => v["attachment"] is not null),
        new("attached=false", v => v["attachment"] is null),
        new("instance_id=i-7", v => v["attachments"]!.AsArray().Any(a => Text(a!, "instance_id") == "i-7")),
        new("unattached_since=2023-11-14T22:13:45Z", v => Time(v, "unattached_since") <= DateTimeOffset.FromUnixTimeSeconds(1700000025)),
        new("no_snapshot_since=2022-04-15T05:20:30Z", v => !(Time(v, "last_snapshot_at") >= DateTimeOffset.FromUnixTimeSeconds(1650000030))),
        new("snapshot_id=snap-0", v => Text(v, "snapshot_id") == "snap-0"),
        new("encrypted=true", v => (bool?)v["is_encrypted"] == true),
        new("encrypted=false", v => (bool?)v["is_encrypted"] == false),
        new("protected=true", v => (bool)v["is_protected"]!),
        new("managed=true", v => v["managed_by"] is not null),
        new("stale=false", _ => true),
        new("created_since=2020-09-13T12:26:50Z&created_until=2020-09-13T12:27:20Z",
            v => Time(v, "created_at") >= DateTimeOffset.FromUnixTimeSeconds(1600000010) && Time(v, "created_at") < DateTimeOffset.FromUnixTimeSeconds(1600000040)),
        new("name_contains=SYNCED", v => Text(v, "name")!.Contains("synced", StringComparison.OrdinalIgnoreCase)),
        new("name_contains=stra%C3%9Fe%203", v => Text(v, "name")!.Contains("straße 3", StringComparison.OrdinalIgnoreCase)),
        new("search=i-1", v => new[] { "name", "id", "provider_volume_id" }.Any(k => Text(v, k)!.Contains("i-1", StringComparison.OrdinalIgnoreCase))
            || v["attachment"] is { } a && Text(a, "instance_id")!.Contains("i-1", StringComparison.Ordinal)),
        new("tag.env=prod", v => Text(v["tags"]!, "env") == "prod"),
        new("tag.env=prod&tag.team=%C3%A9%3D%26", v => Text(v["tags"]!, "env") == "prod" && Text(v["tags"]!, "team") == "é=&"),
        new("tag.env=none", _ => false),
    ];

    static readonly Dictionary<string, Func<JsonNode, object?>> VolumeSorts = new()
    {
        ["created_at"] = v => Time(v, "created_at"),
        ["updated_at"] = v => Time(v, "updated_at"),
        ["name"] = v => Text(v, "name")!.ToLowerInvariant(),
        ["state"] = v => Text(v, "state"),
        ["size"] = v => (long)v["size_bytes"]!,
        ["used"] = v => (long?)v["used_bytes"],
        ["provider"] = v => Text(v, "provider"),
        ["region"] = v => Text(v, "region"),
        ["availability_zone"] = v => Text(v, "availability_zone"),
        ["volume_type"] = v => Text(v, "volume_type"),
        ["instance_id"] = v => v["attachment"] is { } a ? Text(a, "instance_id") : null,
        ["unattached_since"] = v => Time(v, "unattached_since"),
        ["snapshot_count"] = v => (long)v["snapshot_count"]!,
        ["last_snapshot_at"] = v => Time(v, "last_snapshot_at"),
        ["deleted_at"] = v => Time(v, "deleted_at"),
    };

    static readonly Filter[] SnapshotFilters =
    [
        new("", _ => true),
        new("orphan=true", s => s["volume_id"] is null),
        new("orphan=false", s => s["volume_id"] is not null),
        new("state=completed", s => Text(s, "state") == "completed"),
        new("region=region-0", s => Text(s, "region") == "region-0"),
        new("size_gib_min=8", s => (long)s["volume_size_bytes"]! >= 8L << 30),
        new("started_since=2022-04-15T05:20:30Z", s => Time(s, "started_at") >= DateTimeOffset.FromUnixTimeSeconds(1650000030)),
        new("started_until=2022-04-15T05:20:10Z", s => Time(s, "started_at") < DateTimeOffset.FromUnixTimeSeconds(1650000010)),
        new("tag.env=prod", s => Text(s["tags"]!, "env") == "prod"),
        new("provider_volume_id=vol-00000000000f42405", s => Text(s, "provider_volume_id") == "vol-00000000000f42405"),
        new("search=synced", s => Text(s, "volume_name")?.Contains("Synced", StringComparison.Ordinal) == true),
    ];

    static readonly Dictionary<string, Func<JsonNode, object?>> SnapshotSorts = new()
    {
        ["started_at"] = s => Time(s, "started_at"),
        ["updated_at"] = s => Time(s, "updated_at"),
        ["state"] = s => Text(s, "state"),
        ["progress"] = s => (long)s["progress_percent"]!,
        ["volume_size"] = s => (long)s["volume_size_bytes"]!,
        ["stored"] = s => (long?)s["stored_bytes"],
        ["provider"] = s => Text(s, "provider"),
        ["region"] = s => Text(s, "region"),
        ["provider_volume_id"] = s => Text(s, "provider_volume_id"),
    };

    [Fact]
    public async Task Whatever_is_asked_and_however_it_is_paged_every_volume_that_fits_is_told_once_in_order()
    {
        await using var host = await ServerHost.StartAsync();
        await Rows.AddAsync(host, Volumes, seed: 1);
        var question =
            from first in OneOf(VolumeFilters)
            from second in OneOf(VolumeFilters)
            from sort in OneOf<string?>([null, .. VolumeSorts.Keys, .. VolumeSorts.Keys.Select(k => "-" + k)])
            from limit in OneOf(1000, 97, 33)
            select (first, second, sort, limit);
        var all = await AllAsync(host, "volumes");
        all.Length.ShouldBe(Volumes - Deleted);
        (await PagesAsync(host, "volumes", "state=deleted", null, 1000)).Count.ShouldBe(Deleted);

        await question.SampleAsync(async q =>
        {
            if (SharesAName(q.first.Query, q.second.Query)) return;
            var (told, count) = await PagesAsync(host, "volumes", $"{q.first.Query}&{q.second.Query}", q.sort, q.limit);
            var expected = InOrder(all.Where(v => q.first.Fits(v) && q.second.Fits(v)), VolumeSorts, q.sort ?? "created_at");
            told.ShouldBe(expected, $"{q.first.Query} & {q.second.Query} by {q.sort}, {q.limit} a page");
            count.ShouldBe(expected.Length);
        }, iter: 300, threads: 1);
    }

    [Fact]
    public async Task The_same_of_snapshots()
    {
        await using var host = await ServerHost.StartAsync();
        await Rows.AddAsync(host, Volumes, seed: 1);
        var question =
            from first in OneOf(SnapshotFilters)
            from second in OneOf(SnapshotFilters)
            from sort in OneOf<string?>([null, .. SnapshotSorts.Keys, .. SnapshotSorts.Keys.Select(k => "-" + k)])
            from limit in OneOf(1000, 97, 33)
            select (first, second, sort, limit);
        var all = await AllAsync(host, "snapshots");
        all.Count(s => s["volume_id"] is null).ShouldBeInRange(10, all.Length - 10, "some of their volumes are gone");

        await question.SampleAsync(async q =>
        {
            if (SharesAName(q.first.Query, q.second.Query)) return;
            var (told, count) = await PagesAsync(host, "snapshots", $"{q.first.Query}&{q.second.Query}", q.sort, q.limit);
            var expected = InOrder(all.Where(s => q.first.Fits(s) && q.second.Fits(s)), SnapshotSorts, q.sort ?? "-started_at");
            told.ShouldBe(expected, $"{q.first.Query} & {q.second.Query} by {q.sort}, {q.limit} a page");
            count.ShouldBe(expected.Length);
        }, iter: 200, threads: 1);
    }

    [Fact]
    public async Task A_list_is_of_the_last_commit_whatever_changed()
    {
        await using var host = await ServerHost.StartAsync();
        await Rows.AddAsync(host, Volumes, seed: 1);
        (await PagesAsync(host, "volumes", "", null, 1000)).Count.ShouldBe(Volumes - Deleted);

        // Few changes are followed one by one, many by reading anew; both must come to the same as a list that was never asked before.
        foreach (var (least, most) in new[] { (0, 3), (0, 40), (10, 60), (0, 10_000) })
        {
            await Rows.ChangeAsync(host, $"UPDATE volumes SET name = 'renamed ' || name, tags = NULL, updated_at = updated_at + 1 WHERE rowid % 101 BETWEEN {least} AND {most}");
            await Rows.ChangeAsync(host, $"UPDATE volumes SET state = iif(state = 'deleted', 'available', 'deleted'), updated_at = {TimeProvider.System.GetUtcNow()} WHERE rowid % 97 BETWEEN {least} AND {most / 2}");
            await Rows.ChangeAsync(host, $"UPDATE volumes SET provider_volume_id = provider_volume_id || 'x' WHERE rowid % 89 BETWEEN {least} AND {most / 3}");
            await Rows.ChangeAsync(host, $"DELETE FROM volumes WHERE rowid % 83 BETWEEN {least} AND {most / 100}");
            await Rows.ChangeAsync(host, $"DELETE FROM snapshots WHERE rowid % 79 BETWEEN {least} AND {most / 100}");
            await Rows.ChangeAsync(host, $"UPDATE snapshots SET state = 'completed', provider_volume_id = 'vol-00000000000f4240a' WHERE rowid % 73 BETWEEN {least} AND {most / 4}");
            string[] before = [await TotalsAsync(host), .. await SomeAsync(host)];

            await host.RestartAsync();

            string[] after = [await TotalsAsync(host), .. await SomeAsync(host)];
            after.ShouldBe(before);
        }

        static async Task<string> TotalsAsync(ServerHost host) =>
            (await host.V2Async("GET", "/v2/volumes/totals?group_by=state,region,tag.env")).Body + (await host.V2Async("GET", "/v2/snapshots/totals?group_by=orphan,state")).Body;

        static async Task<string[]> SomeAsync(ServerHost host) =>
        [
            .. (await PagesAsync(host, "volumes", "", "-last_snapshot_at", 150)).Told, .. (await PagesAsync(host, "volumes", "search=renamed", "name", 1000)).Told,
            .. (await PagesAsync(host, "snapshots", "orphan=true", "volume_size", 90)).Told,
            .. (await PagesAsync(host, "volumes", "state=deleted&no_snapshot_since=2030-01-01", "-name", 1000)).Told,
        ];
    }

    [Fact]
    public async Task A_page_ends_before_it_is_longer_than_200_KiB_and_the_next_one_goes_on_there()
    {
        await using var host = await ServerHost.StartAsync();
        await Rows.AddAsync(host, volumes: 1500, seed: 1);
        // The longest tags that there are: five volumes fill a page.
        var tags = string.Join(',', Enumerable.Range(0, 50).Select(n => $$"""{"key":"{{n:d3}}{{new string('k', 125)}}","value":"{{new string('é', 256)}}"}"""));
        await Rows.ChangeAsync(host, $"UPDATE volumes SET tags = {'[' + tags + ']'} WHERE id IN (SELECT id FROM volumes WHERE state = 'available' ORDER BY name LIMIT 20)");
        foreach (var list in new[] { "volumes?sort=name", "volumes?sort=-size&state=available", "snapshots", "snapshots?sort=-volume_size", "audit", "operations" })
        {
            var seen = new List<string>();
            for (string? token = ""; token is not null;)
            {
                var page = await host.V2Async("GET", $"/v2/{list}{(list.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=1000&page_token={Uri.EscapeDataString(token)}");
                page.Status.ShouldBe(200, page.Body);
                Encoding.UTF8.GetByteCount(page.Body).ShouldBeLessThanOrEqualTo(200 * 1024, list);
                seen.AddRange(page.Json["items"]!.AsArray().Select(item => item!["id"]!.ToString()));
                token = (string?)page.Json["next_page_token"];
            }
            seen.ShouldBeUnique();
            if (!list.Contains('?', StringComparison.Ordinal)) continue;
            var (told, count) = await PagesAsync(host, list.Split('?')[0], list.Split('?')[1], sort: null, limit: 7);
            seen.ShouldBe(told);
            count.ShouldBe(seen.Count);
        }
    }

    [Fact]
    public async Task Totals_are_what_the_list_adds_up_to()
    {
        await using var host = await ServerHost.StartAsync();
        await Rows.AddAsync(host, Volumes, seed: 1);
        var all = await AllAsync(host, "volumes");

        var totals = (await host.V2Async("GET", "/v2/volumes/totals?group_by=state,tag.env&size_gib_min=3")).Json;

        var fitting = all.Where(v => (long)v["size_gib"]! >= 3).ToArray();
        ((long)totals["count"]!).ShouldBe(fitting.Length);
        ((long)totals["size_bytes"]!).ShouldBe(fitting.Sum(v => (long)v["size_bytes"]!));
        ((long)totals["stored_bytes"]!).ShouldBe(fitting.Sum(v => (long?)v["used_bytes"] ?? 0));
        var expected = fitting.GroupBy(v => (State: Text(v, "state")!, Env: Text(v["tags"]!, "env") ?? ""))
            .Select(g => $"{g.Key.State} {g.Key.Env} {g.Count()} {g.Sum(v => (long)v["size_bytes"]!)}");
        totals["groups"]!.AsArray().Select(g => $"{g!["keys"]!["state"]} {g["keys"]!["tag.env"]} {g["count"]} {g["size_bytes"]}").ShouldBe(expected, ignoreOrder: true);
        totals["groups"]!.AsArray().Select(g => (long)g!["count"]!).ShouldBeInOrder(SortDirection.Descending);
        (await host.V2Async("GET", "/v2/volumes/totals?group_by=nonsense")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task A_page_token_is_of_one_question_and_a_list_is_not_sent_again_until_something_changes()
    {
        await using var host = await ServerHost.StartAsync();
        await Rows.AddAsync(host, Volumes, seed: 1);
        var page = await host.V2Async("GET", "/v2/volumes?sort=name&limit=10");
        var token = Uri.EscapeDataString((string)page.Json["next_page_token"]!);

        (await host.V2Async("GET", $"/v2/volumes?sort=name&limit=20&page_token={token}")).Status.ShouldBe(200);
        foreach (var other in new[] { "sort=-name", "sort=name&state=available", "" })
            (await host.V2Async("GET", $"/v2/volumes?{other}&page_token={token}")).Status.ShouldBe(400, other);
        var tag = page.Header("ETag")!;
        (await host.V2Async("GET", "/v2/volumes?sort=name&limit=10", headers: ("If-None-Match", tag))).Status.ShouldBe(304);
        await Rows.ChangeAsync(host, $"UPDATE volumes SET name = 'aaa' WHERE rowid = 1");
        (await host.V2Async("GET", "/v2/volumes?sort=name&limit=10", headers: ("If-None-Match", tag))).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("state=gone", "available")]
    [InlineData("sort=colour", "created_at")]
    [InlineData("sort=--name", "hyphen")]
    [InlineData("attached=maybe", "true or false")]
    [InlineData("size_gib_min=big", "whole number")]
    [InlineData("unattached_since=yesterday", "2026-11-25T08:00:00Z")]
    [InlineData("colour=red", "There is no parameter")]
    public async Task A_question_that_makes_no_sense_is_refused_with_what_would(string query, string sentence)
    {
        await using var host = await ServerHost.StartAsync();

        var refused = await host.V2Async("GET", "/v2/volumes?" + query);

        refused.Status.ShouldBe(400);
        ((string)refused.Json["detail"]!).ShouldContain(sentence);
    }

    /// <summary>Of the rows that are added, those in state deleted.</summary>
    const int Deleted = 40;

    static async Task<JsonNode[]> AllAsync(ServerHost host, string list) =>
        [.. await host.AllItemsAsync($"/v2/{list}")];

    static async Task<(string[] Told, long Count)> PagesAsync(ServerHost host, string list, string query, string? sort, int limit)
    {
        var told = new List<string>();
        string? token = null;
        long count;
        do
        {
            var parts = new[] { query.Trim('&'), sort is null ? "" : $"sort={sort}", token is null ? "" : $"page_token={Uri.EscapeDataString(token)}" };
            var reply = await host.V2Async("GET", $"/v2/{list}?limit={limit}&count=true&{string.Join('&', parts.Where(p => p.Length > 0))}");
            reply.Status.ShouldBe(200, reply.Body);
            told.AddRange(reply.Json["items"]!.AsArray().Select(item => (string)item!["id"]!));
            token = (string?)reply.Json["next_page_token"];
            count = (long)reply.Json["count"]!;
        }
        while (token is not null);
        return ([.. told], count);
    }

    static string[] InOrder(IEnumerable<JsonNode> items, Dictionary<string, Func<JsonNode, object?>> sorts, string sort)
    {
        var of = sorts[sort.TrimStart('-')];
        var direction = sort[0] == '-' ? -1 : 1;
        return
        [
            .. items.Select(item => (Id: Text(item, "id")!, Value: of(item)))
                .Order(Comparer<(string Id, object? Value)>.Create((a, b) =>
                    a.Value is null != b.Value is null ? a.Value is null ? 1 : -1
                    : a.Value is null || Compare(a.Value, b.Value!) is 0 ? string.CompareOrdinal(a.Id, b.Id)
                    : Compare(a.Value, b.Value!) * direction))
                .Select(item => item.Id),
        ];
    }

    static int Compare(object a, object b) => a is string text ? Math.Sign(string.CompareOrdinal(text, (string)b)) : ((IComparable)a).CompareTo(b);

    static bool SharesAName(string first, string second) =>
        first.Split('&').Select(p => p.Split('=')[0]).Intersect(second.Split('&').Select(p => p.Split('=')[0])).Any(name => name.Length > 0);

    static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    static string? Text(JsonNode item, string key) => (string?)item[key];

    static DateTimeOffset? Time(JsonNode item, string key) => item[key] is { } value ? DateTimeOffset.Parse((string)value!, CultureInfo.InvariantCulture) : null;
}
