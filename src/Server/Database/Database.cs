using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Octavo.Server.Database;

/// <summary>
/// The inventory database: SQLite in WAL mode with <c>synchronous=FULL</c>, so that what was committed survives power loss.
/// Reads take one of a few connections each and see the last commit; writes go one at a time through one connection. All stay open.
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

    /// <summary>A read keeps a processor busy, so that more at once than this are not faster; each has a cache of its own.</summary>
    static readonly int MaxReaders = Math.Max(4, Environment.ProcessorCount);

    const int ReaderCacheKiB = 1024;

    readonly string path;
    readonly string connectionString;
    readonly SqliteConnection writer;
    readonly SemaphoreSlim writing = new(1, 1);
    readonly ConcurrentBag<SqliteConnection> readers = [];
    readonly SemaphoreSlim reading = new(MaxReaders, MaxReaders);
    long commits;

    /// <summary>Opens or makes the database file and brings its schema up to date.</summary>
    /// <exception cref="SchemaTooNewException">The file was written by a newer Octavo.</exception>
    public Database(string path)
    {
        this.path = path;
        connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            ForeignKeys = true,
            DefaultTimeout = BusyTimeoutSeconds,
            Pooling = false,
        }.ToString();
        writer = new SqliteConnection(connectionString);
        writer.Open();
        Pragma(writer, "PRAGMA journal_mode = WAL");
        Pragma(writer, "PRAGMA synchronous = FULL");
        Pragma(writer, $"PRAGMA cache_size = -{WriterCacheKiB}");
        Pragma(writer, $"PRAGMA wal_autocheckpoint = {CheckpointPages}");
        Migrator.Migrate(writer);
        Changes = new ChangeLog(this, Number(writer, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'changes'"));
    }

    /// <summary>What changed, in order.</summary>
    public ChangeLog Changes { get; }

    /// <summary>Transactions that were committed since the start.</summary>
    public long Commits => Interlocked.Read(ref commits);

    /// <summary>The database's file, in bytes.</summary>
    public long FileBytes => new FileInfo(path).Length;

    /// <summary>What was committed and is not yet in the database's file, in bytes.</summary>
    public long LogBytes => new FileInfo(path + "-wal") is { Exists: true } log ? log.Length : 0;

    /// <summary>Writes something that changes nothing, as durably as everything else: whether the database can be written.</summary>
    public async Task ProbeAsync(CancellationToken cancellation)
    {
        await using var transaction = await BeginAsync(cancellation);
        await transaction.ExecuteAsync($"UPDATE schema_version SET version = version", cancellation);
        await transaction.CommitAsync();
    }

    /// <summary>All rows of a query, for whoever cannot await: figures that are read as somebody asks for them.</summary>
    public List<T> Query<T>(Sql sql, Func<Row, T> read)
    {
        reading.Wait();
        SqliteConnection? reader = null;
        try
        {
            reader = readers.TryTake(out var idle) ? idle : OpenReader();
            using var command = Command(reader, null, sql);
            using var result = command.ExecuteReader();
            var rows = new List<T>();
            while (result.Read()) rows.Add(read(new Row(result)));
            return rows;
        }
        finally
        {
            if (reader is not null) readers.Add(reader);
            reading.Release();
        }
    }

    /// <summary>All rows of a query.</summary>
    public async Task<List<T>> QueryAsync<T>(Sql sql, Func<Row, T> read, CancellationToken cancellation)
    {
        var rows = new List<T>();
        await ReadAsync(sql, row => rows.Add(read(row)), cancellation);
        return rows;
    }

    /// <summary>Looks at each row of a query.</summary>
    public async Task ReadAsync(Sql sql, Action<Row> look, CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation);
        SqliteConnection? reader = null;
        try
        {
            reader = readers.TryTake(out var idle) ? idle : OpenReader();
            await ReadAsync(reader, null, sql, look, cancellation);
        }
        finally
        {
            if (reader is not null) readers.Add(reader);
            reading.Release();
        }
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
            var transaction = new Transaction(writer, writer.BeginTransaction(), Changes, () => writing.Release());
            transaction.OnCommitted(() => Interlocked.Increment(ref commits));
            return transaction;
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
        var rows = new List<T>();
        await ReadAsync(connection, transaction, sql, row => rows.Add(read(row)), cancellation);
        return rows;
    }

    static async Task ReadAsync(
        SqliteConnection connection, SqliteTransaction? transaction, Sql sql, Action<Row> look, CancellationToken cancellation)
    {
        await using var command = Command(connection, transaction, sql);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) look(new Row(reader));
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

    SqliteConnection OpenReader()
    {
        var reader = new SqliteConnection(connectionString);
        reader.Open();
        Pragma(reader, $"PRAGMA cache_size = -{ReaderCacheKiB}");
        return reader;
    }

    static void Pragma(SqliteConnection connection, string statement)
    {
        using var command = Command(connection, statement);
        command.ExecuteNonQuery();
    }

    static long Number(SqliteConnection connection, string query)
    {
        using var command = Command(connection, query);
        return (long)command.ExecuteScalar()!;
    }

    static SqliteCommand Command(SqliteConnection connection, string constant)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = constant;
#pragma warning restore CA2100
        return command;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        writing.Wait();
        // The last to close folds the log into the database.
        foreach (var reader in readers) reader.Dispose();
        writer.Dispose();
        writing.Dispose();
        reading.Dispose();
    }
}
