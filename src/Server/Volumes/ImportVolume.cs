using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Volumes;

/// <summary>
/// Makes a volume from a raw disk image: an upload, whose bytes the request itself carries to the provider, or a file on the
/// server's own machine, which the operation reads. An upload's operation is held until the last byte is durable; one that was
/// cut short, by the client or by our own death, is found incomplete and taken back.
/// </summary>
sealed class ImportVolume(
    VolumeStore volumes, OperationStore operations, Cells cells) : IOperationHandler
{
    const int SectorBytes = 512;

    /// <inheritdoc/>
    public string Kind => OperationKind.ImportVolume;

    /// <summary>Writes down an upload of so many bytes; its operation is held until <see cref="ReceiveAsync"/>.</summary>
    /// <exception cref="VolumeException">Invalid: name or size. Quota exceeded.</exception>
    public async Task<(Api.Volume Volume, Operation Operation)> AnnounceAsync(
        Transaction transaction, AccountId account, string? name, long? length, CancellationToken cancellation)
    {
        var display = Names.Display(name);
        if (length is not { } bytes)
            throw new VolumeException(ErrorCode.Invalid, "An upload needs a Content-Length: the size of the image in bytes.");
        if (bytes <= 0 || bytes % SectorBytes != 0)
            throw new VolumeException(ErrorCode.Invalid, $"The image has {bytes} bytes; a raw disk image has a whole number of {SectorBytes}-byte sectors, at least one.");
        var own = await cells.OwnAsync(account, cancellation);
        var zone = CreateVolume.Place(own, zone: null, new ByteSize(bytes));
        return await volumes.EnqueueMakingAsync(
            transaction, new VolumeToMake(Kind, own.Cell, display, zone, new ByteSize(bytes)) { IsHeld = true }, cancellation);
    }

    /// <summary>Takes the bytes of an upload that was announced; returns when all of them are durable.</summary>
    /// <exception cref="VolumeException">Invalid: the body ended early. Nothing is kept then.</exception>
    public async Task ReceiveAsync(AccountId account, OperationId announced, Stream content, long length, CancellationToken cancellation)
    {
        var own = await cells.OwnAsync(account, cancellation);
        try
        {
            await own.Provider.ImportVolumeAsync(
                own.Cell, new ImageSource.Upload(content, length), announced, new Progress<double>(), cancellation);
        }
        finally
        {
            // Whatever came of it: the operation looks, and records or takes back.
            await operations.ReleaseAsync(announced, CancellationToken.None);
        }
    }

    /// <summary>Asks for the import of a file on the server's own machine.</summary>
    /// <exception cref="VolumeException">Invalid: name, or the path is not absolute.</exception>
    public async Task<(Api.Volume Volume, Operation Operation)> EnqueueAsync(
        Transaction transaction, AccountId account, string? name, string? path, CancellationToken cancellation)
    {
        var display = Names.Display(name);
        if (path is null || !path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
            throw new VolumeException(ErrorCode.Invalid, "path must be an absolute path on the server's machine.");
        var own = await cells.OwnAsync(account, cancellation);
        var zone = CreateVolume.Place(own, zone: null, new ByteSize(0));
        return await volumes.EnqueueMakingAsync(
            transaction, new VolumeToMake(Kind, own.Cell, display, zone, new ByteSize(0)) { Input = path }, cancellation);
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        ProviderVolume made;
        if (running.Operation.Input is { } path)
        {
            await running.StepAsync("copying", cancellation);
            made = await running.FollowAsync(
                progress => provider.ImportVolumeAsync(
                    cell, new ImageSource.File(path), running.Operation.Id, progress, cancellation), cancellation);
        }
        else
        {
            var received = await provider.FindVolumeAsync(cell, running.Operation.Id, cancellation);
            if (received is not { State: VolumeState.Available or VolumeState.InUse })
                throw new VolumeException(ErrorCode.Invalid, "The upload did not complete; nothing of it was kept. Send the image again.");
            made = received;
        }
        await volumes.RecordMadeAsync(running.Attempt, target, made, cancellation);
    }

    /// <inheritdoc/>
    public Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        CreateVolume.UndoMakingAsync(volumes, cells, running, cancellation);
}
