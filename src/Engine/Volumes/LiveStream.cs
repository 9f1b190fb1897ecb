namespace Octavo.Engine.Volumes;

/// <summary>Reads a live volume from front to back and notices where it was written to meanwhile.</summary>
sealed class LiveStream(LiveVolume volume, object watch, Action release) : Stream
{
    readonly long length = volume.SizeBytes;
    long position;
    bool isReleased;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => position = value;
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, length - position);
        if (wanted <= 0) return 0;
        try
        {
            volume.Read(buffer[..wanted], position);
        }
        catch (IOException e)
        {
            throw new EngineException(EngineError.Io, $"The volume's image cannot be read at byte {position}.", e);
        }
        catch (ObjectDisposedException e)
        {
            throw new EngineException(EngineError.Locked, "The pool is closed.", e);
        }
        position += wanted;
        if (position == length && !volume.IsUnchangedSince(watch))
            throw new EngineException(EngineError.Conflict, "Somebody wrote to the volume while it was read. Take a snapshot, and read that.");
        return wanted;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => position + offset,
        _ => length + offset,
    };

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !isReleased) release();
        isReleased = true;
        base.Dispose(disposing);
    }
}
