using System.Runtime.InteropServices;

namespace Octavo.Engine.Volumes;

/// <summary>
/// Lets writers through, many at once, until it is closed: then it waits for those inside, and whoever comes waits until it is opened. A writer that enters
/// and leaves takes no lock and makes no garbage: it counts itself in a slot of the processor it runs on.
/// </summary>
sealed class WriteGate
{
    /// <summary>A writer in a slot counts in the lower half while it is inside, and in the upper half for ever.</summary>
    const long One = (1L << 32) + 1;

    readonly Slot[] slots = new Slot[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount)];
    readonly object opened = new();
    volatile bool isClosed;

    /// <summary>Goes in, waiting while it is closed. Returns what <see cref="Leave"/> needs.</summary>
    public int Enter()
    {
        while (true)
        {
            var slot = Thread.GetCurrentProcessorId() & (slots.Length - 1);
            // A full fence: either this sees that the gate is closed, or who closes it sees this writer.
            Interlocked.Add(ref slots[slot].Count, One);
            if (!isClosed) return slot;
            Leave(slot);
            lock (opened)
                while (isClosed) Monitor.Wait(opened);
        }
    }

    /// <summary>Goes out.</summary>
    public void Leave(int slot) => Interlocked.Decrement(ref slots[slot].Count);

    /// <summary>Lets nobody in from now on. One at a time may close it.</summary>
    public void Close()
    {
        isClosed = true;
        Interlocked.MemoryBarrier();
    }

    /// <summary>Waits until nobody is inside any more.</summary>
    public void Drain()
    {
        var spin = new SpinWait();
        for (var slot = 0; slot < slots.Length; slot++)
            while ((uint)Interlocked.Read(ref slots[slot].Count) != 0) spin.SpinOnce(sleep1Threshold: -1);
    }

    /// <summary>Opens it again.</summary>
    public void Open()
    {
        lock (opened)
        {
            isClosed = false;
            Monitor.PulseAll(opened);
        }
    }

    /// <summary>A number that moves with every writer.</summary>
    public long Passed
    {
        get
        {
            var passed = 0L;
            for (var slot = 0; slot < slots.Length; slot++) passed += Interlocked.Read(ref slots[slot].Count) >> 32;
            return passed;
        }
    }

    /// <summary>Two cache lines, so that two processors never share one.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    struct Slot
    {
        [FieldOffset(64)] public long Count;
    }
}
