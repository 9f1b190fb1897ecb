using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>The snapshots that were taken here a moment ago, each by its id, and all of an operation by that.</summary>
sealed class RecentSnapshots(TimeProvider time)
{
    readonly RecentCreates<ProviderSnapshot> byId = new(time);
    readonly RecentCreates<IReadOnlyList<ProviderSnapshot>> byOperation = new(time);

    /// <summary>Remembers what an operation took.</summary>
    public void Add(Cell cell, OperationId operation, IReadOnlyList<ProviderSnapshot> taken)
    {
        foreach (var snapshot in taken) byId.Add(cell, snapshot.Id.Value, operation, snapshot);
        byOperation.Add(cell, operation.Value, operation, taken);
    }

    /// <summary>A snapshot, for as long as EC2 may not show it.</summary>
    public ProviderSnapshot? Find(Cell cell, ProviderSnapshotId id) => byId.Find(cell, id.Value);

    /// <summary>What an operation took, for as long as EC2 may not show it.</summary>
    public IReadOnlyList<ProviderSnapshot>? Find(Cell cell, OperationId operation) => byOperation.Find(cell, operation.Value);

    /// <summary>It was deleted here.</summary>
    public void Forget(Cell cell, ProviderSnapshotId id) => byId.Forget(cell, id.Value);
}
