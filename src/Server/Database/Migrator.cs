using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace Octavo.Server.Database;

/// <summary>The database was written by a newer Octavo, whose schema this one does not know.</summary>
sealed class SchemaTooNewException(int found, int known) : Exception(
    $"The database has schema version {found}, but this octavo-server knows only versions up to {known}. " +
    "Run the newer octavo-server that wrote it, or restore a backup that this version made.");

/// <summary>
/// Brings a database to the newest schema: the embedded files <c>Migrations/sqlite/NNNN_name.sql</c>, in order, each in
/// one transaction with the new number. Forward only.
/// </summary>
static class Migrator
{
    const string Prefix = "Octavo.Server.Database.Migrations.sqlite.";

    /// <summary>The migrations that this build carries, in order.</summary>
    public static IReadOnlyList<(int Version, string Text)> All { get; } = [.. Load().OrderBy(m => m.Version)];

    public static void Migrate(SqliteConnection connection)
    {
        Execute(connection, null, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT");
        var found = Scalar(connection, "SELECT coalesce(max(version), 0) FROM schema_version");
        var known = All[^1].Version;
        if (found > known) throw new SchemaTooNewException(found, known);
        foreach (var (version, text) in All.Where(m => m.Version > found))
        {
            using var transaction = connection.BeginTransaction();
            Execute(connection, transaction, text);
            Execute(connection, transaction,
                $"DELETE FROM schema_version; INSERT INTO schema_version (version) VALUES ({version.ToString(CultureInfo.InvariantCulture)})");
            transaction.Commit();
        }
    }

    static IEnumerable<(int Version, string Text)> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return (int.Parse(name.AsSpan(Prefix.Length, 4), CultureInfo.InvariantCulture), reader.ReadToEnd());
        }
    }

#pragma warning disable CA2100 // Embedded files and numbers only.
    static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string text)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    static int Scalar(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
#pragma warning restore CA2100
}
