using Microsoft.Data.Sqlite;
using Octavo.Core;

namespace Octavo.Server.Database;

/// <summary>
/// A write transaction. There is one at a time: keep it short, and never wait for a provider inside. Where the disk is full, every
/// call throws Unavailable: nothing was written, and the same may succeed once there is room.
/// </summary>
sealed class Transaction(SqliteConnection connection, SqliteTransaction transaction, ChangeLog changes, Action release) : IAsyncDisposable
{
    readonly List<Action> committed = [];

    /// <summary>Something to do once, and only if, the commit is durable.</summary>
    public void OnCommitted(Action action) => committed.Add(action);

    /// <summary>Runs a statement; returns the number of rows it changed.</summary>
    public async Task<int> ExecuteAsync(Sql sql, CancellationToken cancellation)
    {
        await using var command = Database.Command(connection, transaction, sql);
        return await OnFullDiskAsync(() => command.ExecuteNonQueryAsync(cancellation));
    }

    /// <summary>All rows of a query, or of a statement with <c>RETURNING</c>.</summary>
    public Task<List<T>> QueryAsync<T>(Sql sql, Func<Row, T> read, CancellationToken cancellation) =>
        OnFullDiskAsync(() => Database.QueryAsync(connection, transaction, sql, read, cancellation));

    /// <summary>The first row, or the type's default.</summary>
    public async Task<T?> FindAsync<T>(Sql sql, Func<Row, T> read, CancellationToken cancellation) =>
        (await QueryAsync(sql, read, cancellation)).FirstOrDefault();

    /// <summary>Makes all of it durable.</summary>
    public async Task CommitAsync()
    {
        await OnFullDiskAsync(async () =>
        {
            await transaction.CommitAsync();
            return true;
        });
        await changes.FollowAsync(connection);
        foreach (var action in committed) action();
    }

    static async Task<T> OnFullDiskAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (SqliteException e) when (e.SqliteErrorCode == 13) // SQLITE_FULL
        {
            throw new VolumeException(
                ErrorCode.Unavailable, "The disk of the data folder is full; nothing was changed. Free some space, then ask again.", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        release();
    }
}
