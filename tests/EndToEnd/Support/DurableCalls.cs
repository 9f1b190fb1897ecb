using System.Collections.Frozen;
using System.Runtime.InteropServices;

namespace Octavo.EndToEnd.Support;

/// <summary>
/// The system calls that change files and folders or make a change durable. Plain <c>write</c> is left out: servers do it to
/// sockets and logs, while the engine and the database write at positions.
/// </summary>
static class DurableCalls
{
    // fsync fdatasync, pwrite64 pwritev pwritev2, copy_file_range, ftruncate fallocate, rename renameat renameat2, link linkat,
    // unlink unlinkat, mkdir mkdirat, rmdir
    static readonly FrozenSet<ulong> Numbers = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => [74, 75, 18, 296, 328, 326, 77, 285, 82, 264, 316, 86, 265, 87, 263, 83, 258, 84],
        // No link, mkdir, rename, rmdir, unlink there, only their …at forms.
        Architecture.Arm64 => [82, 83, 68, 70, 287, 285, 46, 47, 38, 276, 37, 35, 34],
        var other => throw new PlatformNotSupportedException($"No table of system calls for {other}."),
    };

    /// <summary>Whether a number is one of them.</summary>
    public static bool Contains(ulong number) => Numbers.Contains(number);
}
