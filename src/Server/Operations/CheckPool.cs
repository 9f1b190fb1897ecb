using System.Text.Json;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;

namespace Octavo.Server.Operations;

/// <summary>Checks the account's pools: every inconsistency is named, and put right where that is safe and was asked for.</summary>
sealed class CheckPool(Database.Database database, OperationStore operations, Cells cells) : IOperationHandler
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
        await using var transaction = await database.BeginAsync(cancellation);
        await operations.SucceedAsync(transaction, running.Attempt, cancellation,
            JsonSerializer.Serialize(findings, ApiJson.Wire.IReadOnlyListFinding));
        await transaction.CommitAsync();
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation)
    {
        await using var transaction = await database.BeginAsync(cancellation);
        await operations.FailAsync(transaction, running.Attempt, cancellation);
        await transaction.CommitAsync();
    }
}
