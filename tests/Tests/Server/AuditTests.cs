using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;

namespace Octavo.Tests.Server;

/// <summary>Who did what, when, from where, and what came of it.</summary>
public sealed class AuditTests
{
    [Fact]
    public async Task A_change_is_told_with_who_what_when_from_where_and_its_end()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync("database");

        var entry = (await EntriesAsync(host)).ShouldHaveSingleItem();

        ((string?)entry["user"]).ShouldBe("admin");
        ((string?)entry["token"]).ShouldBe("default");
        ((string?)entry["via"]).ShouldBe("v2");
        ((string?)entry["address"]).ShouldBe("127.0.0.1");
        ((string?)entry["action"]).ShouldBe("CreateVolume");
        ((string?)entry["subject_kind"]).ShouldBe("volume");
        ((string?)entry["subject_id"]).ShouldBe(volume);
        ((string?)entry["subject_name"]).ShouldBe("database");
        ((string?)entry["outcome"]).ShouldBe("accepted");
        ((string?)entry["operation_state"]).ShouldBe("succeeded");
        ((string?)entry["request_id"]).ShouldNotBeNullOrEmpty();
        entry["at"]!.GetValue<DateTimeOffset>().ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task What_clients_of_2011_change_is_told_too()
    {
        await using var host = await ServerHost.StartAsync();
        var volume = await host.VolumeAsync();

        await host.V1Async("POST", $"/api/volumes/{volume}/snapshot");
        await host.V1Async("DELETE", $"/api/volumes/{volume}");
        await host.V1Async("DELETE", $"/api/volumes/{volume}");

        (await EntriesAsync(host)).Where(e => (string?)e["via"] == "v1").Select(e => $"{e["action"]} {e["outcome"]} {e["status"]}")
            .ShouldBe(["DeleteVolume refused 404", "DeleteVolume accepted 200", "CreateSnapshot accepted 200"]);
    }

    [Fact]
    public async Task What_is_done_to_many_is_found_by_each_of_them()
    {
        await using var host = await ServerHost.StartAsync();
        var (one, two) = (await host.VolumeAsync("one"), await host.VolumeAsync("two"));
        var taken = await host.V2Async("POST", "/v2/snapshots?wait=30", new JsonObject { ["volume_ids"] = new JsonArray(one, two) });
        taken.Status.ShouldBe(200, taken.Body);
        var chosen = new JsonObject { ["volume_ids"] = new JsonArray(one, two) };
        chosen["confirm"] = (string?)(await host.V2Async("POST", "/v2/volumes/delete", chosen)).Json["confirm"];
        (await host.V2Async("POST", "/v2/volumes/delete?wait=30", chosen)).Status.ShouldBe(200);

        foreach (var id in new[] { one, two })
        {
            var entries = await host.ItemsAsync($"/v2/audit?subject_id={id}");
            entries.Select(e => (string?)e["action"]).ShouldBe(["DeleteVolumes", "CreateSnapshots", "CreateVolume"]);
            entries.Select(e => (string?)e["user"]).Distinct().ShouldBe(["admin"]);
            // The snapshots share an operation: they are of one instant.
            (await host.ItemsAsync($"/v2/operations?volume_id={id}")).Select(o => (string?)o["id"])
                .ShouldBe(entries.Select(e => (string?)e["operation_id"]));
        }
    }

    [Fact]
    public async Task Refusals_are_told_with_the_reason_and_looking_is_not()
    {
        await using var host = await ServerHost.StartAsync();
        var viewer = await host.UserAsync("looks", role: "viewer");
        var disabled = await host.UserAsync("off", hasAccess: false);

        await host.V2Async("GET", "/v2/volumes", token: viewer);
        await host.V2Async("POST", "/v2/volumes", new JsonObject { ["name"] = "x", ["size_gib"] = 1 }, viewer);
        await host.V2Async("GET", "/v2/users", token: viewer);
        await host.V2Async("GET", "/v2/volumes", token: disabled);
        await host.V2Async("GET", "/v2/volumes", token: "0123456789abcdef");
        await host.V2Async("POST", "/v2/volumes", new JsonObject { ["name"] = "x", ["size_gib"] = -1 });

        (await EntriesAsync(host, "?outcome=refused")).Select(e => $"{e["user"]}: {e["action"]} {e["status"]}").ShouldBe(
        [
            "admin: CreateVolume 400", "off: GET /v2/volumes 401", "looks: ListUsers 403", "looks: CreateVolume 403",
        ]);
        (await EntriesAsync(host, "?outcome=refused")).ShouldAllBe(e => ((string?)e["message"])!.EndsWith('.'));
    }

    [Fact]
    public async Task A_change_that_is_taken_back_leaves_its_refusal_and_no_entry_of_having_been_done()
    {
        await using var host = await ServerHost.StartAsync();
        var id = (string)(await host.V2Async("GET", "/v2/user")).Json["id"]!;

        (await host.V2Async("DELETE", $"/v2/users/{id}")).Status.ShouldBe(409);

        var entry = (await EntriesAsync(host)).ShouldHaveSingleItem();
        ((string?)entry["outcome"]).ShouldBe("refused");
        ((string?)entry["subject_id"]).ShouldBe(id);
    }

    [Fact]
    public async Task It_is_found_by_who_what_when_and_exported_a_line_an_entry()
    {
        await using var host = await ServerHost.StartAsync();
        var bob = await host.UserAsync("bob");
        var volume = await host.VolumeAsync(token: bob);
        await host.VolumeAsync();

        (await EntriesAsync(host, "?user=bob")).ShouldHaveSingleItem();
        (await EntriesAsync(host, $"?subject_id={volume}")).ShouldHaveSingleItem();
        (await EntriesAsync(host, "?action=CreateUser")).ShouldHaveSingleItem();
        (await EntriesAsync(host, "?since=2100-01-01")).ShouldBeEmpty();
        (await EntriesAsync(host, "?until=2100-01-01&action=CreateVolume&limit=1")).ShouldHaveSingleItem();
        var lines = (await host.V2Async("GET", "/v2/audit/export")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Select(line => (string?)JsonNode.Parse(line)!["action"]).ShouldBe(["CreateVolume", "CreateVolume", "CreateUser"]);
    }

    [Fact]
    public async Task Nobody_changes_it_not_even_by_hand_and_no_secret_is_in_it()
    {
        await using var host = await ServerHost.StartAsync();
        var made = await host.V2Async("POST", "/v2/users", new JsonObject { ["name"] = "bob" }, headers: ("Idempotency-Key", "k"));
        var token = (string)made.Json["token"]!;
        await host.StopAsync();

        using var connection = new SqliteConnection($"Data Source={Path.Combine(host.Folder, "octavo.db")};Pooling=False");
        connection.Open();
        foreach (var statement in new[] { "DELETE FROM audit", "UPDATE audit SET user_name = 'nobody'" })
        {
            using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants.
            command.CommandText = statement;
#pragma warning restore CA2100
            Should.Throw<SqliteException>(() => command.ExecuteNonQuery()).Message.ShouldContain("append-only");
        }
        foreach (var file in Directory.EnumerateFiles(host.Folder, "octavo.db*"))
            System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).ShouldNotContain(token);
        await host.RestartedAsync();
    }

    /// <summary>Newest first.</summary>
    static async Task<JsonNode[]> EntriesAsync(ServerHost host, string query = "") =>
        [.. (await host.V2Async("GET", "/v2/audit" + query)).Json["items"]!.AsArray().Select(e => e!)];
}
