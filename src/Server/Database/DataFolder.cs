using Microsoft.Data.Sqlite;

namespace Octavo.Server.Database;

/// <summary>The data folder cannot be used; the message says why, in a sentence for the operator.</summary>
sealed class DataFolderException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The one folder that holds everything: <c>octavo.db</c> (the inventory), <c>pools/</c> (the local provider's bytes),
/// <c>admin.token</c> (the first admin's token) and <c>lock</c>, held while a server runs on it.
/// </summary>
sealed class DataFolder : IDisposable
{
    const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    readonly FileStream hold;

    /// <summary>Makes the folder where it is absent, for its owner only, and locks it.</summary>
    /// <exception cref="DataFolderException">Another process runs on it, or it cannot be written.</exception>
    public DataFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(Path, OwnerFolder);
            hold = new FileStream(Inside("lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            // The folder may have been there, open to others. SQLite gives its further files the mode of the first.
            Directory.CreateDirectory(Pools, OwnerFolder);
            new FileStream(DatabaseFile, OwnerFile(FileMode.OpenOrCreate)).Dispose();
        }
        catch (IOException e) when (hold is null && File.Exists(Inside("lock")))
        {
            throw new DataFolderException(
                $"The data folder {Path} is in use by another octavo-server. Stop that one, or give this one its own folder with --data.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            hold?.Dispose();
            throw new DataFolderException($"The data folder {Path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Its absolute path.</summary>
    public string Path { get; }

    /// <summary>The inventory database.</summary>
    public string DatabaseFile => Inside("octavo.db");

    /// <summary>The local provider's pools, a folder per account.</summary>
    public string Pools => Inside("pools");

    /// <summary>The first admin's token, with commands to try.</summary>
    public string TokenFile => Inside("admin.token");

    /// <summary>What is free on its file system to this user, in bytes.</summary>
    public long FreeBytes => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>Writes the first admin's token, readable by the owner only, before anybody could know it.</summary>
    public void WriteToken(string content)
    {
        var temporary = TokenFile + ".new";
        using (var file = new FileStream(temporary, OwnerFile(FileMode.Create)))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(content));
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, TokenFile, overwrite: true);
    }

    /// <summary>
    /// Copies the database of a data folder, consistently, while a server may be running on it. The target appears whole or
    /// not at all.
    /// </summary>
    /// <exception cref="DataFolderException">There is no database, or the target exists already or cannot be written.</exception>
    public static void Backup(string dataFolder, string target)
    {
        var source = System.IO.Path.Combine(dataFolder, "octavo.db");
        if (!File.Exists(source))
            throw new DataFolderException($"There is no octavo.db in {dataFolder}. Name the data folder with --data.");
        if (File.Exists(target))
            throw new DataFolderException($"{target} exists already. Give the backup a new name.");
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(target))))
            throw new DataFolderException($"The folder of {target} does not exist. Make it first.");
        var temporary = target + ".part";
        try
        {
            File.Delete(temporary);
            new FileStream(temporary, OwnerFile(FileMode.CreateNew)).Dispose();
            using (var from = new SqliteConnection($"Data Source={source};Mode=ReadWrite;Pooling=False"))
            using (var to = new SqliteConnection($"Data Source={temporary};Pooling=False"))
            {
                from.Open();
                to.Open();
                from.BackupDatabase(to);
            }
            using (var file = new FileStream(temporary, FileMode.Open)) file.Flush(flushToDisk: true);
            File.Move(temporary, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException)
        {
            File.Delete(temporary);
            throw new DataFolderException($"The backup could not be written to {target}: {e.Message}", e);
        }
    }

    static FileStreamOptions OwnerFile(FileMode mode) => new()
    {
        Mode = mode,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };

    string Inside(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc/>
    public void Dispose() => hold.Dispose();
}
