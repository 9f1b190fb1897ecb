using Octavo.Core;
using Octavo.Server.Inventory;

namespace Octavo.Server.Volumes;

/// <summary>Asks a provider for its own record of a volume, which the inventory does not keep. Holds no transaction and no lease while it does.</summary>
sealed class RawVolumes(Cells cells, TimeProvider time)
{
    /// <summary>A person waits for it.</summary>
    static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    /// <summary>The text of one JSON object.</summary>
    /// <exception cref="VolumeException">Conflict: it is not made yet. Not found: the provider does not have it any more. Unavailable.</exception>
    public async Task<string> OfAsync(VolumeRow volume, CancellationToken cancellation)
    {
        if (volume.ProviderVolumeId is not { } id)
            throw new VolumeException(ErrorCode.Conflict, "The provider has not made the volume yet. Try again in a moment.");
        var (cell, provider) = await cells.GetAsync(volume.CredentialId, volume.Region, cancellation);
        using var timeout = new CancellationTokenSource(MaxWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return await provider.GetRawVolumeAsync(cell, new ProviderVolumeId(id), either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new VolumeException(ErrorCode.Unavailable, $"The provider {provider.Kind} has not answered within {MaxWait.TotalSeconds} s. Try again.");
        }
    }
}
