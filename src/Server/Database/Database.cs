using Microsoft.Data.Sqlite;

namespace Octavo.Server.Database;

/// <summary>
/// The inventory database: SQLite in WAL mode with <c>synchronous=FULL</c>, so that what was committed survives power loss.
/// Reads take a pooled connection each and see the last commit; writes go one at a time through one connection that
/// stays open.
/// </summary>
sealed class Database : IDisposable
{
    /// <summary>How long SQLite itself waits for a lock, in seconds: only a backup or a second tool can hold one.</summary>
    const int BusyTimeoutSeconds = 30;

    /// <summary>The indexes of some 300,000 volumes: their pages are met at random, and read again from the file where they do not fit. Taken
    /// as far as it is used.</summary>
    const int WriterCacheKiB = 64 * 1024;

    /// <summary>16 MiB of log before it is copied into the database: a big sync rewrites the same pages many times.</summary>
    const int CheckpointPages = 4096;

    readonly string connectionString;
    readonly SqliteConnection writer;
    readonly SemaphoreSlim writing = new(1, 1);

    /// <summary>Opens or makes the database file and brings its schema up to date.</summary>
    /// <exception cref="SchemaTooNewException">The file was written by a newer Octavo.</exception>
    public Database(string path)
    {
        connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            ForeignKeys = true,
            DefaultTimeout = BusyTimeoutSeconds,
        }.ToString();
        writer = new SqliteConnection(connectionString);
        writer.Open();
        Pragma("PRAGMA journal_mode = WAL");
        Pragma("PRAGMA synchronous = FULL");
        Pragma($"PRAGMA cache_size = -{WriterCacheKiB}");
        Pragma($"PRAGMA wal_autocheckpoint = {CheckpointPages}");
        Migrator.Migrate(writer);
    }

    /// <summary>All rows of a query.</summary>
    public async Task<List<T>> QueryAsync<T>(Sql sql, Func<Row, T> read, CancellationToken cancellation)
    {
        await using var connection = new SqliteConnection(connectionString);
        await connection.OpenAsync(cancellation);
        return await QueryAsync(connection, null, sql, read, cancellation);
    }

    /// <summary>The first row of a query, or the type's default.</summary>
    public async Task<T?> FindAsync<T>(Sql sql, Func<Row, T> read, CancellationToken cancellation) =>
        (await QueryAsync(sql, read, cancellation)).FirstOrDefault();

    /// <summary>Begins a write transaction, immediately, waiting for its turn. Dispose without commit rolls back.</summary>
    public async Task<Transaction> BeginAsync(CancellationToken cancellation)
    {
        await writing.WaitAsync(cancellation);
        try
        {
            return new Transaction(writer, writer.BeginTransaction(), () => writing.Release());
        }
        catch
        {
            writing.Release();
            throw;
        }
    }

    internal static async Task<List<T>> QueryAsync<T>(
        SqliteConnection connection, SqliteTransaction? transaction, Sql sql, Func<Row, T> read, CancellationToken cancellation)
    {
        await using var command = Command(connection, transaction, sql);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation)) rows.Add(read(new Row(reader)));
        return rows;
    }

    internal static SqliteCommand Command(SqliteConnection connection, SqliteTransaction? transaction, Sql sql)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // A Sql cannot hold a value as text: see its own comment.
        command.CommandText = sql.Text;
#pragma warning restore CA2100
        for (var i = 0; i < sql.Values.Count; i++) command.Parameters.AddWithValue($"${i}", sql.Values[i]);
        return command;
    }

    void Pragma(string statement)
    {
        using var command = writer.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = statement;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        writing.Wait();
        writer.Dispose();
        SqliteConnection.ClearAllPools();
        writing.Dispose();
    }
}
