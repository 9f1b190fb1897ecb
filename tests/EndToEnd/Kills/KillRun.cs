using Octavo.Api;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Kills;

/// <summary>What a death left.</summary>
/// <param name="Calls">The calls that changed the disk up to it.</param>
/// <param name="Usage">What the pool takes on the disk, once everything in it was deleted.</param>
sealed record Death(int Calls, long Usage);

/// <summary>One data folder through many deaths: the process that verifies one is the process that dies next.</summary>
sealed class KillRun(string dataFolder) : IAsyncDisposable
{
    ServerProcess server = null!;
    NativeClient client = null!;

    /// <summary>The first process.</summary>
    public async Task StartAsync()
    {
        server = await ServerProcess.StartAsync(dataFolder);
        client = new NativeClient(server);
    }

    /// <summary>Prepares, acts, dies at a call or after the last, starts again, verifies, and deletes everything.</summary>
    public async Task<Death> DieAsync(KillScenario scenario, int killAt)
    {
        await scenario.PrepareAsync(client);
        var tracer = await DurableCallTracer.AttachAsync(server.ProcessId, killAt);
        Operation? acknowledged = null;
        try
        {
            acknowledged = await scenario.ActAsync(client);
            await client.SucceededAsync(acknowledged);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // It died before it answered, or after.
        }
        // Where the call survived, the death comes right after it.
        var calls = tracer.Count;
        if (calls < killAt) await server.Kill9Async();
        await server.ExitedAsync();
        await tracer.Ended;

        await RestartAsync();
        var where = $"killed at call {killAt}, acknowledged: {acknowledged is not null}\n";
        try
        {
            await client.AllFinishedAsync();
            await scenario.VerifyAsync(server, client, acknowledged is not null);
            (await client.CheckAsync()).ShouldBeEmpty("fsck is clean");
            await client.DeleteAllAsync();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{where}{e.Message}\n{server.Log}", e);
        }
        return new Death(calls, await TemporaryFolder.UsageAsync(server.Pool));
    }

    async Task RestartAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
        await StartAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        if (server is not null) await server.DisposeAsync();
    }
}
