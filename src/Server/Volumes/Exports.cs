using Microsoft.AspNetCore.Http.Features;
using Octavo.Core;
using Octavo.Server.Inventory;
using Octavo.Server.Snapshots;

namespace Octavo.Server.Volumes;

/// <summary>
/// Streams the bytes of a volume or a snapshot to the client as a raw disk image. The one read that must go to the provider: the
/// inventory has no bytes. Holds no transaction and no lease while it does.
/// </summary>
sealed class Exports(Cells cells)
{
    const int ChunkBytes = 1 << 20;

    /// <summary>The whole image of a volume.</summary>
    public async Task VolumeAsync(VolumeRow volume, HttpContext context)
    {
        if (volume.ProviderVolumeId is not { } id || volume.State is not (VolumeState.Available or VolumeState.InUse))
            throw new VolumeException(ErrorCode.Conflict, $"The volume is {States.Text(volume.State)}; only a whole one can be exported.");
        var (cell, provider) = await cells.GetAsync(volume.CredentialId, volume.Region, context.RequestAborted);
        Require(provider);
        await using var image = await provider.ExportVolumeAsync(cell, new ProviderVolumeId(id), context.RequestAborted);
        await SendAsync(image, context);
    }

    /// <summary>The whole image of a snapshot.</summary>
    public async Task SnapshotAsync(SnapshotRow snapshot, HttpContext context)
    {
        if (snapshot.ProviderSnapshotId is not { } id || snapshot.State != SnapshotState.Completed)
            throw new VolumeException(ErrorCode.Conflict, $"The snapshot is {States.Text(snapshot.State)}; it can be exported once it is completed.");
        var (cell, provider) = await cells.GetAsync(snapshot.CredentialId, snapshot.Region, context.RequestAborted);
        Require(provider);
        await using var image = await provider.ExportSnapshotAsync(cell, new ProviderSnapshotId(id), context.RequestAborted);
        await SendAsync(image, context);
    }

    static void Require(IVolumeProvider provider)
    {
        if (!provider.Capabilities.CanExport)
            throw new VolumeException(ErrorCode.Unsupported, $"The provider {provider.Kind} cannot export images.");
    }

    static async Task SendAsync(Stream image, HttpContext context)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = image.Length;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await image.CopyToAsync(context.Response.Body, ChunkBytes, context.RequestAborted);
    }
}
