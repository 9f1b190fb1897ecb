using Microsoft.Extensions.DependencyInjection;
using Octavo.Engine.Nbd;

namespace Octavo.Providers.Local;

/// <summary>What tokens open in whichever pool has it. Only open pools are looked at: whoever listens opens them first.</summary>
sealed class LocalExports(LocalPools pools) : INbdExports
{
    /// <summary>Adds it as the port.</summary>
    public static IServiceCollection AddTo(IServiceCollection services) => services.AddSingleton<INbdExports, LocalExports>();

    public ValueTask<NbdExport?> OpenAsync(string name, CancellationToken cancellation)
    {
        NbdExport? found = null;
        // All of them, so that how long it takes tells nothing of who has it.
        foreach (var (_, engine) in pools.Opened)
        {
            var export = engine.OpenExport(name);
            found ??= export;
        }
        return ValueTask.FromResult(found);
    }
}
