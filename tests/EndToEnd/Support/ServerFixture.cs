namespace Octavo.EndToEnd.Support;

/// <summary>One server on an empty data folder for all tests of a class.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    readonly TemporaryFolder folder = new();

    internal ServerProcess Server { get; private set; } = null!;

    internal NativeClient Client { get; private set; } = null!;

    /// <summary>The path of something beside the data folder.</summary>
    internal string this[string name] => folder[name];

    public async ValueTask InitializeAsync()
    {
        Server = await ServerProcess.StartAsync(folder["data"]);
        Client = new NativeClient(Server);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        folder.Dispose();
    }
}
