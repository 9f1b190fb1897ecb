using System.Collections.Concurrent;
using Octavo.Core;

namespace Octavo.Server.Inventory;

/// <summary>How far the passes under way are, for people to look at; in memory, because it is news and no record.</summary>
sealed class CellProgress(TimeProvider time)
{
    readonly ConcurrentDictionary<(string Credential, string Region), Pass> passes = new();
    readonly ConcurrentDictionary<(string Credential, string Region), DateTimeOffset> heard = new();

    /// <summary>A pass begins.</summary>
    public Pass Begin(Cell cell, DateTimeOffset began) => passes[(cell.Credential.Value, cell.Region)] = new Pass(
        began, () => heard[(cell.Credential.Value, cell.Region)] = time.GetUtcNow());

    /// <summary>When the last page of a cell came, in this process.</summary>
    public DateTimeOffset? HeardAt((string Credential, string Region) cell) => heard.TryGetValue(cell, out var at) ? at : null;

    /// <summary>It is over, one way or the other.</summary>
    public void End(Cell cell) => passes.TryRemove((cell.Credential.Value, cell.Region), out _);

    /// <summary>The statuses with what is under way now.</summary>
    public IReadOnlyList<Api.CellStatus> Of(IEnumerable<Api.CellStatus> cells) =>
    [
        .. cells.Select(cell => passes.TryGetValue((cell.CredentialId, cell.Region), out var pass)
            ? cell with { Sync = new Api.SyncProgress(pass.Began, pass.Pages, pass.Volumes, pass.Snapshots) }
            : cell),
    ];

    /// <summary>One pass.</summary>
    internal sealed class Pass(DateTimeOffset began, Action hear)
    {
        int pages;
        int volumes;
        int snapshots;

        public DateTimeOffset Began => began;
        public int Pages => Volatile.Read(ref pages);
        public int Volumes => Volatile.Read(ref volumes);
        public int Snapshots => Volatile.Read(ref snapshots);

        public void AddPage(int moreVolumes, int moreSnapshots)
        {
            hear();
            Interlocked.Increment(ref pages);
            Interlocked.Add(ref volumes, moreVolumes);
            Interlocked.Add(ref snapshots, moreSnapshots);
        }
    }
}
