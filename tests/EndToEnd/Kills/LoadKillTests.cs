using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Kills;

/// <summary>The server is killed at random moments while several clients work; what each of them was told must be true afterwards.</summary>
public class LoadKillTests
{
    const int Seed = 20_120_102;
    const int Clients = 4;
    static readonly int Deaths = Build.IsLong ? 200 : 5;

    /// <summary>After so many deaths everything is deleted, and the pool must be as small as in the beginning.</summary>
    const int DeathsToEmpty = 5;

    /// <summary>What an empty pool may take more than a new one: folders grow by blocks of their own.</summary>
    const long ToleranceBytes = 64 << 10;

    [Fact]
    public async Task What_was_acknowledged_under_load_survives_deaths_at_random_moments()
    {
        using var folder = new TemporaryFolder();
#pragma warning disable RS0030 // The seed is named.
        var random = new Random(Seed);
#pragma warning restore RS0030
        var ledger = new Ledger();
        var server = await ServerProcess.StartAsync(folder["data"]);
        try
        {
            // The pool is made by the first look at it.
            using (var client = new NativeClient(server)) (await client.CheckAsync()).ShouldBeEmpty();
            var empty = await TemporaryFolder.UsageAsync(server.Pool);
            for (var death = 1; death <= Deaths; death++)
            {
                using (var client = new NativeClient(server))
                {
                    var working = Enumerable.Range(0, Clients).Select(_ => ledger.WorkAsync(client)).ToList();
                    await Task.Delay(
                        TimeSpan.FromMilliseconds(random.Next(100, 1500)), TimeProvider.System, TestContext.Current.CancellationToken);
                    await server.Kill9Async();
                    await Task.WhenAll(working);
                }
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(folder["data"]);
                using var next = new NativeClient(server);
                await next.AllFinishedAsync();
                await ledger.VerifyAsync(next);
                (await next.CheckAsync()).ShouldBeEmpty($"fsck after death {death}");
                TestContext.Current.SendDiagnosticMessage($"death {death} of {Deaths}, {ledger.Acknowledged} changes acknowledged so far");
                if (death % DeathsToEmpty != 0) continue;
                await next.DeleteAllAsync();
                ledger.AllDeleted();
                (await TemporaryFolder.UsageAsync(server.Pool)).ShouldBeLessThanOrEqualTo(empty + ToleranceBytes, "space is lost");
            }
        }
        finally
        {
            await server.DisposeAsync();
        }
        ledger.Acknowledged.ShouldBeGreaterThan(Deaths, "the clients got something done between the deaths");
    }
}
