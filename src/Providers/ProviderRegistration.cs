using Microsoft.Extensions.DependencyInjection;
using Octavo.Core;
using Octavo.Providers.Local;

namespace Octavo.Providers;

/// <summary>How a server gets its providers; nothing else of them shows.</summary>
public static class ProviderRegistration
{
    /// <summary>
    /// Adds the provider that keeps volumes on this machine's own disk, one pool per account in a folder of its name. Wants
    /// <see cref="TimeProvider"/> and logging among the services; closes its pools with them.
    /// </summary>
    public static IServiceCollection AddLocalProvider(this IServiceCollection services, string poolsFolder) =>
        services
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<LocalPools>(provider, poolsFolder))
            .AddSingleton<IVolumeProvider, LocalProvider>();
}
