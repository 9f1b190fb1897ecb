using Octavo.Engine;

namespace Octavo.Tests.Engine.Nbd;

/// <summary>A device over an array, which fails or waits where a test says so, and remembers what was made durable.</summary>
sealed class MemoryDevice(int size, bool isReadOnly = false) : IBlockDevice
{
    readonly Lock gate = new();
    int reads;

    public byte[] Bytes { get; private set; } = new byte[size];

    public long SizeBytes => Bytes.Length;

    public bool IsReadOnly => isReadOnly;

    /// <summary>Thrown by every call but <see cref="TryRead"/>, which says that it would have to wait then.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Reads, flushes and durable writes wait for it, outside the lock.</summary>
    public ManualResetEventSlim Door { get; } = new(true);

    /// <summary>Whether <see cref="TryRead"/> finds nothing.</summary>
    public bool IsCold { get; set; }

    public int Flushes { get; private set; }

    public int DurableWrites { get; private set; }

    public int Writes { get; private set; }

    public int Reads => Volatile.Read(ref reads);

    public void Grow(int bytes)
    {
        lock (gate) Bytes = [.. Bytes, .. new byte[bytes]];
    }

    public bool TryRead(Span<byte> buffer, long offset)
    {
        if (IsCold || Failure is not null || !Door.IsSet) return false;
        Interlocked.Increment(ref reads);
        lock (gate) Bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
        return true;
    }

    public void Read(Span<byte> buffer, long offset)
    {
        Wait();
        Interlocked.Increment(ref reads);
        lock (gate) Bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
    }

    public void Write(ReadOnlySpan<byte> buffer, long offset, bool isDurable)
    {
        if (isDurable) Wait();
        Fail();
        lock (gate)
        {
            buffer.CopyTo(Bytes.AsSpan((int)offset));
            Writes++;
            if (isDurable) DurableWrites++;
        }
    }

    public void WriteZeroes(long offset, long length, bool mayFree, bool isDurable)
    {
        Fail();
        lock (gate)
        {
            Bytes.AsSpan((int)offset, (int)length).Clear();
            if (isDurable) DurableWrites++;
        }
    }

    public void Trim(long offset, long length, bool isDurable) => WriteZeroes(offset, length, mayFree: true, isDurable);

    public void Flush()
    {
        Wait();
        lock (gate) Flushes++;
    }

    public int Extents(long offset, long length, Span<BlockExtent> extents)
    {
        Fail();
        extents[0] = new BlockExtent(length, false);
        return 1;
    }

    public void Dispose() => Door.Dispose();

    void Wait()
    {
        Door.Wait();
        Fail();
    }

    void Fail()
    {
        if (Failure is not null) throw Failure;
    }
}
