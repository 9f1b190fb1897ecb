using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Octavo.Server.Database;

namespace Octavo.Tests.Server;

/// <summary>The console's pages, as a browser without scripts has them.</summary>
public sealed partial class ConsolePageTests
{
    const string Evil = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{7*7}}";

    [Fact]
    public async Task What_people_name_things_is_text_on_every_page()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync(Evil);
        await host.V2Async("PATCH", $"/v2/volumes/{volume}", new JsonObject
        {
            ["mount_point"] = "/" + Evil,
            ["tags"] = new JsonObject { ["k<script>alert(2)</script>"] = Evil },
        });
        var snapshot = await host.SnapshotAsync(volume);
        await host.UserAsync(Evil);
        var user = (await host.ItemsAsync("/v2/users")).Single(u => (string?)u["name"] == Evil)["id"];
        await host.V2Async("POST", $"/v2/users/{user}/tokens", new JsonObject { ["name"] = Evil });
        var gone = await host.VolumeAsync(Evil + " gone");
        await host.DeleteAsync(gone);
        var client = await ConsoleClient.SignInAsync(host);
        var operation = (await host.ItemsAsync("/v2/operations?kind=create-snapshot"))[0]["id"];
        var evilQuery = Uri.EscapeDataString(Evil);

        foreach (var path in new[]
        {
            "/", "/volumes", $"/volumes?search={evilQuery}", $"/volumes?tag={evilQuery}", $"/volumes?nonsense={evilQuery}", $"/volumes?sort={evilQuery}", "/volumes/deleted",
            $"/volumes/{volume}", $"/volumes/{gone}", $"/volumes/{volume}/raw", "/snapshots", $"/snapshots?search={evilQuery}", $"/snapshots/{snapshot["id"]}",
            $"/snapshots/{snapshot["id"]}/restore", "/operations", $"/operations/{operation}", "/audit", $"/audit?user={evilQuery}", "/users", $"/users/{user}",
            $"/volumes/{evilQuery}", $"/{evilQuery}",
        })
            Harmless(path, (await client.GetAsync(path)).Body);
        Harmless("plan", (await client.PostAsync("/volumes/delete-plan", ("picked", volume))).Body);
        Harmless("snapshot plan", (await client.PostAsync("/snapshots/delete-plan", ("picked", (string)snapshot["id"]!))).Body);
        Harmless("refused", (await client.PostAsync("/volumes/new", ("name", Evil), ("size_gib", Evil), ("mount_point", Evil), ("tag_key", Evil), ("tag_value", Evil))).Body);
        Harmless("target", (await ConsoleClient.Stranger(host).PostAsync("/sign-in", ("token", Evil), ("target", "/" + Evil))).Body);
        ConsoleClient.Text((await client.GetAsync($"/volumes/{volume}")).Body).ShouldContain(Evil);
    }

    [Fact]
    public async Task A_name_does_not_get_into_a_header()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);

        var made = await client.PostAsync("/volumes/new", ("name", "n\r\nX-Injected: 1"), ("size_gib", "1"));

        made.Status.ShouldBe(400);
        made.Header("X-Injected").ShouldBeNull();
        (await client.GetAsync("/volumes?search=x%0D%0AX-Injected:%201")).Header("X-Injected").ShouldBeNull();
    }

    [Fact]
    public async Task The_newcomers_walk_goes_without_scripts()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);
        for (var i = 0; i < 12; i++) await host.VolumeAsync($"web-{i}");

        var table = (await client.GetAsync("/volumes?search=web-&state=available&provider=&sort=-name")).Body;
        ConsoleClient.Text(table).ShouldContain("12 volumes match");
        var names = Names(table);
        names[0].ShouldBe("web-9");
        var ids = Values(table, "picked").Take(10).ToArray();

        var taken = await client.PostAsync("/volumes/snapshots", [.. ids.Select(id => ("picked", id)), ("form_key", "key-1")]);
        taken.Status.ShouldBe(303, taken.Body);
        var progress = await BodyAsync(client, taken.Header("Location")!, HasEnded);
        ConsoleClient.Text(progress).ShouldContain("10 parts");
        Regex.Count(progress, ">succeeded<").ShouldBe(11);

        var snapshots = (await client.GetAsync("/snapshots")).Body;
        ConsoleClient.Text(snapshots).ShouldContain("10 snapshots");
        var restored = await client.PostAsync($"/snapshots/{Values(snapshots, "picked")[0]}/restore", ("name", "back again"), ("size_gib", ""));
        restored.Status.ShouldBe(303, restored.Body);
        (await BodyAsync(client, restored.Header("Location")!, page => page.Contains(">available<", StringComparison.Ordinal))).ShouldContain("back again");

        await host.V2Async("PATCH", $"/v2/volumes/{ids[0]}", new JsonObject { ["protected"] = true });
        var plan = (await client.PostAsync("/volumes/delete-plan", [.. ids.Take(3).Select(id => ("picked", id))])).Body;
        ConsoleClient.Text(plan).ShouldContain("Would be deleted 2");
        ConsoleClient.Text(plan).ShouldContain("The volume is protected from deletion. Lift the protection first.");
        var deleted = await client.PostAsync("/volumes/delete", [.. ids.Take(3).Select(id => ("picked", id)), ("confirm", Values(plan, "confirm")[0])]);
        deleted.Status.ShouldBe(303, deleted.Body);
        (await BodyAsync(client, deleted.Header("Location")!, HasEnded))
            .ShouldContain($"action=\"/volumes/{ids[1]}/undelete\"");
        ConsoleClient.Text((await client.GetAsync("/volumes")).Body).ShouldContain("11 volumes");
        ConsoleClient.Text((await client.GetAsync("/volumes/deleted")).Body).ShouldContain("Bring back");

        (await client.PostAsync($"/volumes/{ids[1]}/undelete")).Status.ShouldBe(303);
        await BodyAsync(client, $"/volumes/{ids[1]}", page => page.Contains(">available<", StringComparison.Ordinal));

        var audit = ConsoleClient.Text((await client.GetAsync("/audit")).Body);
        foreach (var action in new[] { "Sign in", "Create snapshots", "Restore snapshot", "Delete volumes", "Undelete volume" }) audit.ShouldContain(action);
        var entries = await host.ItemsAsync("/v2/audit?action=UndeleteVolume");
        entries.ShouldHaveSingleItem()["via"]!.ToString().ShouldBe("console");
        (await client.GetAsync("/audit/export?action=UndeleteVolume")).Body.Trim().Split('\n').ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_form_that_is_sent_twice_does_the_thing_once()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);
        (string, string)[] fields = [("name", "once"), ("size_gib", "1"), ("form_key", Values((await client.GetAsync("/volumes/new")).Body, "form_key")[^1])];

        var first = await client.PostAsync("/volumes/new", fields);
        var second = await client.PostAsync("/volumes/new", fields);

        first.Status.ShouldBe(303, first.Body);
        second.Header("Location").ShouldBe(first.Header("Location"));
        (await host.ItemsAsync("/v2/volumes")).Count.ShouldBe(1);
        (await client.PostAsync("/volumes/new", ("name", "other"), ("size_gib", "1"), fields[2])).Status.ShouldBe(409);
    }

    [Fact]
    public async Task What_was_wrong_stands_at_its_field_and_what_was_typed_stays()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);

        var refused = await client.PostAsync("/volumes/new", ("name", "mine"), ("size_gib", "99999999"), ("mount_point", "/vol/mine"), ("tag_key", "env"), ("tag_value", "dev"));

        refused.Status.ShouldBe(400);
        refused.Body.ShouldContain("id=\"f-size_gib-wrong\"");
        Values(refused.Body, "name").ShouldContain("mine");
        Values(refused.Body, "size_gib").ShouldContain("99999999");
        Values(refused.Body, "mount_point").ShouldContain("/vol/mine");
        Values(refused.Body, "tag_value").ShouldContain("dev");
        ConsoleClient.Text(refused.Body).ShouldMatch("size_gib is 99999999; it must be from 1 to 65536. Request [0-9A-Z:]+");
    }

    [Fact]
    public async Task A_form_made_from_an_older_state_changes_nothing_and_keeps_what_was_typed()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);
        var volume = await host.VolumeAsync("before");
        var match = System.Net.WebUtility.HtmlDecode(Values((await client.GetAsync($"/volumes/{volume}")).Body, "form_match")[0]);
        await host.V2Async("PATCH", $"/v2/volumes/{volume}", new JsonObject { ["name"] = "meanwhile" });

        var refused = await client.PostAsync($"/volumes/{volume}", ("name", "too late"), ("form_match", match));

        refused.Status.ShouldBe(412);
        Values(refused.Body, "name").ShouldContain("too late");
        ((string)(await host.V2Async("GET", $"/v2/volumes/{volume}")).Json["name"]!).ShouldBe("meanwhile");
        var fresh = System.Net.WebUtility.HtmlDecode(Values(refused.Body, "form_match")[0]);
        (await client.PostAsync($"/volumes/{volume}", ("name", "in time"), ("form_match", fresh))).Status.ShouldBe(303);
    }

    [Fact]
    public async Task Tags_are_set_changed_and_taken_away_by_rows()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);
        var volume = await host.VolumeAsync();
        await host.V2Async("PATCH", $"/v2/volumes/{volume}", new JsonObject { ["tags"] = new JsonObject { ["a=b"] = "c", ["old"] = "x", ["env"] = "dev" } });

        var saved = await client.PostAsync($"/volumes/{volume}", ("name", "disk"), ("tag_key", "a=b"), ("tag_value", "c"), ("tag_key", ""), ("tag_value", "x"),
            ("tag_key", "env"), ("tag_value", "production"), ("tag_key", "team"), ("tag_value", ""));

        saved.Status.ShouldBe(303, saved.Body);
        (await host.V2Async("GET", $"/v2/volumes/{volume}")).Json["tags"]!.ToJsonString().ShouldBe("""{"a=b":"c","env":"production","team":""}""");
        ConsoleClient.Text((await client.GetAsync("/volumes?tag=env%3Dproduction")).Body).ShouldContain("1 volume matches");
        ConsoleClient.Text((await client.GetAsync("/volumes?tag=env%3Ddev")).Body).ShouldContain("No volume matches");
    }

    [Theory]
    [InlineData("viewer", false, false)]
    [InlineData("operator", true, false)]
    [InlineData("admin", true, true)]
    public async Task A_role_is_shown_what_it_may_do_and_no_more(string role, bool mayChange, bool mayDelete)
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync();
        await host.SnapshotAsync(volume);
        var client = await ConsoleClient.SignInAsync(host, await host.UserAsync("somebody", role: role));

        foreach (var path in new[] { "/", "/volumes", $"/volumes/{volume}", "/snapshots", "/operations", "/credentials" })
        {
            var page = (await client.GetAsync(path)).Body;
            var forms = ActionForm().Matches(page).Select(match => match.Groups[1].Value).Where(action => action != "/sign-out").ToList();
            if (!mayChange) forms.ShouldBeEmpty(path);
            if (!mayDelete) forms.ShouldNotContain(action => action.Contains("delete", StringComparison.Ordinal), path);
            page.Contains("href=\"/audit\"", StringComparison.Ordinal).ShouldBe(mayDelete, path);
        }
        (await client.GetAsync("/volumes")).Body.Contains("Plan deletion", StringComparison.Ordinal).ShouldBe(mayDelete);
        (await client.GetAsync($"/volumes/{volume}")).Body.Contains("Snapshot now", StringComparison.Ordinal).ShouldBe(mayChange);
        (await client.GetAsync($"/volumes/{volume}")).Body.Contains("Who did what", StringComparison.Ordinal).ShouldBe(mayDelete);
    }

    [Fact]
    public async Task A_new_token_is_shown_once_and_a_revoked_one_takes_its_session_along()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);

        var made = await client.PostAsync("/users", ("name", "colleague"), ("role", "operator"), ("api_access", "on"));
        var token = SecretForm().Match(made.Body).Groups[1].Value;
        var theirs = await ConsoleClient.SignInAsync(host, token);
        var user = (await host.ItemsAsync("/v2/users")).Single(u => (string?)u["name"] == "colleague")["id"];
        var page = await client.GetAsync($"/users/{user}");
        page.Body.ShouldNotContain(token);
        var revoke = ActionForm().Matches(page.Body).Select(match => match.Groups[1].Value).Single(action => action.EndsWith("/revoke", StringComparison.Ordinal));
        (await client.PostAsync(revoke)).Status.ShouldBe(303);

        (await theirs.GetAsync("/")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Pages_of_the_table_are_walked_by_links_and_none_is_larger_than_200_KiB()
    {
        await using var host = await ServerHost.StartAsync();
        await Rows.AddAsync(host, volumes: 700, seed: 1);
        var client = await ConsoleClient.SignInAsync(host);
        var seen = new List<string>();
        for (var path = "/volumes?sort=name"; path is not null; path = NextForm().Match((await client.GetAsync(path)).Body) is { Success: true } next ? System.Net.WebUtility.HtmlDecode(next.Groups[1].Value) : null)
        {
            var page = await client.GetAsync(path);
            page.Status.ShouldBe(200, page.Body);
            page.Body.Length.ShouldBeLessThan(200 * 1024);
            page.Body.ShouldContain("aria-sort=\"ascending\"");
            seen.AddRange(Values(page.Body, "picked"));
        }

        var all = await host.AllItemsAsync("/v2/volumes?sort=name");
        seen.ShouldBe(all.Select(v => (string)v["id"]!));
        foreach (var path in new[] { "/", "/snapshots", "/volumes/deleted", "/operations", "/audit", "/volumes?limit=100" })
            (await client.GetAsync(path)).Body.Length.ShouldBeLessThan(200 * 1024, path);
        (await client.PostAsync("/volumes/delete-plan", ("all", "on"), ("filter", "{}"))).Body.Length.ShouldBeLessThan(200 * 1024);
    }

    [Fact]
    public async Task The_overview_tells_what_there_is_now_though_it_keeps_its_sums()
    {
        await using var host = await ServerHost.StartAsync();
        await Rows.AddAsync(host, volumes: 90, seed: 1);
        var client = await ConsoleClient.SignInAsync(host);
        for (var turn = 0; turn < 3; turn++)
        {
            var listed = (long)(await host.V2Async("GET", "/v2/volumes?limit=1&count=true")).Json["count"]!;
            var snapshots = (long)(await host.V2Async("GET", "/v2/snapshots?limit=1&count=true")).Json["count"]!;

            foreach (var page in new[] { (await client.GetAsync("/")).Body, (await client.GetAsync("/")).Body })
            {
                page.ShouldContain($"""<span class="what">Volumes</span><span class="big">{listed}</span>""");
                page.ShouldContain($"""<span class="what">Snapshots</span><span class="big">{snapshots}</span>""");
            }

            await Rows.ChangeAsync(host, turn == 0
                ? $"UPDATE volumes SET state = 'deleted' WHERE id IN (SELECT id FROM volumes WHERE state = 'available' LIMIT 7)"
                : (Sql)$"UPDATE snapshots SET state = 'deleted' WHERE id IN (SELECT id FROM snapshots WHERE state = 'completed' LIMIT 5)");
        }
    }

    [Fact]
    public async Task Empty_pages_say_what_to_do_next()
    {
        await using var host = await ServerHost.StartAsync();
        var client = await ConsoleClient.SignInAsync(host);

        foreach (var (path, text) in new[]
        {
            ("/", "Create a volume"), ("/volumes", "Create a volume"), ("/volumes?search=x", "show all volumes"), ("/volumes/deleted", "Nothing was deleted lately"),
            ("/snapshots", "No snapshots yet"), ("/operations", "No operations yet"), ("/credentials", "Add a credential"), ("/audit?user=nobody", "Show all"),
        })
            ConsoleClient.Text((await client.GetAsync(path)).Body).ShouldContain(text, customMessage: path);
    }

    static Task<string> BodyAsync(ConsoleClient client, string path, Func<string, bool> isSo) =>
        ServerHost.EventuallyAsync(async () => (await client.GetAsync(path)).Body, isSo);

    // A page asks for itself again while there is news to come.
    static bool HasEnded(string page) => !page.Contains("hx-trigger=\"every", StringComparison.Ordinal);

    static void Harmless(string path, string page)
    {
        page.ShouldNotContain("<script>alert", Case.Insensitive, path);
        page.ShouldNotContain("<img", Case.Insensitive, path);
        OnForm().IsMatch(page).ShouldBeFalse(path);
        // Every mark of the page is one that the console writes.
        page.ShouldStartWith("<!DOCTYPE html>", Case.Sensitive, path);
        Regex.Count(page, "<script").ShouldBe(2, path);
        Regex.Count(page[..page.IndexOf("<main", StringComparison.Ordinal)], "</title>").ShouldBe(1, path);
    }

    static string[] Values(string page, string name) =>
        [.. InputForm().Matches(page).Where(match => match.Value.Contains($"name=\"{name}\"", StringComparison.Ordinal)).Select(match => ValueForm().Match(match.Value).Groups[1].Value)];

    static string[] Names(string page) => [.. NameForm().Matches(page).Select(match => match.Groups[1].Value)];

    [GeneratedRegex("<[a-z]+[^>\"]*(\"[^\"]*\"[^>\"]*)*\\son[a-z]+=")]
    private static partial Regex OnForm();

    [GeneratedRegex("<input[^>]*>")]
    private static partial Regex InputForm();

    [GeneratedRegex("\\svalue=\"([^\"]*)\"")]
    private static partial Regex ValueForm();

    [GeneratedRegex("<th scope=\"row\"><a [^>]*>([^<]*)</a>")]
    private static partial Regex NameForm();

    [GeneratedRegex("action=\"([^\"]+)\"(?=[^>]*>\\s*<input type=\"hidden\")")]
    private static partial Regex ActionForm();

    [GeneratedRegex("class=\"secret\">([0-9a-f]{64})<")]
    private static partial Regex SecretForm();

    [GeneratedRegex("href=\"([^\"]+)\">Next page")]
    private static partial Regex NextForm();
}
