using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Octavo.Ec2.Faults;
using Octavo.Ec2.Http;

namespace Octavo.Ec2;

/// <summary>
/// An EC2, STS and Recycle Bin endpoint that tells the truth about what was done to it: the real Query protocol over HTTP, real signatures,
/// AWS's limits, and every way of failing that AWS has, on purpose. One endpoint serves all regions and accounts: the signature
/// says which.
/// </summary>
public sealed class Ec2Endpoint : IAsyncDisposable
{
    readonly WebApplication app;
    readonly CancellationTokenSource stopping = new();

    readonly Control control;

    Ec2Endpoint(Ec2EndpointOptions options, TimeProvider time)
    {
        Time = time;
        Cloud = new Ec2Cloud(time);
        options.Seed?.Fill(Cloud);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Logging.ClearProviders();
        app = builder.Build();
        var requests = new RequestHandler(Cloud, Switches, Journal, time, stopping.Token);
        control = new Control(this);
        app.Run(context => context.Request.Path.StartsWithSegments("/_control", StringComparison.Ordinal)
            ? control.HandleAsync(context)
            : requests.HandleAsync(context));
    }

    /// <summary>What a client takes for its ServiceURL.</summary>
    public Uri Address { get; private set; } = null!;

    public Ec2Cloud Cloud { get; }

    /// <summary>Of all accounts that have none of their own.</summary>
    public Switches Switches { get; } = new();

    public Journal Journal { get; } = new();

    internal TimeProvider Time { get; }

    /// <summary>Its keys as JSON, one a line, with what a client needs.</summary>
    public IEnumerable<string> DescribeKeys() => Cloud.Keys.Select(key => JsonSerializer.Serialize(control.Show(key), ControlJson.Options));

    /// <summary>Starts one; it listens when this returns.</summary>
    public static async Task<Ec2Endpoint> StartAsync(Ec2EndpointOptions? options = null, TimeProvider? time = null)
    {
        var endpoint = new Ec2Endpoint(options ?? new Ec2EndpointOptions(), time ?? TimeProvider.System);
        await endpoint.app.StartAsync();
        endpoint.Address = new Uri(endpoint.app.Urls.First());
        return endpoint;
    }

    /// <summary>Runs until the process is told to stop.</summary>
    public Task WaitForShutdownAsync() => app.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await app.DisposeAsync();
        stopping.Dispose();
    }
}
