using System.Text.Json;
using Octavo.Core;
using Octavo.Server.Database;

namespace Octavo.Server.Inventory;

/// <summary>
/// An index in memory of what an account has: of its volumes and snapshots what can be filtered and sorted by, and how they belong together. It follows
/// the change log, so that each question is answered as of the last commit before it. What is shown is then read from the tables, by id.
/// </summary>
#pragma warning disable CA1001 // What it waits with holds nothing that must be given back.
sealed class AccountInventory(AccountId account, Database.Database database)
#pragma warning restore CA1001
{
    /// <summary>Past so many changes everything is read anew: that is faster than row by row.</summary>
    const int MostFollowed = 10_000;

    static readonly string[] Kinds = [ChangedKind.Volume, ChangedKind.Snapshot, ChangedKind.Cell];

    readonly Lock starting = new();
    Task following = Task.CompletedTask;
    readonly ReaderWriterLockSlim gate = new();
    InventoryIndex index = new(0, 0);
    HashSet<(string Credential, string Region)> stale = [];
    volatile Kept? kept;
    Dictionary<string, long> followed = Kinds.ToDictionary(kind => kind, _ => -1L);

    /// <summary>The number of the last change that is in it: the same number is the same index.</summary>
    public long Seq => followed.Values.Max();

    /// <summary>When it was asked the last time.</summary>
    public DateTimeOffset AskedAt { get; set; }

    /// <summary>What is in it. This and what follows only inside <see cref="AskAsync"/>.</summary>
    public InventoryIndex Index => index;

    /// <summary>Whether the passes over a cell fail.</summary>
    public bool IsStale(string credential, string region) => stale.Count > 0 && stale.Contains((credential, region));

    /// <summary>Asks; the question must not wait for anything.</summary>
    public async Task<T> AskAsync<T>(Func<AccountInventory, T> question, CancellationToken cancellation)
    {
        if (!IsUpToDate) await FollowedAsync(cancellation);
        gate.EnterReadLock();
        try
        {
            return question(this);
        }
        finally
        {
            gate.ExitReadLock();
        }
    }

    /// <summary>What goes over everything several times: answered once, and then from memory until something changes or the question is another one.</summary>
    public async Task<T> KeptAsync<T>(object question, Func<Task<T>> answer, CancellationToken cancellation) where T : class
    {
        // Before it is asked: what changes meanwhile has another number.
        var seq = await AskAsync(now => now.Seq, cancellation);
        if (kept is { Answer: T known } last && last.Seq == seq && last.Question.Equals(question)) return known;
        var made = await answer();
        kept = new Kept(seq, question, made);
        return made;
    }

    sealed record Kept(long Seq, object Question, object Answer);

    bool IsUpToDate
    {
        get
        {
            foreach (var (kind, seq) in followed)
                if (database.Changes.Of(account, kind) != seq) return false;
            return true;
        }
    }

    /// <summary>
    /// Waits until everything is followed that was committed before. One reads for all who wait: one behind the other, each would wait for the turns of those
    /// before it.
    /// </summary>
    async Task FollowedAsync(CancellationToken cancellation)
    {
        await Following().WaitAsync(cancellation);
        // That may have begun before the last commit; what begins now has not.
        if (!IsUpToDate) await Following().WaitAsync(cancellation);
    }

    Task Following()
    {
        lock (starting) return following.IsCompleted ? following = FollowAsync() : following;
    }

    async Task FollowAsync()
    {
        // Whoever asks meanwhile shall find it running; and it runs for all of them, so that none of them can stop it.
        await Task.Yield();
        // Before the tables are read: what comes meanwhile is followed the next time.
        var now = Kinds.ToDictionary(kind => kind, kind => database.Changes.Of(account, kind));
        if (followed[ChangedKind.Cell] != now[ChangedKind.Cell]) await ReadCellsAsync();
        var mayFollow = followed[ChangedKind.Volume] >= 0 && !index.Search.IsMostlyGaps
            && await database.Changes.HasAllBehindAsync(followed.Values.Min(), CancellationToken.None);
        var volumes = mayFollow ? await ChangedAsync(ChangedKind.Volume, now) : null;
        var snapshots = mayFollow ? await ChangedAsync(ChangedKind.Snapshot, now) : null;
        if (volumes is null || snapshots is null) await ReadAllAsync(now);
        else await ReadSomeAsync(volumes, snapshots, now);
    }

    async Task<List<string>?> ChangedAsync(string kind, Dictionary<string, long> now) =>
        followed[kind] == now[kind] ? []
        : await database.Changes.IdsAsync(account, kind, followed[kind], now[kind], MostFollowed, CancellationToken.None);

    async Task ReadAllAsync(Dictionary<string, long> now)
    {
        var (volumes, snapshots) = await database.FindAsync(
            $"SELECT (SELECT count(*) FROM volumes WHERE account_id = {account}), (SELECT count(*) FROM snapshots WHERE account_id = {account})",
            row => ((int)row.Number(0), (int)row.Number(1)), CancellationToken.None);
        var all = new InventoryIndex(volumes, snapshots);
        await database.ReadAsync($"{IndexedVolume.Select} WHERE v.account_id = {account}", row => all.Put(all.ReadVolume(row)), CancellationToken.None);
        await database.ReadAsync(
            $"{IndexedSnapshot.Select} WHERE s.account_id = {account} AND s.state NOT IN ('deleting', 'deleted')",
            row => all.Put(all.ReadSnapshot(row)), CancellationToken.None);
        all.Join();
        Change(() => (index, followed) = (all, now));
    }

    async Task ReadSomeAsync(List<string> volumeIds, List<string> snapshotIds, Dictionary<string, long> now)
    {
        var volumes = volumeIds.Count == 0 ? [] : await database.QueryAsync(
            $"{IndexedVolume.Select} WHERE v.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(volumeIds)}))", index.ReadVolume, CancellationToken.None);
        var snapshots = snapshotIds.Count == 0 ? [] : await database.QueryAsync(
            $"""
            {IndexedSnapshot.Select} WHERE s.state NOT IN ('deleting', 'deleted')
                AND s.id IN (SELECT value FROM json_each({JsonSerializer.Serialize(snapshotIds)}))
            """, index.ReadSnapshot, CancellationToken.None);
        Change(() =>
        {
            foreach (var id in volumeIds) index.RemoveVolume(Ids.Number(id));
            foreach (var id in snapshotIds) index.RemoveSnapshot(Ids.Number(id));
            foreach (var volume in volumes) index.Put(in volume);
            foreach (var snapshot in snapshots) index.Put(in snapshot);
            index.Join();
            followed = now;
        });
    }

    async Task ReadCellsAsync()
    {
        var cells = await database.QueryAsync(
            $"""
            SELECT l.credential_id, l.region FROM cells l JOIN credentials c ON c.id = l.credential_id
            WHERE c.account_id = {account} AND l.stale_since IS NOT NULL
            """, row => (row.Text(0), row.Text(1)), CancellationToken.None);
        Change(() => stale = [.. cells]);
    }

    void Change(Action change)
    {
        gate.EnterWriteLock();
        try
        {
            change();
        }
        finally
        {
            gate.ExitWriteLock();
        }
    }
}
