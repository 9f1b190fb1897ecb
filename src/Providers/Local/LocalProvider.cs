using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Octavo.Core;
using Octavo.Engine;

namespace Octavo.Providers.Local;

/// <summary>
/// Volumes on this machine's own disk, by the embedded engine. What an operation makes is named after it, so that the same operation
/// finds it again: the id is the first digits of the operation's, or of a hash of it and the volume's where it takes several snapshots, and the whole of it is the
/// engine's tag.
/// </summary>
sealed class LocalProvider(LocalPools pools, LocalOptions options) : IVolumeProvider
{
    /// <summary>The only region.</summary>
    public const string Region = "local";

    /// <summary>The only zone of the only region.</summary>
    public const string Zone = "local";

    const string VolumePrefix = "vol-";
    const string SnapshotPrefix = "snap-";
    const string AttachmentPrefix = "att-";

    /// <summary>Digits of a provider's id, as EC2 has them since 2016: 68 bits.</summary>
    const int IdDigits = 17;

    public string Kind => "local";

    public string FoundName => "Synced from local";

    public ProviderCapabilities Capabilities { get; } =
        new(CanImport: true, CanExport: true, CanCheck: true, SnapshotsOutliveVolume: true, IsTheOnlyOwner: true,
            OneInstant: OneInstant.Cell, KeepsTags: false, CanUndelete: false, CanAttach: true, CanGrow: true, ShortestPoll: TimeSpan.FromMilliseconds(20),
            LongestPoll: TimeSpan.FromMilliseconds(250));

    public Task<CredentialReport> ProbeAsync(ProviderAccess access, CancellationToken cancellation) =>
        Task.FromResult(new CredentialReport("local", [Region], []));

    public Task<CellFacts> GetCellAsync(Cell cell, CancellationToken cancellation) =>
        WithPoolAsync(cell, pool => Task.FromResult(Facts(pool)), cancellation);

    public Task<ProviderPage<ProviderVolume>> ListVolumesAsync(Cell cell, PageRequest page, CancellationToken cancellation) =>
        WithPoolAsync(cell, pool => Task.FromResult(
            PageToken.Page(page, VolumePrefix, pool.ListVolumes, v => v.Id, Volume)), cancellation);

    public Task<ProviderVolume> GetVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        WithPoolAsync(cell, pool => Task.FromResult(
            pool.FindVolume(id.Value) is { } volume ? Volume(volume) : throw NoVolume()), cancellation);

    public Task<string> GetRawVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        WithPoolAsync(cell, pool => Task.FromResult(
            pool.FindVolume(id.Value) is { } volume ? LocalRecord.Text(volume) : throw NoVolume()), cancellation);

    public Task<IReadOnlyList<ProviderVolume>> FindVolumesAsync(
        Cell cell, IReadOnlyList<ProviderVolumeId> ids, CancellationToken cancellation) =>
        WithPoolAsync<IReadOnlyList<ProviderVolume>>(cell, pool => Task.FromResult<IReadOnlyList<ProviderVolume>>(
            [.. ids.Select(id => pool.FindVolume(id.Value)).OfType<EngineVolume>().Select(Volume)]), cancellation);

    public Task<ProviderVolume?> FindVolumeAsync(Cell cell, OperationId operation, CancellationToken cancellation) =>
        WithPoolAsync(cell, pool => Task.FromResult(
            pool.FindVolume(VolumeId(operation)) is { } volume && volume.Tag == operation.Value ? Volume(volume) : null), cancellation);

    public Task<ProviderVolume> CreateVolumeAsync(
        Cell cell, VolumeSpec spec, OperationId operation, CancellationToken cancellation) =>
        WithPoolAsync(cell, async pool =>
        {
            if (spec.AvailabilityZone != Zone)
                throw new VolumeException(ErrorCode.Invalid, $"There is no such availability zone here. The only one is {Zone}.");
            if (Impossible(spec) is { } what)
                throw new VolumeException(ErrorCode.Unsupported,
                    $"A local volume has no {what} of its own: it is a file on this machine's disk. Leave that out.");
            if (spec.Size is { } asked) CheckSize(pool, asked);
            var id = VolumeId(operation);
            return Volume(spec switch
            {
                { Snapshot: { } snapshot } =>
                    await pool.RestoreVolumeAsync(id, operation.Value, snapshot.Value, spec.Size?.Bytes, cancellation),
                { Size: { } size } => await pool.CreateVolumeAsync(id, operation.Value, size.Bytes, cancellation),
                _ => throw new VolumeException(ErrorCode.Invalid, "An empty volume needs a size."),
            });
        }, cancellation);

    public Task<ProviderVolume> ImportVolumeAsync(
        Cell cell, ImageSource source, OperationId operation, IProgress<double> progress, CancellationToken cancellation) =>
        WithPoolAsync(cell, async pool =>
        {
            var id = VolumeId(operation);
            switch (source)
            {
                case ImageSource.File file:
                    return Volume(await pool.ImportVolumeAsync(id, operation.Value, file.Path, progress, cancellation));
                case ImageSource.Upload upload:
                    CheckSize(pool, new ByteSize(upload.Length));
                    await using (var content = new UploadedImage(upload.Content))
                        return Volume(
                            await pool.ImportVolumeAsync(id, operation.Value, content, upload.Length, progress, cancellation));
                default:
                    throw new VolumeException(ErrorCode.Unsupported, "Images come from a file or an upload here.");
            }
        }, cancellation);

    public Task<ProviderVolume> UpdateVolumeAsync(
        Cell cell, ProviderVolumeId id, VolumeUpdate update, OperationId operation, CancellationToken cancellation) =>
        throw new VolumeException(ErrorCode.Unsupported, "A local volume has neither a name nor tags in its pool: the inventory keeps them.");

    public Task<ProviderVolume> GrowVolumeAsync(
        Cell cell, ProviderVolumeId id, ByteSize size, OperationId operation, CancellationToken cancellation) =>
        WithPoolAsync(cell, async pool =>
        {
            CheckSize(pool, size);
            return Volume(await pool.GrowVolumeAsync(id.Value, size.Bytes, cancellation));
        }, cancellation);

    public Task<bool> DeleteVolumeAsync(Cell cell, ProviderVolumeId id, OperationId operation, CancellationToken cancellation) =>
        WithPoolAsync(cell, async pool =>
        {
            await pool.DeleteVolumeAsync(id.Value, cancellation);
            return true;
        }, cancellation);

    public Task<DateTimeOffset?> DeletedUntilAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        Task.FromResult<DateTimeOffset?>(null);

    public Task<ProviderVolume> UndeleteVolumeAsync(
        Cell cell, ProviderVolumeId id, OperationId operation, CancellationToken cancellation) =>
        throw new VolumeException(ErrorCode.Unsupported, "What is deleted from a local pool is gone at once; restore it from a snapshot.");

    public Task<ClientAttachment> AttachAsync(Cell cell, AttachSpec spec, OperationId operation, CancellationToken cancellation) =>
        WithPoolAsync(cell, async pool => Attachment(await pool.AttachAsync(
            AttachmentId(operation), operation.Value,
            new AttachmentWish(
                spec.Volume?.Value, spec.Snapshot?.Value, spec.Client, spec.IsReadOnly, spec.IsMultiAttach, Convert.FromHexString(spec.TokenSha256),
                spec.Lease), cancellation)), cancellation);

    public Task<bool> DetachAsync(Cell cell, string id, bool force, OperationId operation, CancellationToken cancellation) =>
        WithPoolAsync(cell, pool => pool.DetachAsync(id, force, cancellation), cancellation);

    public Task<IReadOnlyList<ClientAttachment>> ListAttachmentsAsync(Cell cell, CancellationToken cancellation) =>
        WithPoolAsync<IReadOnlyList<ClientAttachment>>(cell, pool => Task.FromResult<IReadOnlyList<ClientAttachment>>(
            [.. pool.ListAttachments().Select(Attachment)]), cancellation);

    public Task<Stream> ExportVolumeAsync(Cell cell, ProviderVolumeId id, CancellationToken cancellation) =>
        WithPoolAsync(cell, pool => Task.FromResult<Stream>(new ExportedImage(pool.OpenVolume(id.Value))), cancellation);

    public Task<ProviderPage<ProviderSnapshot>> ListSnapshotsAsync(Cell cell, PageRequest page, CancellationToken cancellation) =>
        WithPoolAsync(cell, pool => Task.FromResult(
            PageToken.Page(page, SnapshotPrefix, pool.ListSnapshots, s => s.Id, Translation.From)), cancellation);

    public Task<ProviderSnapshot> GetSnapshotAsync(Cell cell, ProviderSnapshotId id, CancellationToken cancellation) =>
        WithPoolAsync(cell, pool => Task.FromResult(
            pool.FindSnapshot(id.Value) is { } snapshot ? Translation.From(snapshot) : throw NoSnapshot()), cancellation);

    public Task<IReadOnlyList<ProviderSnapshot>> FindSnapshotsAsync(
        Cell cell, IReadOnlyList<ProviderSnapshotId> ids, CancellationToken cancellation) =>
        WithPoolAsync<IReadOnlyList<ProviderSnapshot>>(cell, pool => Task.FromResult<IReadOnlyList<ProviderSnapshot>>(
            [.. ids.Select(id => pool.FindSnapshot(id.Value)).OfType<EngineSnapshot>().Select(Translation.From)]), cancellation);

    // The id comes from the operation, so that the engine itself knows what was taken: it need not be told to look.
    public Task<ProviderSnapshot> CreateSnapshotAsync(
        Cell cell, ProviderVolumeId volume, OperationId operation, bool mayBeTaken, CancellationToken cancellation) =>
        WithPoolAsync(cell, async pool => Translation.From(
            await pool.BeginSnapshotAsync(SnapshotId(operation), operation.Value, volume.Value, cancellation)), cancellation);

    public Task<IReadOnlyList<ProviderSnapshot>> CreateSnapshotsAsync(
        Cell cell, string? instance, IReadOnlyList<ProviderVolumeId> volumes, OperationId operation, bool mayBeTaken,
        CancellationToken cancellation) =>
        WithPoolAsync<IReadOnlyList<ProviderSnapshot>>(cell, async pool =>
        {
            if (instance is not null)
                throw new VolumeException(ErrorCode.Unsupported, "A local pool knows no instances: any of its volumes are taken together.");
            List<EngineSnapshotRequest> wanted =
                [.. volumes.Distinct().Select(volume => new EngineSnapshotRequest(SnapshotId(operation, volume), operation.Value, volume.Value))];
            // All of a set began or none of it: where one is there, what is missing was not there when it was taken, or was deleted since.
            IReadOnlyList<EngineSnapshot> taken = [.. wanted.Select(w => pool.FindSnapshot(w.Id)).OfType<EngineSnapshot>()];
            if (taken.Count == 0) taken = await BeginSetAsync(pool, wanted, cancellation);
            return [.. taken.Select(Translation.From)];
        }, cancellation);

    public Task DeleteSnapshotAsync(Cell cell, ProviderSnapshotId id, OperationId operation, CancellationToken cancellation) =>
        WithPoolAsync(cell, async pool =>
        {
            await pool.DeleteSnapshotAsync(id.Value, cancellation);
            return true;
        }, cancellation);

    public Task<Stream> ExportSnapshotAsync(Cell cell, ProviderSnapshotId id, CancellationToken cancellation) =>
        WithPoolAsync(cell, pool => Task.FromResult<Stream>(new ExportedImage(pool.OpenSnapshot(id.Value))), cancellation);

    public Task<IReadOnlyList<ProviderFinding>> CheckAsync(
        Cell cell, bool repair, IProgress<double> progress, CancellationToken cancellation) =>
        WithPoolAsync<IReadOnlyList<ProviderFinding>>(cell, async pool =>
            [.. (await pool.CheckAsync(repair, progress, cancellation)).Select(Translation.From)], cancellation);

    /// <summary>Begins what can be begun: a volume that is gone, or in error, has no snapshot.</summary>
    static async Task<IReadOnlyList<EngineSnapshot>> BeginSetAsync(
        BlockEngine pool, List<EngineSnapshotRequest> wanted, CancellationToken cancellation)
    {
        while (true)
        {
            var usable = wanted.FindAll(IsUsable);
            if (usable.Count == 0) throw new VolumeException(ErrorCode.NotFound, "None of these volumes is in this pool and without error.");
            try
            {
                return await pool.BeginSnapshotsAsync(usable, cancellation);
            }
            catch (EngineException e) when (e.Error is EngineError.NotFound or EngineError.Conflict && !usable.TrueForAll(IsUsable))
            {
                // One of them went away in between.
            }
        }

        bool IsUsable(EngineSnapshotRequest request) => pool.FindVolume(request.VolumeId) is { State: EngineVolumeState.Available or EngineVolumeState.InUse };
    }

    async Task<T> WithPoolAsync<T>(
        Cell cell, Func<BlockEngine, Task<T>> call, CancellationToken cancellation, [CallerMemberName] string name = "")
    {
        using var span = Instrumentation.Source.StartActivity(name);
        span?.SetTag("octavo.account", cell.AccountName);
        try
        {
            return await call(await pools.OfAsync(cell, cancellation));
        }
        catch (EngineException e)
        {
            var failure = Translation.From(e);
            span?.Fail(failure);
            throw failure;
        }
    }

    ProviderVolume Volume(EngineVolume volume) => Translation.From(volume, options.NbdAddress);

    ClientAttachment Attachment(EngineAttachment attachment) => Translation.From(attachment, options.NbdAddress);

    static CellFacts Facts(BlockEngine pool)
    {
        var room = pool.Capacity;
        return new CellFacts(new ByteSize(room.TotalBytes), new ByteSize(room.FreeBytes), [Zone]);
    }

    static void CheckSize(BlockEngine pool, ByteSize size)
    {
        var largest = Facts(pool).LargestVolume;
        if (size > largest)
            throw new VolumeException(ErrorCode.QuotaExceeded, $"A volume of {size} does not fit: the pool's disk has {largest} in all.");
    }

    /// <summary>What the disk alone decides; null where nothing of it is asked for.</summary>
    static string? Impossible(VolumeSpec spec) => spec switch
    {
        { VolumeType: not null } => "type",
        { Iops: not null } => "IOPS",
        { ThroughputMiBps: not null } => "throughput",
        { IsEncrypted: true } or { KmsKeyId: not null } => "encryption",
        _ => null,
    };

    static string VolumeId(OperationId operation) => VolumePrefix + operation.Value[..IdDigits];

    static string AttachmentId(OperationId operation) => AttachmentPrefix + operation.Value[..IdDigits];

    static string SnapshotId(OperationId operation) => SnapshotPrefix + operation.Value[..IdDigits];

    /// <summary>Of one of several that an operation takes together.</summary>
    static string SnapshotId(OperationId operation, ProviderVolumeId volume) =>
        SnapshotPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{operation.Value}/{volume.Value}")))[..IdDigits];

    static VolumeException NoVolume() => new(ErrorCode.NotFound, "There is no such volume in this pool.");

    static VolumeException NoSnapshot() => new(ErrorCode.NotFound, "There is no such snapshot in this pool.");
}
