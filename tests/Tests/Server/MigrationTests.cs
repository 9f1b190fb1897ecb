using System.Globalization;
using Microsoft.Data.Sqlite;
using Octavo.Server.Database;

namespace Octavo.Tests.Server;

/// <summary>What an older service wrote is there, and means the same, after each step of the schema.</summary>
public sealed class MigrationTests
{
    [Fact]
    public void Users_of_the_second_schema_keep_their_tokens_and_what_they_may()
    {
        using var file = new DatabaseFile(version: 2);
        file.Execute("""
            INSERT INTO accounts VALUES ('a1', 'default', 1);
            INSERT INTO users VALUES ('u1', 'a1', 'admin', 1, 1, 1, x'01', 5, 6), ('u2', 'a1', 'reader', 0, 1, 0, x'02', 5, 7)
            """);

        file.Migrate();

        file.Rows("SELECT u.id, u.role, u.api_access, u.is_service_operator, u.created_at, t.name, t.role, hex(t.hash), t.expires_at FROM users u JOIN tokens t ON t.user_id = u.id ORDER BY u.id")
            .ShouldBe(["u1 admin 1 1 5 default admin 01 ", "u2 viewer 1 0 5 default admin 02 "]);
    }

    [Fact]
    public void A_deletion_that_was_under_way_keeps_the_state_to_go_back_to()
    {
        using var file = new DatabaseFile(3);
        file.Execute(
            """
            INSERT INTO accounts (id, name, created_at) VALUES ('a1', 'default', 1);
            INSERT INTO operations (id, account_id, kind, state, step, progress_percent, input, attempt, failures, not_before, created_at, updated_at)
            VALUES ('o1', 'a1', 'delete-volume', 'running', 'deleting', 0, 'in-use', 1, 0, 0, 1, 1),
                ('o2', 'a1', 'delete-volume', 'queued', 'queued', 0, '{"state":"available"}', 1, 0, 0, 1, 1)
            """);

        file.Migrate();

        file.Rows("SELECT input ->> 'state' FROM operations ORDER BY id").ShouldBe(["in-use", "available"]);
    }

    /// <summary>A database file at an older version.</summary>
    sealed class DatabaseFile : IDisposable
    {
        readonly string path = Path.GetTempFileName();
        readonly SqliteConnection connection;

        public DatabaseFile(int version)
        {
            connection = new SqliteConnection($"Data Source={path};Pooling=False;Foreign Keys=True");
            connection.Open();
            foreach (var (_, text) in Migrator.All.Where(m => m.Version <= version)) Execute(text);
            Execute($"CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT; INSERT INTO schema_version VALUES ({version.ToString(CultureInfo.InvariantCulture)})");
        }

        public void Migrate() => Migrator.Migrate(connection);

        public void Execute(string text)
        {
            using var command = Command(text);
            command.ExecuteNonQuery();
        }

        public List<string> Rows(string query)
        {
            using var command = Command(query);
            using var reader = command.ExecuteReader();
            var rows = new List<string>();
            while (reader.Read())
                rows.Add(string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))));
            return rows;
        }

        public void Dispose()
        {
            connection.Dispose();
            File.Delete(path);
        }

        SqliteCommand Command(string text)
        {
            var command = connection.CreateCommand();
#pragma warning disable CA2100 // Texts of this file and of the server.
            command.CommandText = text;
#pragma warning restore CA2100
            return command;
        }
    }
}
