using System.Text.Json.Nodes;

namespace Octavo.Tests.Server;

/// <summary>Deletes never surprise: they tell what they would do, refuse what is in use or protected, and can be taken back for a while.</summary>
public sealed class DeletionTests
{
    static readonly byte[] Image = [.. Enumerable.Range(0, 8192).Select(i => (byte)(i * 31))];

    [Fact]
    public async Task A_dry_run_tells_what_would_happen_and_changes_nothing()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(Image, "disk");
        var before = await host.V2Async("GET", $"/v2/volumes/{id}");

        var plan = await host.V2Async("DELETE", $"/v2/volumes/{id}?dry_run=true&final_snapshot=true");

        plan.Status.ShouldBe(200, plan.Body);
        ((long)plan.Json["count"]!).ShouldBe(1);
        ((long)plan.Json["blocked"]!).ShouldBe(0);
        ((long)plan.Json["size_bytes"]!).ShouldBe(Image.Length);
        ((bool)plan.Json["final_snapshot"]!).ShouldBeTrue();
        plan.Json["volumes"]![0]!["blockers"]!.AsArray().ShouldBeEmpty();
        plan.Json["volumes"]![0]!["restorable_until"]!.GetValue<DateTimeOffset>()
            .ShouldBe(TimeProvider.System.GetUtcNow().AddHours(24), TimeSpan.FromMinutes(1));
        (await host.V2Async("GET", $"/v2/volumes/{id}")).Body.ShouldBe(before.Body);
        (await host.ItemsAsync("/v2/operations?kind=delete-volume")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_volume_in_use_is_not_deleted_and_the_plan_the_refusal_and_v1_say_why()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(Image);
        var file = Directory.EnumerateFiles(host.Pool, "*", SearchOption.AllDirectories).Single(f => new FileInfo(f).Length == Image.Length);
        using (File.Open(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            await host.ReconcileAsync();
            var plan = await host.V2Async("DELETE", $"/v2/volumes/{id}?dry_run=true");
            ((string?)plan.Json["volumes"]![0]!["blockers"]![0]!["code"]).ShouldBe("in_use", plan.Body);
            plan.Json["confirm"].ShouldBeNull();

            var refused = await host.V2Async("DELETE", $"/v2/volumes/{id}");
            refused.Status.ShouldBe(409, refused.Body);
            ((string?)refused.Json["detail"]).ShouldBe((string?)plan.Json["volumes"]![0]!["blockers"]![0]!["message"]);
            (await host.V1Async("DELETE", $"/api/volumes/{id}")).Status.ShouldBe(412);
        }

        await host.ReconcileAsync();
        ((string?)(await host.DeleteAsync(id))["state"]).ShouldBe("succeeded");
    }

    [Fact]
    public async Task What_is_protected_is_deleted_by_nobody_and_only_an_admin_lifts_it()
    {
        await using var host = await ServerHost.StartAsync();
        var operates = await host.UserAsync("operator", role: "operator");
        var id = await host.ImportAsync(Image);
        (await host.V2Async("PATCH", $"/v2/volumes/{id}", new JsonObject { ["protected"] = true }, operates)).Status.ShouldBe(200);

        var refused = await host.V2Async("DELETE", $"/v2/volumes/{id}");
        refused.Status.ShouldBe(409);
        ((string)refused.Json["detail"]!).ShouldContain("protected");
        (await host.V1Async("DELETE", $"/api/volumes/{id}")).Status.ShouldBe(412);
        var plan = await host.V2Async("POST", "/v2/volumes/delete", new JsonObject { ["filter"] = new JsonObject() });
        ((long)plan.Json["blocked"]!).ShouldBe(1);
        (await host.V2Async("PATCH", $"/v2/volumes/{id}", new JsonObject { ["protected"] = false }, operates)).Status.ShouldBe(403);
        ((bool)(await host.V2Async("GET", $"/v2/volumes/{id}")).Json["is_protected"]!).ShouldBeTrue();

        (await host.V2Async("PATCH", $"/v2/volumes/{id}", new JsonObject { ["protected"] = false })).Status.ShouldBe(200);
        ((string?)(await host.DeleteAsync(id))["state"]).ShouldBe("succeeded");
    }

    [Fact]
    public async Task A_deleted_volume_comes_back_with_its_id_and_its_bytes_also_after_a_restart_and_a_pass()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(Image, "kept");

        await host.DeleteAsync(id);

        (await host.ItemsAsync("/v2/volumes")).ShouldBeEmpty();
        (await host.V1Async("GET", "/api/volumes")).Body.ShouldBe("[]");
        await host.RestartAsync();
        await host.ReconcileAsync();
        (await host.ItemsAsync("/v2/volumes")).ShouldBeEmpty();
        var gone = (await host.ItemsAsync("/v2/volumes?state=deleted")).ShouldHaveSingleItem();
        gone["deleted_at"].ShouldNotBeNull();
        gone["restorable_until"]!.GetValue<DateTimeOffset>().ShouldBe(TimeProvider.System.GetUtcNow().AddHours(24), TimeSpan.FromMinutes(1));

        var accepted = await host.V2Async("POST", $"/v2/volumes/{id}/undelete");
        accepted.Status.ShouldBe(202, accepted.Body);
        ((string?)(await host.EndAsync(accepted.Json["operation"]!))["state"]).ShouldBe("succeeded");

        var back = (await host.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem();
        ((string?)back["id"]).ShouldBe(id);
        ((string?)back["name"]).ShouldBe("kept");
        ((string?)back["state"]).ShouldBe("available");
        back["deleted_at"].ShouldBeNull();
        (await BytesAsync(host, id)).ShouldBe(Image);
        (await host.V2Async("POST", $"/v2/volumes/{id}/undelete")).Status.ShouldBe(409);
    }

    [Fact]
    public async Task A_purge_frees_the_space_at_once_also_of_what_was_deleted_before()
    {
        await using var host = await ServerHost.StartAsync();
        var atOnce = await host.ImportAsync(Image);
        var later = await host.ImportAsync(Image);
        Files(host).ShouldBe(2);

        await host.DeleteAsync(atOnce, "?purge=true");
        Files(host).ShouldBe(1);
        await host.DeleteAsync(later);
        Files(host).ShouldBe(1);
        ((string?)(await host.DeleteAsync(later, "?purge=true"))["kind"]).ShouldBe("purge-volume");

        Files(host).ShouldBe(0);
        foreach (var id in new[] { atOnce, later }) (await host.V2Async("POST", $"/v2/volumes/{id}/undelete")).Status.ShouldBe(409);
        (await host.V2Async("DELETE", $"/v2/volumes/{later}?purge=true")).Status.ShouldBe(409);
    }

    [Fact]
    public async Task When_its_time_is_over_a_deleted_volume_is_freed_by_itself()
    {
        await using var host = await ServerHost.StartAsync(undoWindow: TimeSpan.FromMilliseconds(1));
        var id = await host.ImportAsync(Image);

        await host.DeleteAsync(id);

        await ServerHost.EventuallyAsync(() => Task.FromResult(Files(host)), count => count == 0);
        await ServerHost.EventuallyAsync(() => host.ItemsAsync("/v2/operations?kind=purge-volume&state=succeeded"), found => found.Count == 1);
        (await host.V2Async("GET", $"/v2/volumes/{id}")).Json["restorable_until"].ShouldBeNull();
    }

    [Fact]
    public async Task Without_a_window_a_deletion_is_for_good()
    {
        await using var host = await ServerHost.StartAsync(undoWindow: TimeSpan.Zero);
        var id = await host.ImportAsync(Image);
        (await host.V2Async("DELETE", $"/v2/volumes/{id}?dry_run=true")).Json["volumes"]![0]!["restorable_until"].ShouldBeNull();

        await host.DeleteAsync(id);

        Files(host).ShouldBe(0);
        (await host.V2Async("POST", $"/v2/volumes/{id}/undelete")).Status.ShouldBe(409);
    }

    [Fact]
    public async Task A_final_snapshot_is_complete_before_the_volume_goes_and_restores_its_bytes()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(Image, "final");

        var operation = await host.DeleteAsync(id, "?final_snapshot=true&purge=true");

        ((string?)operation["state"]).ShouldBe("succeeded", operation.ToString());
        operation["steps"]!.AsArray().Select(step => (string?)step!["step"]).ShouldContain("snapshotting");
        var snapshot = (await host.ItemsAsync("/v2/snapshots")).ShouldHaveSingleItem();
        ((string?)snapshot["state"]).ShouldBe("completed");
        var restored = await host.V2Async("POST", $"/v2/snapshots/{snapshot["id"]}/restore?wait=60", new JsonObject { ["name"] = "back" });
        restored.Status.ShouldBe(200, restored.Body);
        (await BytesAsync(host, (string)restored.Json["volume"]!["id"]!)).ShouldBe(Image);
    }

    [Fact]
    public async Task Where_the_final_snapshot_fails_the_volume_stays_and_is_listed_again()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(Image);
        // It cannot be read to its end any more.
        await using (var file = new FileStream(Directory.EnumerateFiles(host.Pool, "data", SearchOption.AllDirectories).Single(), FileMode.Open))
            file.SetLength(Image.Length / 2 + 1);

        var operation = await host.DeleteAsync(id, "?final_snapshot=true");

        ((string?)operation["state"]).ShouldBe("failed", operation.ToString());
        ((string)operation["error"]!["message"]!).ShouldStartWith("There is no final snapshot, so the volume was not deleted:");
        var volume = (await host.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem();
        ((string?)volume["state"]).ShouldBe("available");
        volume["deleted_at"].ShouldBeNull();
        Directory.EnumerateFiles(host.Pool, "data", SearchOption.AllDirectories).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Many_are_deleted_by_the_word_of_their_plan_and_only_as_it_showed()
    {
        await using var host = await ServerHost.StartAsync();
        var ids = new List<string>();
        for (var i = 0; i < 5; i++) ids.Add(await host.ImportAsync(Image, $"disk {i}"));
        await host.V2Async("PATCH", $"/v2/volumes/{ids[4]}", new JsonObject { ["protected"] = true });
        JsonObject Body(string? confirm = null) => new() { ["filter"] = new JsonObject { ["name_contains"] = "disk" }, ["confirm"] = confirm };

        var plan = await host.V2Async("POST", "/v2/volumes/delete", Body());
        ((long)plan.Json["count"]!).ShouldBe(4);
        ((long)plan.Json["blocked"]!).ShouldBe(1);
        ((long)plan.Json["size_bytes"]!).ShouldBe(4 * Image.Length);
        var confirm = (string)plan.Json["confirm"]!;

        await host.ImportAsync(Image, "another disk");
        var outdated = await host.V2Async("POST", "/v2/volumes/delete", Body(confirm));
        outdated.Status.ShouldBe(409);
        ((string)outdated.Json["detail"]!).ShouldContain("nothing was deleted");
        (await host.ItemsAsync("/v2/volumes")).Count.ShouldBe(6);
        // The same word with another wish is another plan.
        var fresh = (string)(await host.V2Async("POST", "/v2/volumes/delete", Body())).Json["confirm"]!;
        var purging = Body(fresh);
        purging["purge"] = true;
        (await host.V2Async("POST", "/v2/volumes/delete", purging)).Status.ShouldBe(409);

        var accepted = await host.V2Async("POST", "/v2/volumes/delete", Body(fresh));
        accepted.Status.ShouldBe(202, accepted.Body);
        var operation = await host.EndAsync(accepted.Json["operation"]!);

        ((string?)operation["state"]).ShouldBe("succeeded", operation.ToString());
        (await host.ItemsAsync($"/v2/operations/{operation["id"]}/items")).Count.ShouldBe(5);
        ((string?)(await host.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem()["id"]).ShouldBe(ids[4]);
    }

    [Fact]
    public async Task One_that_fails_leaves_the_others_and_a_retry_repeats_only_that()
    {
        await using var host = await ServerHost.StartAsync();
        var open = await host.ImportAsync(Image, "open");
        var path = Directory.EnumerateFiles(host.Pool, "*", SearchOption.AllDirectories).Single(f => new FileInfo(f).Length == Image.Length);
        await host.ImportAsync(Image, "closed");
        var everything = new JsonObject { ["filter"] = new JsonObject() };
        everything["confirm"] = (string)(await host.V2Async("POST", "/v2/volumes/delete", everything)).Json["confirm"]!;

        JsonNode operation;
        using (File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            // Opened since the plan was made: the provider's own look refuses.
            var accepted = await host.V2Async("POST", "/v2/volumes/delete", everything);
            accepted.Status.ShouldBe(202, accepted.Body);
            operation = await host.EndAsync(accepted.Json["operation"]!);
        }

        ((string?)operation["state"]).ShouldBe("failed", operation.ToString());
        ((string?)operation["error"]!["message"]).ShouldBe("1 of 2 deletions failed; the items tell why. Retrying repeats only those.");
        ((string?)(await host.ItemsAsync("/v2/volumes")).ShouldHaveSingleItem()["id"]).ShouldBe(open);
        var operates = await host.UserAsync("operator", role: "operator");
        (await host.V2Async("POST", $"/v2/operations/{operation["id"]}/retry", token: operates)).Status.ShouldBe(403);

        await host.ReconcileAsync();
        var again = await host.V2Async("POST", $"/v2/operations/{operation["id"]}/retry");
        again.Status.ShouldBe(202, again.Body);
        ((string?)(await host.EndAsync(again.Json["operation"]!))["state"]).ShouldBe("succeeded");
        (await host.ItemsAsync($"/v2/operations/{again.Json["operation"]!["id"]}/items")).Count.ShouldBe(1);
        (await host.ItemsAsync("/v2/volumes")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Snapshots_go_the_same_way()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.ImportAsync(Image);
        var other = await host.ImportAsync(Image);
        for (var i = 0; i < 3; i++) await host.SnapshotAsync(volume);
        await host.SnapshotAsync(other);
        var body = new JsonObject { ["filter"] = new JsonObject { ["volume_id"] = volume } };

        var plan = await host.V2Async("POST", "/v2/snapshots/delete", body);
        ((long)plan.Json["count"]!).ShouldBe(3, plan.Body);
        body["confirm"] = (string)plan.Json["confirm"]!;
        var accepted = await host.V2Async("POST", "/v2/snapshots/delete", body);
        accepted.Status.ShouldBe(202, accepted.Body);

        ((string?)(await host.EndAsync(accepted.Json["operation"]!))["state"]).ShouldBe("succeeded");
        ((string?)(await host.ItemsAsync("/v2/snapshots")).ShouldHaveSingleItem()["volume_id"]).ShouldBe(other);
        (await host.V2Async("POST", "/v2/snapshots/delete", body)).Status.ShouldBe(409);
    }

    [Fact]
    public async Task Of_what_is_not_in_the_account_nothing_is_planned()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.ImportAsync(Image);
        var stranger = await host.UserAsync("stranger", "other");
        var mine = new JsonObject { ["volume_ids"] = new JsonArray(id) };

        (await host.V2Async("POST", "/v2/volumes/delete", mine, stranger)).Status.ShouldBe(404);
        (await host.V2Async("DELETE", $"/v2/volumes/{id}?dry_run=true", token: stranger)).Status.ShouldBe(404);
        ((long)(await host.V2Async("POST", "/v2/volumes/delete", new JsonObject { ["filter"] = new JsonObject() }, stranger)).Json["count"]!).ShouldBe(0);
        mine["filter"] = new JsonObject();
        (await host.V2Async("POST", "/v2/volumes/delete", mine)).Status.ShouldBe(400);
    }

    /// <summary>How many volumes' files are in the pool.</summary>
    static int Files(ServerHost host) =>
        Directory.EnumerateFiles(host.Pool, "*", SearchOption.AllDirectories).Count(f => new FileInfo(f).Length == Image.Length);

    static async Task<byte[]> BytesAsync(ServerHost host, string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/volumes/{id}/export");
        request.Headers.Authorization = new("Bearer", host.Token);
        using var response = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }
}
