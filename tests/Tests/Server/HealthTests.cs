using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;
using Octavo.Tests.Providers.Ebs;

namespace Octavo.Tests.Server;

/// <summary>What the service tells of its own health, with real failures.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Anybody_is_told_that_it_lives_and_is_ready_and_nothing_else()
    {
        await using var host = await ServerHost.StartAsync();

        (await AskAsync(host, "live")).Body.ShouldBe("""{"status":"live","failing":[]}""");
        (await ReadyAsync(host, 200)).Body.ShouldBe("""{"status":"ready","failing":[]}""");
    }

    [Fact]
    public async Task It_is_not_ready_where_a_part_of_it_has_ended()
    {
        var log = new CapturedLog();
        await using var host = await ServerHost.StartAsync(configure: builder => builder.Logging.AddProvider(log));
        await ReadyAsync(host, 200);

        await host.Services.GetRequiredService<InventoryReconciler>().StopAsync(TestContext.Current.CancellationToken);
        (await ReadyAsync(host, 503)).Body.ShouldBe("""{"status":"not_ready","failing":["inventory"]}""");
        log.Text.ShouldContain("Not ready (inventory): The inventory is not looked through any more: that part of the service has ended. Start the service anew.");

        await host.Services.GetRequiredService<OperationRunner>().StopAsync(TestContext.Current.CancellationToken);
        await ServerHost.EventuallyAsync(() => AskAsync(host, "ready"), reply => reply.Body.Contains("operations", StringComparison.Ordinal));
        (await AskAsync(host, "live")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task It_is_not_ready_while_another_program_holds_the_database_and_ready_again_afterwards()
    {
        await using var host = await ServerHost.StartAsync();
        await ReadyAsync(host, 200);
        using var other = new SqliteConnection($"Data Source={Path.Combine(host.Folder, "octavo.db")};Pooling=False");
        other.Open();
        using (other.BeginTransaction())
            (await ReadyAsync(host, 503)).Body.ShouldBe("""{"status":"not_ready","failing":["database"]}""");

        await ReadyAsync(host, 200);
    }

    static Task<Reply> ReadyAsync(ServerHost host, int status) => ServerHost.EventuallyAsync(() => AskAsync(host, "ready"), reply => reply.Status == status);

    static async Task<Reply> AskAsync(ServerHost host, string what)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/" + what);
        return await host.SendAsync(request);
    }
}
