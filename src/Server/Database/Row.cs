using Microsoft.Data.Sqlite;
using Octavo.Core;

namespace Octavo.Server.Database;

/// <summary>The current row of a result, read by column position.</summary>
readonly struct Row(SqliteDataReader reader)
{
    public string Text(int column) => reader.GetString(column);

    public string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public long Number(int column) => reader.GetInt64(column);

    public long? NumberOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    public bool Flag(int column) => reader.GetInt64(column) != 0;

    public byte[] Bytes(int column) => (byte[])reader.GetValue(column);

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    public DateTimeOffset? TimeOrNull(int column) => reader.IsDBNull(column) ? null : Time(column);

    public VolumeState VolumeState(int column) => Parsed.VolumeState(reader.GetString(column));

    public SnapshotState SnapshotState(int column) => Parsed.SnapshotState(reader.GetString(column));

    static class Parsed
    {
        static readonly Dictionary<string, VolumeState> Volume = Enum.GetValues<VolumeState>().ToDictionary(States.Text);
        static readonly Dictionary<string, SnapshotState> Snapshot = Enum.GetValues<SnapshotState>().ToDictionary(States.Text);

        public static VolumeState VolumeState(string text) => Volume[text];

        public static SnapshotState SnapshotState(string text) => Snapshot[text];
    }
}
