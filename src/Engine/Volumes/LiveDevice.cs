namespace Octavo.Engine.Volumes;

/// <summary>A handle on a live volume.</summary>
sealed class LiveDevice(LiveVolume volume, bool isReadOnly, Action release) : IBlockDevice
{
    int isReleased;

    public long SizeBytes => volume.SizeBytes;

    public bool IsReadOnly => isReadOnly;

    public bool TryRead(Span<byte> buffer, long offset)
    {
        CheckRange(offset, buffer.Length);
        try
        {
            return volume.TryRead(buffer, offset);
        }
        catch (Exception e) when (Failures.OfDevice(e) is { } failure)
        {
            throw failure;
        }
    }

    public void Read(Span<byte> buffer, long offset)
    {
        CheckRange(offset, buffer.Length);
        try
        {
            volume.Read(buffer, offset);
        }
        catch (Exception e) when (Failures.OfDevice(e) is { } failure)
        {
            throw failure;
        }
    }

    public void Write(ReadOnlySpan<byte> buffer, long offset, bool isDurable)
    {
        CheckChange(offset, buffer.Length);
        try
        {
            volume.Write(buffer, offset);
            if (isDurable) volume.Flush();
        }
        catch (Exception e) when (Failures.OfDevice(e) is { } failure)
        {
            throw failure;
        }
    }

    public void WriteZeroes(long offset, long length, bool mayFree, bool isDurable)
    {
        CheckChange(offset, length);
        try
        {
            volume.WriteZeroes(offset, length, mayFree);
            if (isDurable) volume.Flush();
        }
        catch (Exception e) when (Failures.OfDevice(e) is { } failure)
        {
            throw failure;
        }
    }

    public void Trim(long offset, long length, bool isDurable)
    {
        CheckChange(offset, length);
        try
        {
            volume.Trim(offset, length);
            if (isDurable) volume.Flush();
        }
        catch (Exception e) when (Failures.OfDevice(e) is { } failure)
        {
            throw failure;
        }
    }

    public void Flush()
    {
        if (isReadOnly) return;
        try
        {
            volume.Flush();
        }
        catch (Exception e) when (Failures.OfDevice(e) is { } failure)
        {
            throw failure;
        }
    }

    public int Extents(long offset, long length, Span<BlockExtent> extents)
    {
        CheckRange(offset, length);
        var end = offset + length;
        var count = 0;
        try
        {
            for (var at = offset; at < end;)
            {
                var (next, isHole) = volume.Extent(at, end);
                if (count > 0 && extents[count - 1].IsHole == isHole)
                    extents[count - 1] = new BlockExtent(extents[count - 1].LengthBytes + next - at, isHole);
                else if (count == extents.Length) break;
                else extents[count++] = new BlockExtent(next - at, isHole);
                at = next;
            }
        }
        catch (Exception e) when (Failures.OfDevice(e) is { } failure)
        {
            throw failure;
        }
        return count;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref isReleased, 1) == 0) release();
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
}
