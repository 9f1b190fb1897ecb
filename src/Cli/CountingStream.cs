namespace Octavo.Cli;

/// <summary>Reads another stream, exactly so many bytes, and tells how far it is.</summary>
sealed class CountingStream(Stream inner, long length, Action<double> progress) : Stream
{
    long position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, length - position);
        if (wanted == 0) return 0;
        var read = await inner.ReadAsync(buffer[..wanted], cancellationToken);
        if (read == 0) throw new UserException($"The image ended after {position} of {length} bytes: it shrank while it was being sent.");
        position += read;
        progress(100.0 * position / length);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
