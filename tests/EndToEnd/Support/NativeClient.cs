using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using Octavo.Api;

namespace Octavo.EndToEnd.Support;

/// <summary>Speaks <c>/v2</c> to a server that may die in the middle of any call.</summary>
sealed class NativeClient(ServerProcess server) : IDisposable
{
    readonly HttpClient http = new()
    {
        BaseAddress = server.Address,
        Timeout = TimeSpan.FromMinutes(2),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", server.Token) },
    };

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Asks for a volume of zeros.</summary>
    public Task<VolumeAccepted> CreateAsync(string name, long sizeGib) =>
        PostAsync("v2/volumes", Json(new CreateVolumeRequest(name, sizeGib, null, null), ApiJson.Wire.CreateVolumeRequest), ApiJson.Wire.VolumeAccepted);

    /// <summary>Sends an image.</summary>
    public Task<VolumeAccepted> ImportAsync(string name, byte[] image) =>
        PostAsync($"v2/volumes/import?name={name}",
            new ByteArrayContent(image) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } },
            ApiJson.Wire.VolumeAccepted);

    /// <summary>Asks for a snapshot.</summary>
    public Task<SnapshotAccepted> SnapshotAsync(string volume) =>
        PostAsync($"v2/volumes/{volume}/snapshots", null, ApiJson.Wire.SnapshotAccepted);

    /// <summary>Asks for a volume made from a snapshot.</summary>
    public Task<VolumeAccepted> RestoreAsync(string snapshot, string name) =>
        PostAsync($"v2/snapshots/{snapshot}/restore",
            Json(new RestoreSnapshotRequest(name, null, null), ApiJson.Wire.RestoreSnapshotRequest), ApiJson.Wire.VolumeAccepted);

    /// <summary>Asks for a volume's deletion.</summary>
    public Task<OperationAccepted> DeleteVolumeAsync(string volume) => DeleteAsync($"v2/volumes/{volume}");

    /// <summary>Asks for a snapshot's deletion.</summary>
    public Task<OperationAccepted> DeleteSnapshotAsync(string snapshot) => DeleteAsync($"v2/snapshots/{snapshot}");

    /// <summary>What a check of the pool finds, with repair off.</summary>
    public async Task<IReadOnlyList<Finding>> CheckAsync()
    {
        var accepted = await PostAsync("v2/fsck", Json(new CheckRequest(false), ApiJson.Wire.CheckRequest), ApiJson.Wire.OperationAccepted);
        var ended = await FinishedAsync(accepted.Operation.Id);
        ended.State.ShouldBe("succeeded", ended.Error?.Message);
        return ended.Findings ?? [];
    }

    /// <summary>Every volume.</summary>
    public async Task<IReadOnlyList<Volume>> VolumesAsync() =>
        (await GetAsync("v2/volumes?limit=1000", ApiJson.Wire.VolumePage)).Items;

    /// <summary>Every snapshot.</summary>
    public async Task<IReadOnlyList<Snapshot>> SnapshotsAsync() =>
        (await GetAsync("v2/snapshots?limit=1000", ApiJson.Wire.PageSnapshot)).Items;

    /// <summary>The newest operations.</summary>
    public async Task<IReadOnlyList<Operation>> OperationsAsync() =>
        (await GetAsync("v2/operations?limit=1000", ApiJson.Wire.PageOperation)).Items;

    /// <summary>A volume's bytes.</summary>
    public Task<byte[]> ExportVolumeAsync(string volume) => http.GetByteArrayAsync(new Uri($"v2/volumes/{volume}/export", UriKind.Relative), Cancellation);

    /// <summary>A snapshot's bytes.</summary>
    public Task<byte[]> ExportSnapshotAsync(string snapshot) => http.GetByteArrayAsync(new Uri($"v2/snapshots/{snapshot}/export", UriKind.Relative), Cancellation);

    /// <summary>The operation, once it has ended.</summary>
    public Task<Operation> FinishedAsync(string operation) =>
        Eventually.GetAsync($"the end of operation {operation}", async () =>
            await GetAsync($"v2/operations/{operation}", ApiJson.Wire.Operation) is { IsFinished: true } ended ? ended : null);

    /// <summary>Every operation, once all of them have ended.</summary>
    public Task<IReadOnlyList<Operation>> AllFinishedAsync() =>
        Eventually.GetAsync("the end of every operation", async () =>
            await OperationsAsync() is var all && all.All(o => o.IsFinished) ? all : null);

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    async Task<OperationAccepted> DeleteAsync(string path)
    {
        using var reply = await http.DeleteAsync(new Uri(path, UriKind.Relative), Cancellation);
        return await ReadAsync(reply, ApiJson.Wire.OperationAccepted);
    }

    async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type)
    {
        using var reply = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        return await ReadAsync(reply, type);
    }

    async Task<T> PostAsync<T>(string path, HttpContent? body, JsonTypeInfo<T> type)
    {
        using (body)
        {
            using var reply = await http.PostAsync(new Uri(path, UriKind.Relative), body, Cancellation);
            return await ReadAsync(reply, type);
        }
    }

    static async Task<T> ReadAsync<T>(HttpResponseMessage reply, JsonTypeInfo<T> type)
    {
        if (!reply.IsSuccessStatusCode)
            throw new InvalidOperationException($"{reply.RequestMessage} answered {(int)reply.StatusCode}: {await reply.Content.ReadAsStringAsync(Cancellation)}");
        return await reply.Content.ReadFromJsonAsync(type, Cancellation) ?? throw new InvalidOperationException("The reply is null.");
    }

    static JsonContent Json<T>(T body, JsonTypeInfo<T> type) => JsonContent.Create(body, type);
}
