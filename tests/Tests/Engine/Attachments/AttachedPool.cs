using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Octavo.Engine;
using Octavo.Engine.Nbd;

namespace Octavo.Tests.Engine.Attachments;

/// <summary>An engine with one volume on a disk in memory, under a clock that stands.</summary>
sealed class AttachedPool : IAsyncDisposable
{
    public const string Volume = "vol-1";
    public const string Token = "the token";

    public SimulatedDisk Disk { get; private set; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000));

    public List<string> Warnings { get; } = [];

    public BlockEngine Engine { get; private set; } = null!;

    public static async Task<AttachedPool> NewAsync()
    {
        var pool = new AttachedPool();
        await pool.OpenAsync();
        await pool.Engine.CreateVolumeAsync(Volume, "t", 1 << 20, CancellationToken.None);
        return pool;
    }

    public async Task ReopenAsync()
    {
        await Engine.DisposeAsync();
        await OpenAsync();
    }

    /// <summary>Opens what a machine finds after its power failed.</summary>
    public async Task ReopenAfterPowerCutAsync(int seed)
    {
        Disk = Disk.AfterPowerCut(seed);
        await OpenAsync();
    }

    public static AttachmentWish Wish(
        string? volume = Volume, string client = "alice", bool isReadOnly = false, bool isMultiAttach = false, string token = Token, int lease = 300,
        string? snapshot = null) =>
        new(volume, snapshot, client, isReadOnly, isMultiAttach, Hash(token), TimeSpan.FromSeconds(lease));

    public Task<EngineAttachment> AttachAsync(string id, AttachmentWish wish) => Engine.AttachAsync(id, "op-" + id, wish, CancellationToken.None);

    public Task<bool> DetachAsync(string id, bool force = false) => Engine.DetachAsync(id, force, CancellationToken.None);

    /// <summary>As a client that shows the token.</summary>
    public NbdExport Connect(string token = Token) => Engine.OpenExport(token).ShouldNotBeNull();

    public EngineVolume Look() => Engine.FindVolume(Volume)!;

    static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    async Task OpenAsync() => Engine = await BlockEngine.OpenAsync(
        Disk, new EngineOptions(Time, warning => { lock (Warnings) Warnings.Add(warning); }), CancellationToken.None);

    public async ValueTask DisposeAsync() => await Engine.DisposeAsync();
}
