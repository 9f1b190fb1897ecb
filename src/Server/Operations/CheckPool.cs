using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;

namespace Octavo.Server.Operations;

/// <summary>Checks the account's pools: every inconsistency is named, and put right where that is safe and was asked for.</summary>
sealed class CheckPool(OperationStore operations, Cells cells) : IOperationHandler
{
    const string Repair = "repair";

    /// <inheritdoc/>
    public string Kind => OperationKind.CheckPool;

    /// <summary>Asks for a check.</summary>
    public Task<Operation> EnqueueAsync(Transaction transaction, AccountId account, bool repair, CancellationToken cancellation) =>
        operations.EnqueueAsync(transaction, account, OperationId.New(), Kind, cancellation, input: repair ? Repair : null);

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        await running.StepAsync("checking", cancellation);
        var findings = new List<Finding>();
        foreach (var (cell, provider) in await cells.OfAccountAsync(running.Operation.Account, cancellation))
        {
            if (!provider.Capabilities.CanCheck) continue;
            var found = await running.FollowAsync(
                progress => provider.CheckAsync(cell, running.Operation.Input == Repair, progress, cancellation), cancellation);
            findings.AddRange(found.Select(f => new Finding(f.Kind, f.Subject, f.Message, f.IsRepaired)));
        }
        await operations.SucceedAsync(running.Attempt, cancellation, JsonSerializer.Serialize(findings, ApiJson.Wire.IReadOnlyListFinding));
    }

    /// <inheritdoc/>
    public Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation) =>
        operations.FailAsync(running.Attempt, cancellation);
}
