using Octavo.Core;
using Octavo.Server.Database;
using Octavo.Server.Inventory;
using Octavo.Server.Operations;

namespace Octavo.Server.Volumes;

/// <summary>
/// Frees the space of a deleted volume that was kept for a while: when its time is over, or when somebody asks for it. Where that does not work, the
/// volume can be brought back for a while more, and it is tried again then.
/// </summary>
sealed class PurgeVolume(Database.Database database, VolumeStore volumes, OperationStore operations, Cells cells, TimeProvider time) : IOperationHandler
{
    /// <summary>Whatever is in the way, an open file, takes about so long.</summary>
    static readonly TimeSpan TryAgainAfter = TimeSpan.FromHours(1);

    /// <summary>Volumes taken up at once.</summary>
    const int MaxAtOnce = 1000;

    /// <inheritdoc/>
    public string Kind => OperationKind.PurgeVolume;

    /// <summary>Takes up what is due. What a provider's own recycle bin kept is only told to be gone.</summary>
    public async Task EnqueueDueAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        // Looked for outside the write transaction: most of the time there is nothing.
        if (!await database.FindAsync($"SELECT EXISTS (SELECT 1 FROM volumes WHERE restorable_until <= {now})", row => row.Flag(0), cancellation)) return;
        await using var transaction = await database.BeginAsync(cancellation);
        foreach (var (id, account, provider) in await transaction.QueryAsync(
            $"""
            SELECT v.id, v.account_id, c.provider FROM volumes v JOIN credentials c ON c.id = v.credential_id WHERE v.restorable_until <= {now}
            LIMIT {MaxAtOnce}
            """, row => (row.Text(0), new AccountId(row.Text(1)), row.Text(2)), cancellation))
        {
            await transaction.ExecuteAsync($"UPDATE volumes SET restorable_until = NULL, updated_at = {now} WHERE id = {id}", cancellation);
            if (cells.Provider(provider).Capabilities.IsTheOnlyOwner)
                await operations.EnqueueAsync(transaction, account, OperationId.New(), Kind, cancellation, new VolumeId(id), isOurOwn: true);
        }
        await transaction.CommitAsync();
    }

    /// <summary>Takes up a deleted volume now.</summary>
    /// <exception cref="VolumeException">Conflict: it is not kept here, or not any more.</exception>
    public async Task<Operation> EnqueueAsync(Transaction transaction, AccountId account, string id, CancellationToken cancellation)
    {
        var isKept = await transaction.ExecuteAsync(
            $"""
            UPDATE volumes SET restorable_until = NULL, updated_at = {time.GetUtcNow()}
            WHERE id = {id} AND account_id = {account} AND state = {VolumeState.Deleted} AND restorable_until IS NOT NULL
              AND credential_id IN (SELECT id FROM credentials WHERE provider = 'local')
            """, cancellation);
        return isKept == 1
            ? await operations.EnqueueAsync(transaction, account, OperationId.New(), Kind, cancellation, new VolumeId(id))
            : throw new VolumeException(ErrorCode.Conflict, "The volume is deleted, and Octavo keeps nothing of it that could be freed.");
    }

    /// <inheritdoc/>
    public async Task RunAsync(RunningOperation running, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        var (cell, provider) = await cells.GetAsync(target.CredentialId, target.Region, cancellation);
        await running.StepAsync("deleting", cancellation);
        while (!await provider.DeleteVolumeAsync(cell, new ProviderVolumeId(target.ProviderVolumeId!), running.Operation.Id, cancellation))
            await running.PauseAsync(provider, cancellation);
        await volumes.RecordPurgedAsync(running.Attempt, target, cancellation);
    }

    /// <inheritdoc/>
    public async Task UndoAsync(RunningOperation running, VolumeException failure, CancellationToken cancellation)
    {
        var target = await volumes.TargetAsync(running.Operation, cancellation);
        await volumes.RecordNotPurgedAsync(running.Attempt, target, time.GetUtcNow() + TryAgainAfter, cancellation);
    }
}
