using System.Collections.Concurrent;
using Octavo.Core;

namespace Octavo.Providers.Ebs;

/// <summary>
/// What was made here a moment ago. EC2 may not show a new thing for some seconds; who made it must not be told meanwhile that it is not there.
/// </summary>
sealed class RecentCreates<TItem>(TimeProvider time) where TItem : class
{
    readonly ConcurrentDictionary<(CredentialId Credential, string Region, string Key), (TItem Item, DateTimeOffset At)> items = new();

    /// <summary>Remembers a thing under its id and its operation.</summary>
    public void Add(Cell cell, string id, OperationId operation, TItem item)
    {
        var now = time.GetUtcNow();
        foreach (var (key, (_, at)) in items)
            if (now - at > Settling.Time) items.TryRemove(key, out _);
        items[(cell.Credential, cell.Region, id)] = items[(cell.Credential, cell.Region, operation.Value)] = (item, now);
    }

    /// <summary>The thing of an id or operation, for as long as EC2 may not show it.</summary>
    public TItem? Find(Cell cell, string key) =>
        items.TryGetValue((cell.Credential, cell.Region, key), out var known) && time.GetUtcNow() - known.At < Settling.Time ? known.Item : null;

    /// <summary>It was deleted here.</summary>
    public void Forget(Cell cell, string id) => items.TryRemove((cell.Credential, cell.Region, id), out _);
}

/// <summary>How long EC2 takes to show everywhere what it has done.</summary>
static class Settling
{
    /// <summary>After so long without a trace, a thing was not made. AWS names no figure; seconds are usual.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(15);

    /// <summary>The pauses between looks that make up that time.</summary>
    public static readonly TimeSpan[] Pauses =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8)];
}
