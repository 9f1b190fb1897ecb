using System.Runtime.InteropServices;

namespace Octavo.EndToEnd.Support;

/// <summary>
/// Counts the system calls of a running process that change what is on the disk, over all its threads, and kills the process as
/// it enters the one that was asked for: that call does not happen, and nothing after it. (strace can inject a signal too, but
/// it counts for each thread by itself, which a thread pool makes worthless.) Linux binds a tracer to one thread, so this has one.
/// </summary>
/// <remarks>
/// The main thread is left out. In a .NET server it only waits for the end; and the class library's own watch over
/// child processes takes the stops of a child's main thread away from the tracer.
/// </remarks>
sealed class DurableCallTracer
{
    /// <summary>The low byte of a wait status that tells of a stop and not of an end.</summary>
    const int Stopped = 0x7f;

    readonly int processId;
    readonly int killAt;
    readonly TaskCompletionSource attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<int> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int count;

    DurableCallTracer(int processId, int killAt)
    {
        this.processId = processId;
        this.killAt = killAt;
    }

    /// <summary>The calls entered so far.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Ends when the process has; with the number of calls it entered.</summary>
    public Task<int> Ended => ended.Task;

    /// <summary>Attaches to a process that is up.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="killAt">The call to kill at, from 1 on; <see cref="int.MaxValue"/> only counts.</param>
    public static async Task<DurableCallTracer> AttachAsync(int processId, int killAt)
    {
        var tracer = new DurableCallTracer(processId, killAt);
        new Thread(tracer.Run) { IsBackground = true, Name = "tracer" }.Start();
        await tracer.attached.Task;
        return tracer;
    }

    void Run()
    {
        try
        {
            SeizeAllThreads();
            attached.SetResult();
            Follow();
            ended.SetResult(Count);
        }
        catch (Exception e)
        {
            attached.TrySetException(e);
            ended.TrySetException(e);
        }
    }

    void SeizeAllThreads()
    {
        var seized = new HashSet<int>();
        int before;
        do
        {
            // A thread that starts meanwhile is seen in the next round; one started by a seized thread comes by itself.
            before = seized.Count;
            foreach (var folder in Directory.EnumerateDirectories($"/proc/{processId}/task"))
            {
                var thread = int.Parse(Path.GetFileName(folder), System.Globalization.CultureInfo.InvariantCulture);
                if (thread == processId || seized.Contains(thread)) continue;
                if (Ptrace.Call(Ptrace.Seize, thread, 0, Ptrace.TraceSysGood | Ptrace.TraceClone) != 0)
                {
                    // EPERM for one that came by itself; ESRCH for one that is gone.
                    if (seized.Count == 0) throw new InvalidOperationException($"ptrace refuses process {processId}: errno {Marshal.GetLastPInvokeError()}.");
                    continue;
                }
                seized.Add(thread);
                _ = Ptrace.Call(Ptrace.Interrupt, thread, 0, 0);
            }
        }
        while (seized.Count > before);
    }

    void Follow()
    {
        while (Ptrace.TryWait(out var thread, out var status))
        {
            if ((status & 0xff) != Stopped) continue;
            var signal = status >> 8 & 0xff;
            if (signal == Ptrace.SystemCallStop)
            {
                if (Ptrace.EnteredCall(thread) is { } number && DurableCalls.Contains(number)
                    && Interlocked.Increment(ref count) == killAt)
                    Ptrace.Kill(processId);
                signal = 0;
            }
            else if (status >> 16 != 0) signal = 0;
            _ = Ptrace.Call(Ptrace.ResumeToNextCall, thread, 0, signal);
        }
    }
}
