using Microsoft.Extensions.DependencyInjection;

namespace Octavo.Providers;

public static class ProviderRegistration
{
    public static IServiceCollection AddLocalProvider(this IServiceCollection services, string poolsFolder) => services;
}
