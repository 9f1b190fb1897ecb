using System.Text.Json;
using Octavo.Api;
using Octavo.Ec2;
using Octavo.EndToEnd.Support;

namespace Octavo.EndToEnd.Ebs;

/// <summary>
/// An EC2 endpoint in this process, which knows the truth; the server on an empty folder and its command line as processes of their own.
/// </summary>
sealed class EbsStage : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    readonly TemporaryFolder folder = new();
    readonly (string, string)[] variables;
    HttpClient http = null!;

    EbsStage(Ec2Endpoint endpoint, (string, string)[] variables)
    {
        Endpoint = endpoint;
        this.variables = variables;
    }

    public Ec2Endpoint Endpoint { get; }
    public ServerProcess Server { get; private set; } = null!;
    public NativeClient Client { get; private set; } = null!;
    public Cli Cli => new(Server);

    /// <summary>What all processes of the server printed that have ended.</summary>
    public string EarlierLogs { get; private set; } = "";

    /// <summary>Every volume that there is.</summary>
    public IReadOnlyList<Ec2Volume> Truth => [.. Endpoint.Cloud.Accounts.SelectMany(a => a.Regions).SelectMany(r => r.Volumes)];

    /// <summary>The first account's region.</summary>
    public Ec2Region Region(string name) => Endpoint.Cloud.Accounts.First().Region(name);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts both.</summary>
    public static async Task<EbsStage> StartAsync(Ec2Seed seed, TimeProvider? time = null, params (string, string)[] variables)
    {
        var stage = new EbsStage(await Ec2Endpoint.StartAsync(new Ec2EndpointOptions(Seed: seed), time), variables);
        try
        {
            await stage.StartServerAsync();
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    async Task StartServerAsync()
    {
        Server = await ServerProcess.StartAsync(folder["data"], variables);
        Client = new NativeClient(Server);
        http = new HttpClient { BaseAddress = Server.Address, Timeout = Patience };
    }

    /// <summary>Kills the server and starts it again on its folder.</summary>
    public async Task KillAndStartAsync()
    {
        await StopServerAsync();
        await StartServerAsync();
    }

    async Task StopServerAsync()
    {
        Client?.Dispose();
        http?.Dispose();
        if (Server is null) return;
        await Server.DisposeAsync();
        EarlierLogs += Server.Log;
    }

    /// <summary>The arguments that add a key by the command line.</summary>
    public async Task<string[]> AddArgumentsAsync(string name, string keyId, string secret, params string[] more)
    {
        var file = folder["secret"];
        await File.WriteAllTextAsync(file, secret + "\n", Cancellation);
        return
        [
            "credentials", "create", "--name", name, "--kind", "aws", "--access-key-id", keyId, "--secret-access-key-file", file,
            "--endpoint", Endpoint.Address.AbsoluteUri, .. more,
        ];
    }

    /// <summary>Adds a key by the command line.</summary>
    public async Task<Credential> AddAsync(Ec2Key key, params string[] more) =>
        (await Cli.JsonAsync(await AddArgumentsAsync($"aws-{key.Account}", key.Id, key.Secret, more))).Deserialize(ApiJson.Wire.Credential)!;

    /// <summary>Adds the first account's key, and waits until all its volumes are listed.</summary>
    public async Task<(Credential Credential, IReadOnlyList<Volume> Volumes)> AddFirstAsync()
    {
        var credential = await AddAsync(Endpoint.Cloud.Keys.First());
        var there = Endpoint.Cloud.Accounts.First().Regions.Sum(r => r.VolumeCount);
        var volumes = await Eventually.GetAsync($"{there} volumes", async () =>
            await Client.VolumesAsync() is { } all && all.Count == there ? all : null);
        return (credential, volumes);
    }

    /// <summary>The volumes of v1, once they are so many.</summary>
    public Task<IReadOnlyList<JsonElement>> ListedAsync(int count) =>
        Eventually.GetAsync($"{count} volumes in v1", async () => await V1Async() is { } all && all.Count == count ? all : null);

    async Task<IReadOnlyList<JsonElement>> V1Async()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/volumes");
        request.Headers.Add("X-Scalarium-Token", Server.Token);
        request.Headers.Add("Accept", "application/vnd.scalarium-v1+json");
        return [.. (await SendAsync(request)).EnumerateArray()];
    }

    /// <summary>What v2 answers to a GET.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", Server.Token);
        return await SendAsync(request);
    }

    async Task<JsonElement> SendAsync(HttpRequestMessage request)
    {
        using var response = await http.SendAsync(request, Cancellation);
        response.EnsureSuccessStatusCode();
        using var document = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(Cancellation));
        return document.RootElement.Clone();
    }

    /// <summary>Whether a text stands as it is in any file of the data folder.</summary>
    public async Task<bool> IsOnDiskAsync(string text)
    {
        var result = await Shell.RunAsync("grep", "--recursive", "--binary-files=text", "--fixed-strings", "--quiet", "--", text, Server.DataFolder);
        return result.ExitCode switch
        {
            0 => true,
            1 => false,
            _ => throw new IOException(result.Error),
        };
    }

    /// <summary>A figure, for whoever reads the test's output.</summary>
    public static void Say(string sentence) => TestContext.Current.TestOutputHelper?.WriteLine(sentence);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopServerAsync();
        await Endpoint.DisposeAsync();
        folder.Dispose();
    }
}
