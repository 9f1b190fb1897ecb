using Octavo.Core;
using Octavo.Engine;

namespace Octavo.Providers.Local;

/// <summary>
/// An image on its way out: the engine's failures in mid-read become the port's. The engine reads from a disk, so a read goes to
/// a pool thread and not to the caller's.
/// </summary>
sealed class ExportedImage(Stream image) : Stream
{
    public override bool CanRead => true;
    public override bool CanSeek => image.CanSeek;
    public override bool CanWrite => false;
    public override long Length => image.Length;

    public override long Position
    {
        get => image.Position;
        set => image.Position = value;
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return image.Read(buffer);
        }
        catch (EngineException e)
        {
            throw Translation.From(e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => Read(buffer.Span), cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => image.Seek(offset, origin);
    public override void Flush() { }
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) image.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>
/// An image on its way in. A sender that goes away is the sender's failure: without this, the engine would take it for one of its own disk.
/// </summary>
sealed class UploadedImage(Stream content) : Stream
{
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await content.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException e)
        {
            throw new VolumeException(ErrorCode.Invalid, "The image ended early: its sender went away.", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void Flush() { }
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
