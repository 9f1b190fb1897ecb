using Octavo.Ec2;
using Octavo.EndToEnd.Ebs;

namespace Octavo.EndToEnd.Browser;

/// <summary>For all tests of a class: one server with volumes of an AWS account in two regions, and one of its own.</summary>
public sealed class ConsoleFixture : IAsyncLifetime
{
    /// <summary>The name of the volume of the local provider.</summary>
    internal const string Own = "own-disk";

    static readonly Ec2Seed Seed = new()
    {
        Regions = ["us-east-1", "eu-west-1"],
        Volumes = 240,
        Attached = 60,
        Snapshots = 12,
        RetentionDays = 7,
    };

    internal EbsStage Stage { get; private set; } = null!;

    /// <summary>Where its console is.</summary>
    internal Uri Address => Stage.Server.Address;

    /// <summary>The first admin's token.</summary>
    internal string Token => Stage.Server.Token;

    public async ValueTask InitializeAsync()
    {
        Stage = await EbsStage.StartAsync(Seed);
        var (credential, _) = await Stage.AddFirstAsync();
        var made = await Stage.Client.CreateAsync(Own, 1);
        await Stage.Client.SucceededAsync(made.Operation);
        var snapshot = await Stage.Client.SnapshottedAsync(made.Volume.Id);
        var user = await Stage.Client.Api.GetCallerAsync(TestContext.Current.CancellationToken);
        Pages =
        [
            "/", "/volumes", "/volumes/new", "/volumes/deleted", $"/volumes/{made.Volume.Id}", $"/volumes/{made.Volume.Id}/raw",
            "/snapshots", $"/snapshots/{snapshot.Id}", $"/snapshots/{snapshot.Id}/restore", "/operations", $"/operations/{made.Operation.Id}",
            "/credentials", "/credentials/new", $"/credentials/{credential.Id}", "/audit", "/users", $"/users/{user.Id}", "/user",
        ];
    }

    /// <summary>Every page that an admin sees, one of each kind.</summary>
    internal IReadOnlyList<string> Pages { get; private set; } = null!;

    public ValueTask DisposeAsync() => Stage.DisposeAsync();
}
