using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Octavo.Engine.Io;

/// <summary>A folder of a Linux file system. Degrades where the file system has no holes, clones or leases.</summary>
sealed class LinuxDisk : IDisk
{
    readonly string root;

    /// <summary>Makes the folder where it is absent.</summary>
    public LinuxDisk(string root)
    {
        this.root = Path.GetFullPath(root);
        Directory.CreateDirectory(this.root);
    }

    public (long TotalBytes, long FreeBytes) Space
    {
        get
        {
            var drive = new DriveInfo(root);
            return (drive.TotalSize, drive.AvailableFreeSpace);
        }
    }

    // proc(5): made anew by the kernel each time it starts.
    public string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    public void CreateFolder(string path) => Translate(() => Directory.CreateDirectory(Full(path)));

    public IReadOnlyList<string> List(string path)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(Full(path)).Select(entry => Path.GetFileName(entry))];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    public FileStatus? Stat(string path) => Libc.Stat(Full(path));

    public IDiskFile OpenRead(string path) => new LinuxFile(Open(path, FileMode.Open, FileAccess.Read));

    public IDiskFile OpenWrite(string path) => new LinuxFile(Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite));

    /// <summary>Opens a file anywhere, for import. Regular files only, and no link.</summary>
    /// <exception cref="IOException">It is absent or cannot be read.</exception>
    public static (IDiskFile File, FileStatus Status)? OpenForeign(string path)
    {
        if (Libc.Stat(path) is not { IsRegular: true }) return null;
        var file = new LinuxFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return (file, file.Stat());
    }

    public void Rename(string from, string to) => Translate(() => File.Move(Full(from), Full(to), overwrite: true));

    public void DeleteFile(string path) => Translate(() =>
    {
        try
        {
            File.Delete(Full(path));
        }
        catch (DirectoryNotFoundException)
        {
            // Gone with its folder.
        }
    });

    public void DeleteFolder(string path) => Translate(() =>
    {
        if (Directory.Exists(Full(path))) Directory.Delete(Full(path));
    });

    public void SyncFolder(string path)
    {
        const int readOnlyFolder = 0x10000; // O_RDONLY | O_DIRECTORY; arm64 differs and takes plain O_RDONLY below
        var flags = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? readOnlyFolder : 0;
        using var folder = Libc.Open(Full(path), flags);
        if (folder.IsInvalid || Libc.Sync(folder) != 0) throw Libc.Failure("fsync", Marshal.GetLastPInvokeError());
    }

    public bool IsOpenForWriting(string path)
    {
        // A read lease is granted only while nobody has the file open for writing (fcntl(2), "Leases").
        using var file = Libc.Open(Full(path), 0);
        if (file.IsInvalid) return false;
        if (Libc.Control(file, Libc.SetLease, Libc.ReadLease) != 0) return Marshal.GetLastPInvokeError() == Libc.TryAgain;
        _ = Libc.Control(file, Libc.SetLease, Libc.Unlock);
        return false;
    }

    public IDisposable? TryLock(string path)
    {
        try
        {
            return new FileStream(Full(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    SafeFileHandle Open(string path, FileMode mode, FileAccess access)
    {
        SafeFileHandle? handle = null;
        Translate(() => handle = File.OpenHandle(Full(path), mode, access, FileShare.ReadWrite | FileShare.Delete));
        return handle!;
    }

    string Full(string path) => path.Length == 0 ? root : root + "/" + path;

    static void Translate(Action call)
    {
        try
        {
            call();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }
}

/// <summary>An open file of a <see cref="LinuxDisk"/>: one handle, positional calls, no lock.</summary>
sealed class LinuxFile(SafeFileHandle handle) : IDiskFile
{
    const int WritePiece = 64 << 10;

    public long Length => RandomAccess.GetLength(handle);

    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(handle, buffer, offset);

    public bool TryReadNow(Span<byte> buffer, long offset) => Libc.TryReadNow(handle, buffer, offset);

    /// <summary>
    /// In pieces: the kernel keeps what one call wrote in one folio of the page cache, and ext4 walks all buffers of that for each later write into it. A random write of
    /// 4 KiB took 15 µs where the file had been written by 1 MiB and 4 µs where by 64 KiB (Linux 6.18), which costs the long writes 3 µs in 256 KiB.
    /// </summary>
    public void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        while (buffer.Length > WritePiece)
        {
            RandomAccess.Write(handle, buffer[..WritePiece], offset);
            buffer = buffer[WritePiece..];
            offset += WritePiece;
        }
        RandomAccess.Write(handle, buffer, offset);
    }

    public void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(handle, length);
        }
        catch (ArgumentOutOfRangeException e)
        {
            // How the base library says EINVAL and EFBIG.
            throw new IOException(e.Message, Libc.TooLarge);
        }
    }

    public void Sync()
    {
        if (Libc.Sync(handle) != 0) throw Libc.Failure("fsync", Marshal.GetLastPInvokeError());
    }

    public bool TryPunchHole(long offset, long length) => Libc.Allocate(handle, Libc.PunchHoleKeepSize, offset, length) == 0;

    public long NextData(long offset) => Seek(offset, Libc.SeekData, offset);

    public long NextHole(long offset) => Seek(offset, Libc.SeekHole, Length);

    public bool TryClone(IDiskFile source) =>
        source is LinuxFile other && Libc.Control(handle, Libc.CloneFile, other.Descriptor) == 0;

    public FileStatus Stat() => Libc.Stat(handle);

    int Descriptor => (int)handle.DangerousGetHandle();

    long Seek(long offset, int whence, long whereUnsupported)
    {
        if (offset >= Length) return Length;
        var found = Libc.Seek(handle, offset, whence);
        if (found >= 0) return found;
        return Marshal.GetLastPInvokeError() == Libc.NoSuchData ? Length : whereUnsupported;
    }

    public void Dispose() => handle.Dispose();
}
