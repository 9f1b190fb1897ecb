namespace Octavo.Engine.Io;

/// <summary>A stream of a known length that is read from any position: what all of those have in common. Reads are asked for by <see cref="Stream.Read(Span{byte})"/>.</summary>
abstract class ReadOnlyStream(long length) : Stream
{
    public sealed override long Length => length;

    public sealed override long Position { get; set; }

    public sealed override bool CanRead => true;

    public sealed override bool CanSeek => true;

    public sealed override bool CanWrite => false;

    public abstract override int Read(Span<byte> buffer);

    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public sealed override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => length + offset,
    };

    public sealed override void Flush() { }

    public sealed override void SetLength(long value) => throw new NotSupportedException();

    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
