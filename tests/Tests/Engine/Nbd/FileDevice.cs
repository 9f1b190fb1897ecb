using Octavo.Engine;
using Octavo.Engine.Io;

namespace Octavo.Tests.Engine.Nbd;

/// <summary>A raw image as a block device: every call is one or two system calls on the file.</summary>
sealed class FileDevice(IDiskFile image, bool isReadOnly) : IBlockDevice
{
    public long SizeBytes => image.Length;

    public bool IsReadOnly => isReadOnly;

    public bool TryRead(Span<byte> buffer, long offset)
    {
        CheckRange(offset, buffer.Length);
        return Failing(buffer, offset, static (image, buffer, offset) => image.TryReadNow(buffer, offset));
    }

    public void Read(Span<byte> buffer, long offset)
    {
        CheckRange(offset, buffer.Length);
        Failing(buffer, offset, static (image, buffer, offset) =>
            image.ReadFully(buffer, offset) == buffer.Length ? true : throw new IOException("The image ended early."));
    }

    public void Write(ReadOnlySpan<byte> buffer, long offset, bool isDurable)
    {
        CheckChange(offset, buffer.Length);
        try
        {
            image.Write(buffer, offset);
            if (isDurable) image.Sync();
        }
        catch (IOException e)
        {
            throw Failures.From(e);
        }
    }

    public void WriteZeroes(long offset, long length, bool mayFree, bool isDurable)
    {
        CheckChange(offset, length);
        Failures.Translate(() =>
        {
            if (!(mayFree && image.TryPunchHole(offset, length))) Fill(offset, length);
            if (isDurable) image.Sync();
            return true;
        });
    }

    public void Trim(long offset, long length, bool isDurable)
    {
        CheckChange(offset, length);
        Failures.Translate(() =>
        {
            image.TryPunchHole(offset, length);
            if (isDurable) image.Sync();
            return true;
        });
    }

    public void Flush() => Failures.Translate(() =>
    {
        if (!isReadOnly) image.Sync();
        return true;
    });

    public int Extents(long offset, long length, Span<BlockExtent> extents)
    {
        CheckRange(offset, length);
        var end = offset + length;
        var count = 0;
        try
        {
            for (var at = offset; at < end && count < extents.Length;)
            {
                var data = image.NextData(at);
                var next = Math.Min(end, data > at ? data : image.NextHole(at));
                extents[count++] = new BlockExtent(next - at, data > at);
                at = next;
            }
        }
        catch (IOException e)
        {
            throw Failures.From(e);
        }
        return count;
    }

    public void Dispose() => image.Dispose();

    void Fill(long offset, long length)
    {
        var zeros = new byte[Math.Min(length, PoolFormat.BlockBytes)];
        for (var at = 0L; at < length; at += zeros.Length)
            image.Write(zeros.AsSpan(0, (int)Math.Min(zeros.Length, length - at)), offset + at);
    }

    void CheckRange(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > SizeBytes - length)
            throw new EngineException(EngineError.Invalid, $"The volume ends at byte {SizeBytes}; bytes {offset} to {offset + length} are not all of it.");
    }

    void CheckChange(long offset, long length)
    {
        if (isReadOnly) throw new EngineException(EngineError.Conflict, "It is attached for reading only.");
        CheckRange(offset, length);
    }

    delegate bool Call(IDiskFile image, Span<byte> buffer, long offset);

    bool Failing(Span<byte> buffer, long offset, Call call)
    {
        try
        {
            return call(image, buffer, offset);
        }
        catch (IOException e)
        {
            throw Failures.From(e);
        }
    }
}
