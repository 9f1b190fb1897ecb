using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Octavo.Engine.Io;

/// <summary>
/// The Linux calls that the base library does not have. Numbers and layouts from the kernel's uapi headers (fcntl.h, falloc.h, fs.h,
/// stat.h); all of them are the same on x86-64 and arm64.
/// </summary>
static partial class Libc
{
    public const int SeekData = 3;
    public const int SeekHole = 4;
    public const int PunchHoleKeepSize = 0x02 | 0x01;
    public const int SetLease = 1024;
    public const int ReadLease = 0;
    public const int Unlock = 2;
    public const nuint CloneFile = 0x40049409;
    public const int NotFound = 2; // ENOENT
    public const int NoFolder = 20; // ENOTDIR: what should hold it is a file
    public const int TryAgain = 11; // EAGAIN
    public const int NoSuchData = 6; // ENXIO
    public const int TooLarge = 27; // EFBIG

    const int CurrentFolder = -100;
    const int NoFollow = 0x100;
    const int EmptyPath = 0x1000;
    const uint BasicStats = 0x7ff;
    const int NoWait = 0x8;
    const int DoNotWait = 0x40;

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle file, nuint request, int argument);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static unsafe partial nint Read(SafeFileHandle file, Piece* pieces, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "recv")]
    private static unsafe partial nint Receive(SafeHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out StatxBuffer buffer);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(SafeFileHandle file, string path, int flags, uint mask, out StatxBuffer buffer);

    /// <summary>Fills the buffer from the page cache alone; false where it would have to wait (preadv2(2), RWF_NOWAIT, Linux 4.14).</summary>
    public static unsafe bool TryReadNow(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            var piece = new Piece { Start = start, Length = (nuint)buffer.Length };
            return Read(file, &piece, 1, offset, NoWait) == buffer.Length;
        }
    }

    /// <summary>Receives what is there; less than 0 where nothing is, or the connection broke (recv(2), MSG_DONTWAIT).</summary>
    public static unsafe nint ReceiveNow(SafeHandle socket, Span<byte> buffer)
    {
        fixed (byte* start = buffer) return Receive(socket, start, (nuint)buffer.Length, DoNotWait);
    }

    /// <summary>The status of a path, not following links; null where nothing is there.</summary>
    public static FileStatus? Stat(string path)
    {
        if (Statx(CurrentFolder, path, NoFollow, BasicStats, out var buffer) == 0) return buffer.Status;
        var error = Marshal.GetLastPInvokeError();
        return error is NotFound or NoFolder ? null : throw Failure("statx", error);
    }

    /// <summary>The status of an open file.</summary>
    public static FileStatus Stat(SafeFileHandle file) =>
        Statx(file, "", EmptyPath, BasicStats, out var buffer) == 0
            ? buffer.Status
            : throw Failure("statx", Marshal.GetLastPInvokeError());

    /// <summary>An error number as an exception; its HResult is the number, as the base library does it.</summary>
    public static IOException Failure(string call, int error) =>
        new($"{call}: {Marshal.GetPInvokeErrorMessage(error)}", error);

    /// <summary>An iovec.</summary>
    unsafe struct Piece
    {
        public byte* Start;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct StatxBuffer
    {
        [FieldOffset(28)] ushort mode;
        [FieldOffset(32)] ulong inode;
        [FieldOffset(40)] ulong size;
        [FieldOffset(48)] ulong blocks;
        [FieldOffset(96)] long changedSeconds;
        [FieldOffset(104)] uint changedNanoseconds;
        [FieldOffset(112)] long modifiedSeconds;
        [FieldOffset(120)] uint modifiedNanoseconds;

        public readonly FileStatus Status => new(
            (mode & 0xF000) == 0x8000,
            new FileSignature(
                inode, (long)size, modifiedSeconds * 1_000_000_000 + modifiedNanoseconds,
                changedSeconds * 1_000_000_000 + changedNanoseconds),
            (long)blocks * 512);
    }
}
