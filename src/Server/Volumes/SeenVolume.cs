using System.Buffers;
using System.Text;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Volumes;

/// <summary>
/// One volume after a change that an operation made of it: looked at and written as a pass over its cell does, so that the next pass finds nothing new.
/// </summary>
static class SeenVolume
{
    /// <summary>The volume as the provider has it now; null where there is none, or it is gone.</summary>
    public static async Task<ProviderVolume?> LookAsync(IVolumeProvider provider, Cell cell, string? id, CancellationToken cancellation) =>
        id is null ? null : (await provider.FindVolumesAsync(cell, [new ProviderVolumeId(id)], cancellation)).SingleOrDefault();

    /// <summary>Writes it, where there is something to write.</summary>
    public static async Task WriteAsync(
        Transaction transaction, IVolumeProvider provider, Cell cell, ProviderVolume? volume, DateTimeOffset now, CancellationToken cancellation)
    {
        if (volume is null) return;
        var text = new ArrayBufferWriter<byte>();
        ObservedVolumes.WriteText([volume], text);
        // Its row may have been written in this very millisecond, and was looked at after that.
        await ObservedVolumes.ApplyAsync(
            transaction, cell, provider, Encoding.UTF8.GetString(text.WrittenSpan), began: now.AddMilliseconds(1), now, cancellation);
    }
}
