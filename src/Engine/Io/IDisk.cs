namespace Octavo.Engine.Io;

/// <summary>
/// The engine's only way to files: a folder on a Linux file system, or a simulated one that loses what was not synced. Paths are
/// relative to that folder, with slashes. Failures come out as <see cref="IOException"/>.
/// </summary>
interface IDisk
{
    /// <summary>Makes a folder; nothing where it is there. Durable after <see cref="SyncFolder"/> of its parent.</summary>
    void CreateFolder(string path);

    /// <summary>Names in a folder, files and folders, in no order; empty where there is no such folder.</summary>
    IReadOnlyList<string> List(string path);

    /// <summary>What the file system says of a path; null where nothing is there. Does not follow symbolic links.</summary>
    FileStatus? Stat(string path);

    /// <summary>Opens a file that exists, for reading only.</summary>
    IDiskFile OpenRead(string path);

    /// <summary>Opens a file for reading and writing, making it where it is absent.</summary>
    IDiskFile OpenWrite(string path);

    /// <summary>Renames a file over another, in one step. Durable after <see cref="SyncFolder"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file; nothing where it is absent.</summary>
    void DeleteFile(string path);

    /// <summary>Removes an empty folder; nothing where it is absent.</summary>
    void DeleteFolder(string path);

    /// <summary>Makes the names in a folder durable.</summary>
    void SyncFolder(string path);

    /// <summary>Whether somebody, anybody, has the file open for writing. False where the file system cannot tell.</summary>
    bool IsOpenForWriting(string path);

    /// <summary>Room on the file system: all of it, and what is free to this user.</summary>
    (long TotalBytes, long FreeBytes) Space { get; }

    /// <summary>
    /// Another one after every start of the machine, at most 36 ASCII characters: while it is the same, what a process wrote is there for the next one, synced or not.
    /// </summary>
    string BootId { get; }

    /// <summary>Takes the folder for this process until disposed; null where another one has it.</summary>
    IDisposable? TryLock(string path);
}

/// <summary>An open file. Positions and lengths are bytes. Safe for use by several threads at once.</summary>
interface IDiskFile : IDisposable
{
    /// <summary>The length now.</summary>
    long Length { get; }

    /// <summary>Reads up to the buffer's length; 0 at the end.</summary>
    int Read(Span<byte> buffer, long offset);

    /// <summary>Fills the buffer from what is in memory already. False where that is not all of it, or the system cannot tell.</summary>
    bool TryReadNow(Span<byte> buffer, long offset);

    /// <summary>Writes all of it.</summary>
    void Write(ReadOnlySpan<byte> buffer, long offset);

    /// <summary>Cuts or extends; what is added is a hole.</summary>
    void SetLength(long length);

    /// <summary>Makes contents and length durable. Also allowed on a file opened for reading.</summary>
    void Sync();

    /// <summary>Gives the range's space back; it reads as zeros then. False where the file system cannot.</summary>
    bool TryPunchHole(long offset, long length);

    /// <summary>The first position at or after an offset that holds data; the file's length where only a hole follows.</summary>
    long NextData(long offset);

    /// <summary>The first position at or after an offset that lies in a hole; the file's length where none does.</summary>
    long NextHole(long offset);

    /// <summary>Makes this file share all blocks of another (FICLONE). False where the file system cannot.</summary>
    bool TryClone(IDiskFile source);

    /// <summary>What the file system says of the open file.</summary>
    FileStatus Stat();
}

/// <summary>What the file system says of a file.</summary>
/// <param name="IsRegular">A regular file: no folder, link or device.</param>
/// <param name="Signature">Changes with every write.</param>
/// <param name="AllocatedBytes">What it takes on the disk.</param>
readonly record struct FileStatus(bool IsRegular, FileSignature Signature, long AllocatedBytes);

/// <summary>
/// Identifies a file's contents at a moment: a write changes the times, a replacement the inode. Times are nanoseconds since 1970, at the
/// kernel's tick (4 ms and less), so a signature is only good once it is older than that.
/// </summary>
readonly record struct FileSignature(ulong Inode, long Length, long ModifiedNs, long ChangedNs);

/// <summary>What is made of the primitives.</summary>
static class DiskExtensions
{
    /// <summary>The suffix of a file that is not yet what it will be.</summary>
    public const string Temporary = ".new";

    /// <summary>Writes a small file so that it is there whole or not at all: temporary file, sync, rename, sync of the folder.</summary>
    public static void WriteAtomically(this IDisk disk, string path, ReadOnlySpan<byte> content)
    {
        using (var file = disk.OpenWrite(path + Temporary))
        {
            file.SetLength(0);
            file.Write(content, 0);
            file.Sync();
        }
        disk.Rename(path + Temporary, path);
        disk.SyncFolder(Folder(path));
    }

    /// <summary>The longest JSON file of a pool that means anything.</summary>
    public const int MaxRecordFile = 64 * 1024;

    /// <summary>The whole content of a file; null where it is absent.</summary>
    /// <param name="maxBytes">A longer file is read so far only: whoever calls knows that it makes no sense then.</param>
    public static byte[]? ReadAll(this IDisk disk, string path, int maxBytes = int.MaxValue)
    {
        if (disk.Stat(path) is null) return null;
        IDiskFile file;
        try
        {
            file = disk.OpenRead(path);
        }
        catch (IOException) when (disk.Stat(path) is null)
        {
            // Deleted in between.
            return null;
        }
        using var _ = file;
        var length = Math.Min(file.Length, maxBytes);
        if (length > Array.MaxLength) throw new IOException($"{path} is too long to be read.");
        var content = new byte[length];
        return file.ReadFully(content, 0) == content.Length ? content : throw new IOException($"{path} ended early.");
    }

    /// <summary>Reads until the buffer is full or the file ends; returns how much.</summary>
    public static int ReadFully(this IDiskFile file, Span<byte> buffer, long offset)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var read = file.Read(buffer[total..], offset + total);
            if (read == 0) break;
            total += read;
        }
        return total;
    }

    /// <summary>Zeros are left out in pieces of this size.</summary>
    const int HoleBytes = 64 * 1024;

    /// <summary>Writes into a hole, and leaves a hole where the bytes are zeros.</summary>
    public static void WriteData(this IDiskFile target, ReadOnlySpan<byte> data, long offset)
    {
        // Neighbouring pieces with data go out in one call.
        var start = -1;
        for (var at = 0; at < data.Length; at += HoleBytes)
        {
            var piece = data.Slice(at, Math.Min(HoleBytes, data.Length - at));
            if (piece.ContainsAnyExcept((byte)0))
            {
                if (start < 0) start = at;
            }
            else if (start >= 0)
            {
                target.Write(data[start..at], offset + start);
                start = -1;
            }
        }
        if (start >= 0) target.Write(data[start..], offset + start);
    }

    /// <summary>The folder of a path; the empty path is the root.</summary>
    public static string Folder(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? "" : path[..slash];
    }
}
