using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Credentials;

/// <summary>
/// Looks at everything that a credential opens, now: probes it and passes over each of its cells. Ends when every pass has; failed where
/// one did, with what it said.
/// </summary>
sealed class RefreshCredential(
    OperationStore operations, CredentialProbe probe, Cells cells, InventoryReconciler reconciler) : IOperationHandler
{
    /// <inheritdoc/>
    public string Kind => OperationKind.RefreshCredential;

    /// <summary>Asks for it.</summary>
    public Task<Operation> EnqueueAsync(Transaction transaction, AccountId account, string id, CancellationToken cancellation) =>
        operations.EnqueueAsync(transaction, account, OperationId.New(), Kind, cancellation, input: id);

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var id = running.Operation.Input!;
        await running.StepAsync("probing", cancellation);
        if (await probe.ProbeAsync(new CredentialId(id), cancellation) is { } refused) throw Final(refused.Message, refused);
        await running.StepAsync("listing", cancellation);
        var known = await cells.OfCredentialAsync(id, cancellation);
        var failed = new List<(string Region, VolumeException Failure)>();
        var done = 0;
        await foreach (var ended in Task.WhenEach(known.Select(PassAsync)))
        {
            var (region, failure) = await ended;
            if (failure is not null) failed.Add((region, failure));
            await running.ProgressAsync((double)++done / known.Count, cancellation);
        }
        if (failed.Count > 0)
            throw Final($"{failed.Count} of {known.Count} regions failed. {failed[0].Region}: {failed[0].Failure.Message}", failed[0].Failure);
        await operations.SucceedAsync(running.Attempt, cancellation);

        async Task<(string, VolumeException?)> PassAsync(KnownCell cell) =>
            (cell.Cell.Region, await reconciler.PassAsync(cell, cancellation));
    }

    /// <inheritdoc/>
    public Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        operations.FailAsync(running.Attempt, cancellation);

    /// <summary>Whoever asked for a look now is told now; the inventory tries again by itself.</summary>
    static VolumeException Final(string sentence, VolumeException cause) => new(ErrorCode.Conflict, sentence, cause);
}
