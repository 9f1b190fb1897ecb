using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Octavo.Core;
using Octavo.Ec2;
using Octavo.Providers;
using Octavo.Tests.Contracts;
using Octavo.Tests.Support;

namespace Octavo.Tests.Providers.Ebs;

/// <summary>The EBS provider as a server gets it, with an EC2 endpoint that has one account with one key. Both live by one clock.</summary>
sealed class EbsUnderTest : ProviderUnderTest, ICredentialVault
{
    public const string AccountId = "111122223333";
    public const string RegionName = "eu-west-1";

    readonly ServiceProvider services;
    readonly RequestsUnderWay requests;
    readonly ConcurrentDictionary<CredentialId, ProviderAccess> vault = new();

    EbsUnderTest(Ec2Endpoint endpoint, TimeProvider time)
    {
        Endpoint = endpoint;
        Time = time;
        requests = new RequestsUnderWay(endpoint.Address.Port);
        if (time is QuickTime clock) clock.IsBusy = () => requests.Any;
        Key = endpoint.Cloud.AddKey(endpoint.Cloud.AddAccount(AccountId).Id);
        services = Services();
        Provider = services.GetRequiredService<IVolumeProvider>();
        Access = Keep(AccessOf(Key));
        Cell = CellOf(Access.Credential);
    }

    public static async Task<EbsUnderTest> StartAsync(TimeProvider? time = null)
    {
        var clock = time ?? new QuickTime();
        return new EbsUnderTest(await Ec2Endpoint.StartAsync(time: clock), clock);
    }

    /// <summary>The provider of another process, which remembers nothing of this one.</summary>
    public NextProcess Restarted() => new(Services());

    public Ec2Endpoint Endpoint { get; }

    public Ec2Key Key { get; }

    public CapturedLog Log { get; } = new();

    public Ec2Region Region => Endpoint.Cloud.Account(AccountId).Region(RegionName);

    public override IVolumeProvider Provider { get; }

    public override Cell Cell { get; }

    public override ProviderAccess Access { get; }

    public override TimeProvider Time { get; }

    public override string Instance => "i-00000000000000001";

    public override ByteSize Size => ByteSize.FromGiB(2);

    /// <summary>What a key opens here.</summary>
    public ProviderAccess AccessOf(Ec2Key key) => new(CredentialId.New(), key.Account, AccessSource.Key)
    {
        AccessKeyId = key.Id,
        SecretAccessKey = key.Secret,
        SessionToken = key.SessionToken,
        Endpoint = Endpoint.Address,
    };

    /// <summary>Puts an access into the vault, or another one in its place.</summary>
    public ProviderAccess Keep(ProviderAccess access) => vault[access.Credential] = access;

    /// <summary>A cell of a credential.</summary>
    public static Cell CellOf(CredentialId credential, string region = RegionName) =>
        new(credential, new AccountId("0123456789abcdef0123456789abcdef"), "default", region);

    /// <summary>Adds a volume that somebody else made.</summary>
    public Ec2Volume Put(Ec2Volume? like = null)
    {
        var volume = (like ?? new Ec2Volume { Id = "", Zone = RegionName + "a" }) with { Id = Endpoint.Cloud.NewId("vol") };
        Region.Put(volume);
        return volume;
    }

    public Task<ProviderAccess> OpenAsync(CredentialId credential, CancellationToken cancellation) =>
        vault.TryGetValue(credential, out var access)
            ? Task.FromResult(access)
            : throw new VolumeException(ErrorCode.NotFound, "There is no such credential.");

    public override void KeepDeleted(int days) => Region.RetentionRules = [new Ec2RetentionRule("octavoRule1", days)];

    public override Task<IAsyncDisposable> UseAsync(ProviderVolumeId volume)
    {
        var free = Region.Volumes.Single(v => v.Id == volume.Value);
        Region.Put(free with { Status = "in-use", Attachments = [new Ec2Attachment { InstanceId = Instance, Device = "/dev/sdf" }] });
        return Task.FromResult<IAsyncDisposable>(new Use(() => Region.Put(free)));
    }

    public override async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await Endpoint.DisposeAsync();
        if (Time is QuickTime quick) await quick.DisposeAsync();
        requests.Dispose();
        await base.DisposeAsync();
    }

    ServiceProvider Services() => new ServiceCollection()
        .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Log))
        .AddSingleton(Time).AddSingleton<ICredentialVault>(this).AddEbsProvider(new EbsOptions()).BuildServiceProvider();

    /// <summary>A provider with a memory of its own.</summary>
    public sealed class NextProcess(ServiceProvider services) : IAsyncDisposable
    {
        public IVolumeProvider Provider { get; } = services.GetRequiredService<IVolumeProvider>();

        public ValueTask DisposeAsync() => services.DisposeAsync();
    }

    sealed class Use(Action end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            end();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>Everything that was logged, exceptions with all that is inside them.</summary>
sealed class CapturedLog : ILoggerProvider, ILogger
{
    readonly ConcurrentQueue<string> lines = new();

    public string Text => string.Join('\n', lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> format) =>
        lines.Enqueue($"{level} {format(state, exception)} {exception}");

    public void Dispose() { }
}
