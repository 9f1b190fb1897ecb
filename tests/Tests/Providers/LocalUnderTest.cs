using Microsoft.Extensions.DependencyInjection;
using Octavo.Core;
using Octavo.Engine.Nbd;
using Octavo.Providers;
using Octavo.Tests.Contracts;

namespace Octavo.Tests.Providers;

/// <summary>The local provider as a server gets it, over a folder that is gone afterwards. An instance is a program with the raw file open.</summary>
sealed class LocalUnderTest : ImageProviderUnderTest
{
    /// <summary>Where it says that clients connect to; nothing listens there.</summary>
    public const string NbdAddress = "nbd://127.0.0.1:10809/";

    readonly string folder = Directory.CreateTempSubdirectory("octavo-local-").FullName;
    readonly ServiceProvider services;

    public LocalUnderTest()
    {
        services = new ServiceCollection()
            .AddLogging().AddSingleton(TimeProvider.System).AddLocalProvider(new LocalOptions(folder, NbdAddress)).BuildServiceProvider();
        Provider = services.GetRequiredService<IVolumeProvider>();
    }

    public override IVolumeProvider Provider { get; }

    public override Cell Cell { get; } = CellOf("default");

    /// <summary>The cell of an account.</summary>
    public static Cell CellOf(string account) => new(CredentialId.New(), AccountId.New(), account, "local");

    /// <summary>The path of something in an account's pool.</summary>
    public string PoolPath(string account, string name) => Path.Combine(folder, account, name);

    public override async Task WriteAsync(ProviderVolumeId volume, long offset, ReadOnlyMemory<byte> bytes)
    {
        // The image of a restored volume is not for other programs before all of it is there.
        while (File.Exists(Path.Combine(Path.GetDirectoryName(ImagePath(volume))!, "filling")))
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        await using var image = new FileStream(ImagePath(volume), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        image.Position = offset;
        await image.WriteAsync(bytes);
        image.Flush(flushToDisk: true);
    }

    public override Task<IAsyncDisposable> UseAsync(ProviderVolumeId volume) =>
        Task.FromResult<IAsyncDisposable>(new FileStream(ImagePath(volume), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));

    public override async Task<bool> OpensAsync(string token)
    {
        using var export = await services.GetRequiredService<INbdExports>().OpenAsync(token, CancellationToken.None);
        return export is not null;
    }

    string ImagePath(ProviderVolumeId volume) => PoolPath(Cell.AccountName, Path.Combine("volumes", volume.Value, "data"));

    public override async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        await base.DisposeAsync();
    }
}
