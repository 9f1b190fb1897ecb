using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Octavo.Server;
using Octavo.Server.Database;

namespace Octavo.Tests.Server;

/// <summary>What <c>docs/operations.md</c> says of the data folder.</summary>
public sealed class DataFolderTests
{
    [Fact]
    public async Task A_second_server_on_the_folder_is_told_so_and_harms_nothing()
    {
        await using var host = await ServerHost.StartAsync();

        var refused = await Should.ThrowAsync<DataFolderException>(() => BuildAsync(host.Folder));

        refused.Message.ShouldContain("in use by another octavo-server");
        (await host.V1Async("GET", "/api/volumes")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_newer_schema_is_refused_with_both_versions_and_left_alone()
    {
        await using var host = await ServerHost.StartAsync();
        await host.StopAsync();
        SetSchema(host.Folder, 99);

        var refused = await Should.ThrowAsync<SchemaTooNewException>(() => BuildAsync(host.Folder));

        refused.Message.ShouldContain("version 99");
        SetSchema(host.Folder, Migrator.All[^1].Version);
        await host.RestartedAsync();
        (await host.V1Async("GET", "/api/volumes")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_backup_of_the_running_server_restores_and_is_reconciled_with_the_pools()
    {
        await using var host = await ServerHost.StartAsync();
        var kept = await host.ImportAsync(new byte[4096], "kept");
        var deleted = await host.ImportAsync(new byte[4096], "deleted later");
        var backup = Path.Combine(host.Folder, "backup.db");
        DataFolder.Backup(host.Folder, backup);
        await host.DeleteAsync(deleted, "?purge=true");
        await host.ImportAsync(new byte[4096], "made later");
        await host.StopAsync();

        foreach (var file in new[] { "octavo.db-wal", "octavo.db-shm" }) File.Delete(Path.Combine(host.Folder, file));
        File.Copy(backup, Path.Combine(host.Folder, "octavo.db"), overwrite: true);
        await host.RestartedAsync();
        await host.ReconcileAsync();

        var volumes = (await host.V1Async("GET", "/api/volumes")).Json.AsArray();
        volumes.Select(v => $"{v!["name"]} {v["status"]}").Order().ShouldBe(
            ["Synced from local available", "deleted later error", "kept available"]);
        volumes.ShouldContain(v => (string)v!["id"]! == kept);
        ((string)(await host.V2Async("GET", $"/v2/volumes/{deleted}")).Json["state_reason"]!).ShouldEndWith(".");
    }

    [Fact]
    public async Task A_backup_needs_a_new_name_in_a_folder_that_exists()
    {
        await using var host = await ServerHost.StartAsync();
        var there = Path.Combine(host.Folder, "admin.token");

        Should.Throw<DataFolderException>(() => DataFolder.Backup(host.Folder, there)).Message.ShouldContain("exists already");
        Should.Throw<DataFolderException>(() => DataFolder.Backup(host.Folder, Path.Combine(host.Folder, "nowhere", "x.db")))
            .Message.ShouldContain("does not exist");
        Should.Throw<DataFolderException>(() => DataFolder.Backup(Path.Combine(host.Folder, "nowhere"), there + ".db"))
            .Message.ShouldContain("no octavo.db");
    }

    [Fact]
    public async Task What_the_server_makes_in_a_folder_that_others_can_enter_is_its_owners_only()
    {
        await using var host = await ServerHost.StartAsync();
        await host.VolumeAsync();

        foreach (var name in new[] { "octavo.db", "octavo.db-wal", "octavo.db-shm", "pools", "admin.token" })
            (File.GetUnixFileMode(Path.Combine(host.Folder, name))
                & (UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute))
                .ShouldBe(UnixFileMode.None, name);
    }

    [Fact]
    public async Task A_full_disk_refuses_changes_with_a_sentence_and_lists_stay()
    {
        await using var host = await ServerHost.StartAsync();
        var id = await host.VolumeAsync();
        var database = host.Services.GetRequiredService<Octavo.Server.Database.Database>();
        async Task LimitAsync(Sql pages)
        {
            await using var transaction = await database.BeginAsync(TestContext.Current.CancellationToken);
            await transaction.ExecuteAsync(pages, TestContext.Current.CancellationToken);
        }

        await LimitAsync($"PRAGMA max_page_count = 1");
        Reply refused;
        // The pages that there are have some room left.
        var users = 0;
        do refused = await host.V2Async("POST", "/v2/users", new JsonObject { ["name"] = $"{++users}".PadRight(255, 'x') });
        while (refused.Status == 201);

        refused.Status.ShouldBe(503, refused.Body);
        ((string)refused.Json["detail"]!).ShouldContain("disk of the data folder is full");
        (await host.V1Async("GET", $"/api/volumes/{id}")).Status.ShouldBe(200);
        await LimitAsync($"PRAGMA max_page_count = 1000000");
        (await host.V2Async("POST", "/v2/users", new JsonObject { ["name"] = "after" })).Status.ShouldBe(201);
    }

    static Task<Microsoft.AspNetCore.Builder.WebApplication> BuildAsync(string folder) =>
        OctavoServer.BuildAsync(ServerOptions.Parse(["--data", folder, "--urls", "http://127.0.0.1:0"], _ => null)!, TextWriter.Null);

    static void SetSchema(string folder, int version)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "octavo.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE schema_version SET version = $version";
        command.Parameters.AddWithValue("$version", version);
        command.ExecuteNonQuery();
    }
}
