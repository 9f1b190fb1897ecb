using System.Runtime.InteropServices;

namespace Octavo.EndToEnd.Support;

/// <summary>The few calls of Linux's process tracing that <see cref="DurableCallTracer"/> needs. Numbers as in sys/ptrace.h.</summary>
static partial class Ptrace
{
    public const int Seize = 0x4206;
    public const int Interrupt = 0x4207;
    public const int ResumeToNextCall = 24;
    public const int TraceSysGood = 1;
    public const int TraceClone = 8;

    /// <summary>SIGTRAP, marked by <see cref="TraceSysGood"/>.</summary>
    public const int SystemCallStop = 5 | 0x80;

    const int GetSystemCallInfo = 0x420e;
    const byte IsEntry = 1;
    const int NumberOffset = 24;
    const int SigKill = 9;

    // __WALL: threads too. __WNOTHREAD: nothing that another thread of ours started, so that no exit is taken from its owner.
    const int AllTracedByThisThread = 0x4000_0000 | 0x2000_0000;

    /// <summary>One request; 0 or more is success.</summary>
    public static nint Call(int request, int thread, nint address, nint data) => ptrace(request, thread, address, data);

    /// <summary>Waits until a traced thread has stopped or ended; false when none is left.</summary>
    public static bool TryWait(out int thread, out int status)
    {
        const int interrupted = 4;
        do thread = waitpid(-1, out status, AllTracedByThisThread);
        while (thread < 0 && Marshal.GetLastPInvokeError() == interrupted);
        return thread > 0;
    }

    /// <summary>The number of the system call that a stopped thread is about to do; null when it has just done one.</summary>
    public static unsafe ulong? EnteredCall(int thread)
    {
        Span<byte> info = stackalloc byte[128];
        fixed (byte* to = info)
            if (Call(GetSystemCallInfo, thread, info.Length, (nint)to) <= 0) return null;
        return info[0] == IsEntry ? MemoryMarshal.Read<ulong>(info[NumberOffset..]) : null;
    }

    /// <summary>Kills a process whose threads are stopped.</summary>
    public static void Kill(int process) => _ = kill(process, SigKill);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint ptrace(nint request, int thread, nint address, nint data);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int process, out int status, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
