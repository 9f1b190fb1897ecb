using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Octavo.Core;
using Octavo.Providers.Ebs;
using Octavo.Providers.Local;

namespace Octavo.Providers;

/// <summary>How a server gets its providers; nothing else of them shows.</summary>
public static class ProviderRegistration
{
    /// <summary>
    /// Adds the provider that keeps volumes on this machine's own disk, one pool per account in a folder of its name, and the port by which an NBD
    /// server gets the exports of all open pools, the engine's <c>INbdExports</c>. Wants <see cref="TimeProvider"/> and logging among the services;
    /// closes its pools with them.
    /// </summary>
    public static IServiceCollection AddLocalProvider(this IServiceCollection services, LocalOptions options) =>
        LocalExports.AddTo(services)
            .AddMetrics()
            .AddSingleton(options)
            .AddSingleton(provider =>
            {
                var pools = ActivatorUtilities.CreateInstance<LocalPools>(provider);
                PoolMetrics.Tell(provider.GetRequiredService<IMeterFactory>(), pools);
                return pools;
            })
            .AddSingleton<IVolumeProvider, LocalProvider>();

    /// <summary>
    /// Adds the provider of EBS volumes, in AWS and in clouds that speak EC2's protocol. Wants <see cref="ICredentialVault"/>,
    /// <see cref="TimeProvider"/> and logging among the services.
    /// </summary>
    public static IServiceCollection AddEbsProvider(this IServiceCollection services, EbsOptions options) =>
        services
            .AddMetrics()
            .AddSingleton(options)
            .AddSingleton<ApiBudget>()
            .AddSingleton<EbsMetrics>()
            .AddSingleton<EbsCalls>()
            .AddSingleton<EbsEndpoints>()
            .AddSingleton<EbsSessions>()
            .AddSingleton<SnapshotPacing>()
            .AddSingleton<RecentTags>()
            .AddSingleton<LookUps>()
            .AddSingleton<EbsZones>()
            .AddSingleton<RecycleBinApi>()
            .AddSingleton<EbsRetentionRules>()
            .AddSingleton<RecentCreates<ProviderVolume>>()
            .AddSingleton<EbsVolumes>()
            .AddSingleton<EbsTags>()
            .AddSingleton<EbsDeletions>()
            .AddSingleton<RecentSnapshots>()
            .AddSingleton<EbsSnapshots>()
            .AddSingleton<EbsInstanceSnapshots>()
            .AddSingleton<EbsProbe>()
            .AddSingleton<IVolumeProvider, EbsProvider>();
}
