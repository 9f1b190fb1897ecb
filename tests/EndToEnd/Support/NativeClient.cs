using Octavo.Api;

namespace Octavo.EndToEnd.Support;

/// <summary>The shipped client, with the steps that these tests are made of. The server may die in the middle of any call.</summary>
sealed class NativeClient : IDisposable
{
    readonly HttpClient http;
    readonly OctavoClient client;

    public NativeClient(ServerProcess server)
    {
        http = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromMinutes(2) };
        client = new OctavoClient(http, server.Token);
    }

    /// <summary>The client itself, for what is one call.</summary>
    public OctavoClient Api => client;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Asks for a volume of zeros.</summary>
    public Task<VolumeAccepted> CreateAsync(string name, long sizeGib) =>
        client.CreateVolumeAsync(new CreateVolumeRequest(name, sizeGib, null, null), Cancellation);

    /// <summary>Sends an image.</summary>
    public Task<VolumeAccepted> ImportAsync(string name, byte[] image) =>
        client.ImportVolumeAsync(name, new MemoryStream(image), image.Length, Cancellation);

    /// <summary>Asks for a snapshot.</summary>
    public Task<SnapshotAccepted> SnapshotAsync(string volume) => client.CreateSnapshotAsync(volume, Cancellation);

    /// <summary>Asks for a volume made from a snapshot.</summary>
    public Task<VolumeAccepted> RestoreAsync(string snapshot, string name) =>
        client.RestoreSnapshotAsync(snapshot, new RestoreSnapshotRequest(name, null, null), Cancellation);

    /// <summary>Asks for a volume's deletion, and its space at once.</summary>
    public Task<OperationAccepted> DeleteVolumeAsync(string volume) => client.DeleteVolumeAsync(volume, finalSnapshot: false, purge: true, Cancellation);

    /// <summary>Asks for a snapshot's deletion.</summary>
    public Task<OperationAccepted> DeleteSnapshotAsync(string snapshot) => client.DeleteSnapshotAsync(snapshot, Cancellation);

    /// <summary>What a check of the pool finds, with repair off.</summary>
    public async Task<IReadOnlyList<Finding>> CheckAsync() =>
        (await SucceededAsync((await client.CheckAsync(repair: false, Cancellation)).Operation)).Findings ?? [];

    /// <summary>Every volume.</summary>
    public async Task<IReadOnlyList<Volume>> VolumesAsync() => await client.ListVolumesAsync(Cancellation).ToListAsync(Cancellation);

    /// <summary>Every snapshot.</summary>
    public async Task<IReadOnlyList<Snapshot>> SnapshotsAsync() =>
        await client.ListSnapshotsAsync(null, Cancellation).ToListAsync(Cancellation);

    /// <summary>A volume's bytes.</summary>
    public Task<byte[]> ExportVolumeAsync(string volume) => ReadAsync(client.ExportVolumeAsync(volume, Cancellation));

    /// <summary>A snapshot's bytes.</summary>
    public Task<byte[]> ExportSnapshotAsync(string snapshot) => ReadAsync(client.ExportSnapshotAsync(snapshot, Cancellation));

    /// <summary>A whole volume with an image's bytes.</summary>
    public async Task<Volume> ImportedAsync(string name, byte[] image)
    {
        var accepted = await ImportAsync(name, image);
        await SucceededAsync(accepted.Operation);
        return await client.GetVolumeAsync(accepted.Volume.Id, Cancellation);
    }

    /// <summary>A completed snapshot.</summary>
    public async Task<Snapshot> SnapshottedAsync(string volume)
    {
        var accepted = await SnapshotAsync(volume);
        await SucceededAsync(accepted.Operation);
        return await client.GetSnapshotAsync(accepted.Snapshot.Id, Cancellation);
    }

    /// <summary>Attaches this test to a volume; where to connect to, the token included, by its Unix socket.</summary>
    public async Task<string> AttachedAsync(string volume)
    {
        var accepted = await client.AttachVolumeAsync(volume, new AttachVolumeRequest("end-to-end"), Cancellation);
        await SucceededAsync(accepted.Operation);
        return accepted.Uris.First(uri => uri.StartsWith("nbd+unix:", StringComparison.Ordinal));
    }

    /// <summary>Detaches every client.</summary>
    public async Task DetachAllAsync()
    {
        foreach (var attached in await client.ListAttachmentsAsync(null, Cancellation).ToListAsync(Cancellation))
            await SucceededAsync((await client.DetachAsync(attached.Id, force: true, Cancellation)).Operation);
    }

    /// <summary>Asks for snapshots of several volumes at one instant.</summary>
    public async Task<Operation> SnapshotTogetherAsync(IReadOnlyList<string> volumes) =>
        (await client.CreateSnapshotsAsync(new CreateSnapshotsRequest(volumes, null), Cancellation)).Operation;

    /// <summary>The operation, once it has ended, which must be well.</summary>
    public async Task<Operation> SucceededAsync(Operation operation)
    {
        var ended = await Eventually.GetAsync($"the end of {operation.Kind} {operation.Id}", async () =>
            await client.GetOperationAsync(operation.Id, Cancellation) is { IsFinished: true } finished ? finished : null);
        ended.State.ShouldBe("succeeded", $"{operation.Kind}: {ended.Error?.Message}");
        return ended;
    }

    /// <summary>Returns once every operation has ended, one way or another.</summary>
    public Task<string> AllFinishedAsync() =>
        Eventually.GetAsync("the end of every operation", async () =>
            await client.ListOperationsAsync(Cancellation).AllAsync(o => o.IsFinished, Cancellation) ? "" : null);

    /// <summary>Deletes every volume and every snapshot.</summary>
    public async Task DeleteAllAsync()
    {
        foreach (var volume in await VolumesAsync()) await DeleteVolumeAsync(volume.Id);
        foreach (var snapshot in await SnapshotsAsync()) await DeleteSnapshotAsync(snapshot.Id);
        await AllFinishedAsync();
        (await VolumesAsync()).ShouldBeEmpty();
        (await SnapshotsAsync()).ShouldBeEmpty();
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    static async Task<byte[]> ReadAsync(Task<(Stream Image, long Length)> export)
    {
        var (image, length) = await export;
        await using (image)
        {
            var bytes = new byte[length];
            await image.ReadExactlyAsync(bytes, Cancellation);
            (await image.ReadAsync(new byte[1], Cancellation)).ShouldBe(0, "bytes behind the end");
            return bytes;
        }
    }
}
